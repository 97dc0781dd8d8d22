using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Forwarding;

/// <summary>A question as it is sent to upstreams: the name in lower case, the client's RD, CD and DO, and EDNS of our own.</summary>
internal static class UpstreamQuery
{
    /// <summary>The question section: name in lower case, type, class.</summary>
    public static byte[] Section(DnsQuery query) => [.. query.Name.Wire, (byte)((ushort)query.Type >> 8), (byte)query.Type, (byte)((ushort)query.Class >> 8), (byte)query.Class];

    /// <summary>The whole message; its number is still zero.</summary>
    /// <param name="section">The question.</param>
    /// <param name="flags">RD and CD.</param>
    /// <param name="dnssecOk">Whether signatures are wanted.</param>
    /// <param name="withEdns">False for upstreams that don't understand it.</param>
    public static byte[] Message(ReadOnlySpan<byte> section, HeaderFlags flags, bool dnssecOk, bool withEdns)
    {
        Edns edns = new() { IsPresent = true, UdpSize = Edns.SafeUdpSize, DnssecOk = dnssecOk };
        byte[] message = new byte[DnsHeader.Size + section.Length + (withEdns ? edns.Length : 0)];
        new DnsHeader(0, flags & (HeaderFlags.RecursionDesired | HeaderFlags.CheckingDisabled), 1, Additionals: (ushort)(withEdns ? 1 : 0)).WriteTo(message);
        section.CopyTo(message.AsSpan(DnsHeader.Size));
        if (withEdns)
        {
            edns.WriteTo(message.AsSpan(DnsHeader.Size + section.Length));
        }

        return message;
    }
}
