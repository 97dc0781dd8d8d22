using System.Buffers.Binary;
using System.Net;
using System.Text;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Tests;

/// <summary>Messages as rows say them: "NOERROR web.default.svc.cluster.local. A 10.32.0.5; …".</summary>
internal static class MessageText
{
    public static string Ask(IQueryHandler handler, string name, string type, string client = "10.200.0.99") => Of(Answer(handler, name, type, client));

    public static byte[] Answer(IQueryHandler handler, string name, string type, string client = "10.200.0.99")
    {
        DnsQuery query = DnsQuery.For(DnsName.Parse(name), Enum.Parse<RecordType>(type, ignoreCase: true)) with { Client = NetAddress.Parse(client), Transport = DnsTransport.Udp };
        byte[] response = new byte[IQueryHandler.ResponseBufferSize];
        if (!handler.TryAnswer(query.AsQuestion(), response, out Answer answer))
        {
            answer = handler.ResolveAsync(query, response, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }

        return response[..answer.Length];
    }

    /// <summary>Code, flags that matter, answers; then authority behind "!" and additional records behind "+".</summary>
    public static string Of(ReadOnlySpan<byte> message)
    {
        MessageReader reader = new(message);
        Assert.True(reader.TryReadHeader(out DnsHeader header));
        byte[] name = new byte[255];
        for (int i = 0; i < header.Questions; i++)
        {
            Assert.True(reader.TryReadQuestion(name, out _, out _, out _));
        }

        StringBuilder text = new();
        text.Append(header.Code switch
        {
            ResponseCode.NoError => header.Answers > 0 ? "NOERROR" : "NODATA",
            ResponseCode.NameError => "NXDOMAIN",
            ResponseCode.ServerFailure => "SERVFAIL",
            ResponseCode.Refused => "REFUSED",
            _ => header.Code.ToString(),
        });
        Append(ref reader, message, header.Answers, " ", text);
        Append(ref reader, message, header.Authorities, " ! ", text);
        Append(ref reader, message, header.Additionals, " + ", text);
        Assert.True(reader.IsAtEnd);
        return text.ToString();
    }

    private static void Append(ref MessageReader reader, ReadOnlySpan<byte> message, int count, string mark, StringBuilder text)
    {
        byte[] name = new byte[255];
        byte[] buffer = new byte[RecordData.MaxPlainLength];
        List<string> records = [];
        for (int i = 0; i < count; i++)
        {
            Assert.True(reader.TryReadRecord(name, out WireRecord record));
            Assert.True(RecordData.TryExpand(message, record, null, buffer, out ReadOnlySpan<byte> data));
            string value = record.Type switch
            {
                RecordType.A or RecordType.Aaaa => new IPAddress(data).ToString(),
                RecordType.CName or RecordType.Ptr or RecordType.NS => DnsName.FromWire(data).ToString(),
                RecordType.Srv => $"{BinaryPrimitives.ReadUInt16BigEndian(data)} {BinaryPrimitives.ReadUInt16BigEndian(data[2..])} {BinaryPrimitives.ReadUInt16BigEndian(data[4..])} {DnsName.FromWire(data[6..])}",
                RecordType.Txt => Encoding.ASCII.GetString(data[1..]),
                _ => "",
            };
            records.Add($"{DnsName.FromWire(name.AsSpan(0, record.NameLength))} {record.Type.ToString().ToUpperInvariant()} {value}".TrimEnd());
        }

        if (count > 0)
        {
            text.Append(mark).AppendJoin("; ", records);
        }
    }
}
