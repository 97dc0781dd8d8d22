using System.Buffers.Binary;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Cluster;

/// <summary>Puts what the zone has into messages. One for each set of options; it allocates only here.</summary>
internal sealed class AnswerWriter
{
    private const HeaderFlags Base = HeaderFlags.Response | HeaderFlags.Authoritative | HeaderFlags.RecursionAvailable;
    private const uint Refresh = 7200, Retry = 1800, Expire = 86400;

    private readonly ClusterZoneOptions _options;
    private readonly DnsName _server;
    private readonly DnsName _mailbox;

    /// <summary>The SOA record of a negative answer, with room for three pointers to the zone inside the question.</summary>
    private readonly byte[] _negative;
    private readonly int _serverPointer;
    private readonly int _mailboxPointer;
    private readonly int _serial;

    public AnswerWriter(ClusterZoneOptions options)
    {
        _options = options;
        ServicesDomain = [.. "\u0003svc"u8, .. options.Zone.Wire];
        _server = DnsName.Parse("ns.dns").Below(options.Zone);
        _mailbox = DnsName.Parse("hostmaster").Below(options.Zone);
        byte[] soa = new byte[64];
        BinaryPrimitives.WriteUInt16BigEndian(soa.AsSpan(2), (ushort)RecordType.Soa);
        BinaryPrimitives.WriteUInt16BigEndian(soa.AsSpan(4), (ushort)RecordClass.Internet);
        BinaryPrimitives.WriteUInt32BigEndian(soa.AsSpan(6), options.Ttl);
        int at = 12;
        "\u0002ns\u0003dns"u8.CopyTo(soa.AsSpan(at));
        _serverPointer = at + 7;
        at = _serverPointer + 2;
        "\u000ahostmaster"u8.CopyTo(soa.AsSpan(at));
        _mailboxPointer = at + 11;
        _serial = _mailboxPointer + 2;
        at = _serial + 4;
        foreach (uint value in (ReadOnlySpan<uint>)[Refresh, Retry, Expire, options.Ttl])
        {
            BinaryPrimitives.WriteUInt32BigEndian(soa.AsSpan(at), value);
            at += sizeof(uint);
        }

        BinaryPrimitives.WriteUInt16BigEndian(soa.AsSpan(10), (ushort)(at - 12));
        _negative = soa[..at];
    }

    /// <summary>Below which services have their names: <c>svc.ZONE</c>.</summary>
    public byte[] ServicesDomain { get; }

    /// <summary>Writes the answer of a snapshot to a question, whatever it is but an alias.</summary>
    /// <param name="question">The question.</param>
    /// <param name="found">What the zone has for it.</param>
    /// <param name="snapshot">Which holds it.</param>
    /// <param name="turn">Whose turn it is among addresses that are alike.</param>
    /// <param name="response">The whole buffer.</param>
    /// <returns>The message's length.</returns>
    public int Write(in Question question, in ZoneAnswer found, ClusterSnapshot snapshot, uint turn, Span<byte> response) => found.Kind switch
    {
        ZoneAnswerKind.Records => WriteRecords(question, found.Set, turn, response),
        ZoneAnswerKind.NoName => WriteNegative(question, ResponseCode.NameError, found.IsReverse, snapshot.Serial, response),
        ZoneAnswerKind.NoData => WriteNegative(question, ResponseCode.NoError, found.IsReverse, snapshot.Serial, response),
        _ => WriteSmall(question, found, snapshot.Serial, response),
    };

    private static int WriteRecords(in Question question, RecordSet set, uint turn, Span<byte> response)
    {
        RecordSetHeader header = set.Header;
        HeaderFlags flags = Base | (header.IsCut ? HeaderFlags.Truncated : 0);
        int length = Begin(question, new(0, flags, 1, header.Answers, 0, header.Additionals), response);
        ReadOnlySpan<byte> bytes = set.Bytes;
        if (header.Rotating > 1)
        {
            int rotating = header.Rotating * header.RotationUnit;
            int first = (int)(turn % header.Rotating) * header.RotationUnit;
            bytes[first..rotating].CopyTo(response[length..]);
            bytes[..first].CopyTo(response[(length + rotating - first)..]);
            bytes[rotating..].CopyTo(response[(length + rotating)..]);
        }
        else
        {
            bytes.CopyTo(response[length..]);
        }

        return length + bytes.Length;
    }

    private int WriteNegative(in Question question, ResponseCode code, bool isReverse, uint serial, Span<byte> response)
    {
        HeaderFlags flags = Base | (HeaderFlags)code;
        if (isReverse)
        {
            return WriteReverseNegative(question, flags, serial, response);
        }

        int length = Begin(question, new(0, flags, 1, 0, 1), response);
        Span<byte> soa = response.Slice(length, _negative.Length);
        _negative.CopyTo(soa);
        ushort zone = (ushort)(0xc000 | (DnsHeader.Size + question.Name.Length - _options.Zone.Wire.Length));
        BinaryPrimitives.WriteUInt16BigEndian(soa, zone);
        BinaryPrimitives.WriteUInt16BigEndian(soa[_serverPointer..], zone);
        BinaryPrimitives.WriteUInt16BigEndian(soa[_mailboxPointer..], zone);
        BinaryPrimitives.WriteUInt32BigEndian(soa[_serial..], serial);
        return length + soa.Length;
    }

    /// <summary>Of the reverse zones we hold the parts that we know; their apex is where all reverse names meet, as with CoreDNS.</summary>
    private int WriteReverseNegative(in Question question, HeaderFlags flags, uint serial, Span<byte> response)
    {
        MessageWriter writer = Start(question, response);
        ReadOnlySpan<byte> zone = question.Name.EndsWith(ReverseName.IPv4Zone) ? ReverseName.IPv4Zone : ReverseName.IPv6Zone;
        writer.TryWriteStartOfAuthority(zone, _options.Ttl, Authority(serial));
        writer.WriteHeader(new(0, flags, 1, 0, 1));
        return writer.Length;
    }

    /// <summary>What is asked for seldom, or is but one record.</summary>
    private int WriteSmall(in Question question, in ZoneAnswer found, uint serial, Span<byte> response)
    {
        MessageWriter writer = Start(question, response);
        int answers = 1, additionals = 0;
        ReadOnlySpan<byte> name = question.Name;
        switch (found.Kind)
        {
            case ZoneAnswerKind.Address:
                writer.TryWriteAddress(name, _options.Ttl, found.Address);
                break;
            case ZoneAnswerKind.Names:
                answers = 0;
                foreach (DnsName target in found.Names!.Targets)
                {
                    answers += writer.TryWriteName(name, RecordType.Ptr, _options.Ttl, target.Wire) ? 1 : 0;
                }

                break;
            case ZoneAnswerKind.Version:
                writer.TryWriteText(name, _options.Ttl, "1.1.0"u8);
                break;
            case ZoneAnswerKind.Servers:
                answers = WriteServers(ref writer, question.Type);
                break;
            case ZoneAnswerKind.Apex when question.Type == RecordType.Soa:
                writer.TryWriteStartOfAuthority(name, _options.Ttl, Authority(serial));
                break;
            case ZoneAnswerKind.Apex:
                writer.TryWriteName(name, RecordType.NS, _options.Ttl, _server.Wire);
                additionals = WriteServers(ref writer, RecordType.A) + WriteServers(ref writer, RecordType.Aaaa);
                break;
            default:
                throw new InvalidOperationException($"{found.Kind} isn't written here.");
        }

        writer.WriteHeader(new(0, Base, 1, (ushort)answers, 0, (ushort)additionals));
        return writer.Length;
    }

    private int WriteServers(ref MessageWriter writer, RecordType type)
    {
        int count = 0;
        foreach (Network.NetAddress server in _options.Servers)
        {
            if (type == (server.IsIPv6 ? RecordType.Aaaa : RecordType.A))
            {
                count += writer.TryWriteAddress(_server.Wire, _options.Ttl, server) ? 1 : 0;
            }
        }

        return count;
    }

    private StartOfAuthority Authority(uint serial) => new(_server, _mailbox, serial, Refresh, Retry, Expire, _options.Ttl);

    private static MessageWriter Start(in Question question, Span<byte> response)
    {
        MessageWriter writer = new(response);
        writer.TryWriteQuestion(question.Section[..^4], question.Type, question.Class);
        return writer;
    }

    private static int Begin(in Question question, DnsHeader header, Span<byte> response)
    {
        header.WriteTo(response);
        question.Section.CopyTo(response[DnsHeader.Size..]);
        return DnsHeader.Size + question.Section.Length;
    }
}
