using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.NfTables;

/// <summary>The messages of nfnetlink_log (linux/netfilter/nfnetlink_log.h).</summary>
internal static class PacketLogMessages
{
    private const ushort Packet = 0x400; // NFNL_SUBSYS_ULOG, NFULNL_MSG_PACKET
    private const ushort Configuration = 0x401; // NFNL_SUBSYS_ULOG, NFULNL_MSG_CONFIG
    private const int FamilyHeaderSize = 4;

    private const ushort Command = 1; // NFULA_CFG_CMD
    private const ushort Mode = 2; // NFULA_CFG_MODE
    private const ushort BufferSize = 3; // NFULA_CFG_NLBUFSIZ
    private const ushort GatherTime = 4; // NFULA_CFG_TIMEOUT
    private const ushort Flags = 6; // NFULA_CFG_FLAGS
    private const byte Bind = 1; // NFULNL_CFG_CMD_BIND
    private const byte CopyPacket = 2; // NFULNL_COPY_PACKET
    private const ushort Numbered = 1; // NFULNL_CFG_F_SEQ
    private const uint TenthOfASecond = 10; // in hundredths

    private const ushort PacketHeader = 1; // NFULA_PACKET_HDR
    private const ushort PacketMark = 2; // NFULA_MARK
    private const ushort InputDevice = 4; // NFULA_IFINDEX_INDEV
    private const ushort OutputDevice = 5; // NFULA_IFINDEX_OUTDEV
    private const ushort Payload = 9; // NFULA_PAYLOAD
    private const ushort Prefix = 10; // NFULA_PREFIX
    private const ushort Sequence = 12; // NFULA_SEQ

    /// <summary>Asks for a group's packets: one message, so that no packet comes before the rest of it is said.</summary>
    internal static void WriteBind(ref NetlinkMessageWriter writer, ushort group, uint copyBytes, uint gatheredBytes)
    {
        writer.BeginMessage(Configuration, NetlinkFlags.Request);
        Span<byte> header = writer.Reserve(FamilyHeaderSize);
        header[2] = (byte)(group >> 8);
        header[3] = (byte)group;
        writer.WriteByte(Command, Bind);
        Span<byte> mode = writer.ReserveAttribute(Mode, 6); // struct nfulnl_msg_config_mode
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(mode, copyBytes);
        mode[4] = CopyPacket;
        writer.WriteUInt32BigEndian(BufferSize, gatheredBytes);
        writer.WriteUInt32BigEndian(GatherTime, TenthOfASecond);
        writer.WriteUInt16BigEndian(Flags, Numbered);
    }

    /// <summary>The packet; null where the message is none.</summary>
    internal static LoggedPacket? Read(NetlinkMessage message)
    {
        if (message.Type != Packet)
        {
            return null;
        }

        LoggedPacket packet = new();
        foreach (NetlinkAttribute attribute in message.Attributes(FamilyHeaderSize))
        {
            packet = attribute.Type switch
            {
                PacketHeader when attribute.Value.Length >= 3 => packet with { Hook = (Hook)attribute.Value[2] },
                PacketMark => packet with { Mark = attribute.UInt32BigEndian },
                InputDevice => packet with { InputIndex = attribute.UInt32BigEndian },
                OutputDevice => packet with { OutputIndex = attribute.UInt32BigEndian },
                Payload => packet with { Bytes = new DataValue(attribute.Value) },
                Prefix => packet with { Prefix = attribute.String },
                Sequence => packet with { Sequence = attribute.UInt32BigEndian },
                _ => packet,
            };
        }

        return packet;
    }
}
