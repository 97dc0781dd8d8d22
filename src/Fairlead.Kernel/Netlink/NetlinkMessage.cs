namespace Fairlead.Kernel.Netlink;

/// <summary>One message as it was received: the header's fields and the bytes behind it, a view into the receive buffer.</summary>
public readonly ref struct NetlinkMessage
{
    internal NetlinkMessage(ushort type, NetlinkFlags flags, uint sequence, uint portId, ReadOnlySpan<byte> payload)
    {
        Type = type;
        Flags = flags;
        Sequence = sequence;
        PortId = portId;
        Payload = payload;
    }

    /// <summary>nlmsg_type.</summary>
    public ushort Type { get; }

    /// <summary>nlmsg_flags.</summary>
    public NetlinkFlags Flags { get; }

    /// <summary>nlmsg_seq: that of the request; 0 in notifications of other programs' changes that carry none.</summary>
    public uint Sequence { get; }

    /// <summary>nlmsg_pid: in a notification, the port of the socket that asked for the change (0: the kernel itself).</summary>
    public uint PortId { get; }

    /// <summary>What lies behind struct nlmsghdr.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>The family's header (struct rtmsg, ifinfomsg, nfgenmsg …) at the front of the payload.</summary>
    /// <exception cref="InvalidDataException">The payload is shorter.</exception>
    public T Header<T>()
        where T : unmanaged => NetlinkBytes.Read<T>(Payload);

    /// <summary>The attributes behind a family header of <paramref name="headerSize"/> bytes (padded to four).</summary>
    /// <exception cref="InvalidDataException">The payload is shorter than the header.</exception>
    public NetlinkAttributeReader Attributes(int headerSize)
    {
        if (Payload.Length < headerSize)
        {
            throw new InvalidDataException($"netlink message of type {Type} has {Payload.Length} bytes, its header needs {headerSize}");
        }

        return new NetlinkAttributeReader(Payload[Math.Min(NetlinkControl.Align(headerSize), Payload.Length)..]);
    }
}
