using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Serving;

/// <summary>Answers that have no records.</summary>
public static class Responses
{
    /// <summary>Writes header and question, and a code.</summary>
    public static Answer Write(in Question question, ResponseCode code, Span<byte> response, AnswerOrigin origin = AnswerOrigin.Server) =>
        Write(question.Section, code, response, origin);

    /// <summary>Writes header and question, and a code.</summary>
    public static Answer Write(DnsQuery query, ResponseCode code, Span<byte> response, AnswerOrigin origin = AnswerOrigin.Server) =>
        Write(query.Section.Span, code, response, origin);

    private static Answer Write(ReadOnlySpan<byte> section, ResponseCode code, Span<byte> response, AnswerOrigin origin)
    {
        new DnsHeader(0, HeaderFlags.Response | HeaderFlags.RecursionAvailable | (HeaderFlags)((int)code & 0xf), 1).WriteTo(response);
        section.CopyTo(response[DnsHeader.Size..]);
        return new(DnsHeader.Size + section.Length, origin);
    }
}
