using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Serving;

/// <summary>A question on a hot thread: it points into that thread's buffers and is gone when the call returns.</summary>
public readonly ref struct Question
{
    /// <summary>The name: whole, lower-cased.</summary>
    public required ReadOnlySpan<byte> Name { get; init; }

    /// <summary>The question section as it was asked, to be repeated in the answer: name in the client's own case (0x20), type, class.</summary>
    public required ReadOnlySpan<byte> Section { get; init; }

    /// <summary>What is asked for.</summary>
    public required RecordType Type { get; init; }

    /// <summary>In which class.</summary>
    public required RecordClass Class { get; init; }

    /// <summary>RD and CD as the client set them; no other flag.</summary>
    public required HeaderFlags Flags { get; init; }

    /// <summary>The query's EDNS.</summary>
    public required Edns Edns { get; init; }

    /// <summary>Who asks.</summary>
    public required NetAddress Client { get; init; }

    /// <summary>By which way.</summary>
    public required DnsTransport Transport { get; init; }

    /// <summary>A copy that outlives the call.</summary>
    public DnsQuery ToQuery() => new()
    {
        Name = DnsName.FromWire(Name),
        Section = Section.ToArray(),
        Type = Type,
        Class = Class,
        Flags = Flags,
        Edns = Edns,
        Client = Client,
        Transport = Transport,
    };
}
