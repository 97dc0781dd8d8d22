using System.Buffers.Binary;
using System.Net;
using Fairlead.Kernel.NfTables.Evaluation;

namespace Fairlead.Kernel.NfTables;

/// <summary>A packet that a rule reported (<see cref="Statement.LogTo"/>).</summary>
public sealed record LoggedPacket
{
    /// <summary>What the rule wrote before it; empty where it wrote nothing.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Where on the packet's path the rule is.</summary>
    public Hook Hook { get; init; }

    /// <summary>Index of the link that it came in by; 0: none.</summary>
    public uint InputIndex { get; init; }

    /// <summary>Index of the link that it goes out by; 0: none.</summary>
    public uint OutputIndex { get; init; }

    /// <summary>Its mark.</summary>
    public uint Mark { get; init; }

    /// <summary>Counts the packets of the group from 0; a gap is what was lost.</summary>
    public uint Sequence { get; init; }

    /// <summary>The first bytes, from the IP header on.</summary>
    public DataValue Bytes { get; init; }

    /// <summary>The protocol behind the IP header; null where there is no IP header, or where IPv6 extension headers hide it.</summary>
    public IpProtocol? Protocol => Read()?.Protocol;

    /// <summary>Addresses and ports; ports are 0 where the protocol has none or the bytes don't reach that far.</summary>
    public ConnectionTuple? Tuple => Read()?.Tuple;

    private (IpProtocol Protocol, ConnectionTuple Tuple)? Read()
    {
        ReadOnlySpan<byte> bytes = Bytes.Span;
        if (bytes.Length >= 20 && bytes[0] >> 4 == 4)
        {
            // Only a first fragment has ports.
            bool first = (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0x1fff) == 0;
            int header = (bytes[0] & 0xf) * 4;
            return Read((IpProtocol)bytes[9], bytes.Slice(12, 4), bytes.Slice(16, 4), first && header <= bytes.Length ? bytes[header..] : []);
        }

        return bytes.Length >= 40 && bytes[0] >> 4 == 6
            ? Read((IpProtocol)bytes[6], bytes.Slice(8, 16), bytes.Slice(24, 16), bytes[40..])
            : null;
    }

    private static (IpProtocol Protocol, ConnectionTuple Tuple)? Read(IpProtocol protocol, ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, ReadOnlySpan<byte> transport)
    {
        switch ((byte)protocol)
        {
            case 0 or 43 or 44 or 60 when source.Length == 16:
                return null;
            default:
                bool ports = protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp && transport.Length >= 4;
                return (protocol, new ConnectionTuple(
                    new IPAddress(source),
                    new IPAddress(destination),
                    ports ? BinaryPrimitives.ReadUInt16BigEndian(transport) : (ushort)0,
                    ports ? BinaryPrimitives.ReadUInt16BigEndian(transport[2..]) : (ushort)0));
        }
    }
}
