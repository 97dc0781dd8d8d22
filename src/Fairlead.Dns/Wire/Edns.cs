using System.Buffers.Binary;

namespace Fairlead.Dns.Wire;

/// <summary>What a message's OPT record says (RFC 6891), as far as a server cares. The default value: there is none.</summary>
public readonly record struct Edns
{
    /// <summary>How long an OPT record without options is.</summary>
    public const int FixedLength = 11;

    /// <summary>The size that both sides can count on to pass without fragments, and what is offered here (DNS flag day 2020).</summary>
    public const ushort SafeUdpSize = 1232;

    /// <summary>What a client takes that doesn't say (RFC 1035 section 4.2.1).</summary>
    public const ushort ClassicUdpSize = 512;

    private const uint DnssecOkFlag = 0x8000;

    /// <summary>Whether the message has an OPT record.</summary>
    public bool IsPresent { get; init; }

    /// <summary>How large a UDP message its sender takes; never below <see cref="ClassicUdpSize"/>.</summary>
    public ushort UdpSize { get; init; }

    /// <summary>EDNS's version; 0 is the only one.</summary>
    public byte Version { get; init; }

    /// <summary>The upper eight bits of the response code.</summary>
    public byte UpperCode { get; init; }

    /// <summary>DO: signatures are wanted.</summary>
    public bool DnssecOk { get; init; }

    /// <summary>The COOKIE option, if any (RFC 7873).</summary>
    public DnsCookie Cookie { get; init; }

    /// <summary>Reads an OPT record's data.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="record">The record, as the reader gave it.</param>
    /// <param name="edns">What it says. Options that aren't known here are passed over.</param>
    /// <returns>False where it is malformed: an owner that isn't the root, an option that is cut off, a cookie of an impossible length.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, in WireRecord record, out Edns edns)
    {
        edns = default;
        if (record.Type != RecordType.Opt || record.NameLength != 1)
        {
            return false;
        }

        DnsCookie cookie = default;
        ReadOnlySpan<byte> options = message.Slice(record.Data, record.DataLength);
        while (!options.IsEmpty)
        {
            if (options.Length < 4)
            {
                return false;
            }

            int code = BinaryPrimitives.ReadUInt16BigEndian(options);
            int length = BinaryPrimitives.ReadUInt16BigEndian(options[2..]);
            if (length > options.Length - 4)
            {
                return false;
            }

            if (code == DnsCookie.OptionCode && !DnsCookie.TryRead(options.Slice(4, length), out cookie))
            {
                return false;
            }

            options = options[(4 + length)..];
        }

        edns = new()
        {
            IsPresent = true,
            UdpSize = Math.Max((ushort)record.Class, ClassicUdpSize),
            Version = (byte)(record.Ttl >> 16),
            UpperCode = (byte)(record.Ttl >> 24),
            DnssecOk = (record.Ttl & DnssecOkFlag) != 0,
            Cookie = cookie,
        };
        return true;
    }

    /// <summary>How long the record is that <see cref="WriteTo"/> writes.</summary>
    public int Length => FixedLength + (Cookie.IsPresent ? 4 + Cookie.Length : 0);

    /// <summary>Writes the OPT record: <see cref="Length"/> bytes.</summary>
    public void WriteTo(Span<byte> destination)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)RecordType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(destination[3..], UdpSize);
        BinaryPrimitives.WriteUInt32BigEndian(destination[5..], ((uint)UpperCode << 24) | ((uint)Version << 16) | (DnssecOk ? DnssecOkFlag : 0));
        BinaryPrimitives.WriteUInt16BigEndian(destination[9..], (ushort)(Length - FixedLength));
        if (Cookie.IsPresent)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination[11..], DnsCookie.OptionCode);
            BinaryPrimitives.WriteUInt16BigEndian(destination[13..], (ushort)Cookie.Length);
            Cookie.WriteTo(destination[15..]);
        }
    }
}
