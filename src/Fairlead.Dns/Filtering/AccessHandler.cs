using System.Collections.Immutable;
using System.Net;
using Fairlead.Dns.Corefile;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Filtering;

/// <summary>Answers or refuses by who asks what (<c>acl</c>). The first rule that fits decides; without one, the question goes on.</summary>
internal sealed class AccessHandler(ImmutableArray<AccessRule> rules, IQueryHandler next) : IQueryHandler
{
    private readonly ImmutableArray<NetPrefix[]> networks = [.. rules.Select(r => r.Networks.Select(Prefix).ToArray())];

    /// <inheritdoc/>
    public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
    {
        AccessAction action = question.Transport == DnsTransport.Internal ? AccessAction.Allow : Decide(question);
        if (action == AccessAction.Allow)
        {
            return next.TryAnswer(question, response, out answer);
        }

        // No answer at all, as CoreDNS gives to "drop", makes clients ask again and again: refusing is as safe, and no larger than the question.
        answer = Responses.Write(question, action == AccessAction.Filter ? ResponseCode.NoError : ResponseCode.Refused, response);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken) => next.ResolveAsync(query, response, cancellationToken);

    private AccessAction Decide(in Question question)
    {
        for (int i = 0; i < rules.Length; i++)
        {
            AccessRule rule = rules[i];
            if ((rule.Types.IsEmpty || rule.Types.Contains(question.Type)) && Zones.Contain(rule.Zones, question.Name) && Holds(networks[i], question.Client))
            {
                return rule.Action;
            }
        }

        return AccessAction.Allow;
    }

    private static bool Holds(NetPrefix[] prefixes, NetAddress client)
    {
        foreach (NetPrefix prefix in prefixes)
        {
            if (prefix.Contains(client))
            {
                return true;
            }
        }

        return prefixes.Length == 0;
    }

    private static NetPrefix Prefix(IPNetwork network) => new(NetAddress.From(network.BaseAddress), network.PrefixLength);
}
