using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Serving;

/// <summary>A question that takes time to answer: a <see cref="Question"/> off the hot thread.</summary>
public sealed record DnsQuery
{
    /// <summary>The name.</summary>
    public required DnsName Name { get; init; }

    /// <summary>The question section as it was asked, to be repeated in the answer.</summary>
    public required ReadOnlyMemory<byte> Section { get; init; }

    /// <summary>What is asked for.</summary>
    public required RecordType Type { get; init; }

    /// <summary>In which class.</summary>
    public RecordClass Class { get; init; } = RecordClass.Internet;

    /// <summary>RD and CD as the client set them; no other flag.</summary>
    public HeaderFlags Flags { get; init; } = HeaderFlags.RecursionDesired;

    /// <summary>The query's EDNS.</summary>
    public Edns Edns { get; init; }

    /// <summary>Who asks.</summary>
    public NetAddress Client { get; init; }

    /// <summary>By which way.</summary>
    public DnsTransport Transport { get; init; }

    /// <summary>A question that the server itself asks: for the target of an alias, to keep an answer fresh.</summary>
    public static DnsQuery For(DnsName name, RecordType type) => new()
    {
        Name = name,
        Section = (byte[])[.. name.Wire, (byte)((ushort)type >> 8), (byte)type, 0, (byte)RecordClass.Internet],
        Type = type,
    };

    /// <summary>As a hot thread sees it.</summary>
    public Question AsQuestion() => new()
    {
        Name = Name.Wire,
        Section = Section.Span,
        Type = Type,
        Class = Class,
        Flags = Flags,
        Edns = Edns,
        Client = Client,
        Transport = Transport,
    };
}
