using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Fairlead.Dns.Corefile;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Filtering;

/// <summary>Gives names a fixed code (<c>template</c>).</summary>
internal sealed class TemplateHandler(ImmutableArray<TemplateRule> rules, IQueryHandler next) : IQueryHandler
{
    /// <inheritdoc/>
    public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
    {
        foreach (TemplateRule rule in rules)
        {
            if ((rule.Type is not null && rule.Type != question.Type) || !Zones.Contain(rule.Zones, question.Name))
            {
                continue;
            }

            if (Matches(rule.Matches, question.Name))
            {
                answer = Responses.Write(question, rule.Code, response);
                return true;
            }

            if (!rule.Fallthrough.Applies(question.Name))
            {
                answer = Responses.Write(question, ResponseCode.ServerFailure, response);
                return true;
            }
        }

        return next.TryAnswer(question, response, out answer);
    }

    /// <inheritdoc/>
    public ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken) => next.ResolveAsync(query, response, cancellationToken);

    private static bool Matches(ImmutableArray<Regex> patterns, ReadOnlySpan<byte> name)
    {
        if (patterns.IsEmpty)
        {
            return true;
        }

        string text = DnsName.FromWire(name).ToString();
        foreach (Regex pattern in patterns)
        {
            if (pattern.IsMatch(text))
            {
                return true;
            }
        }

        return false;
    }
}
