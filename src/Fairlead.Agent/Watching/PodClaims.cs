using System.Collections.Immutable;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Agent.Watching;

/// <summary>
/// Pods as the API tells of them, with the addresses that CNI gave them here: a pod's object learns its address only after the pod runs, and an object that
/// is about to go may still tell of an address that another pod has by now.
/// </summary>
internal sealed class PodClaims
{
    /// <summary>Above whatever rank the API's objects have (seconds).</summary>
    private const long ClaimedRank = 1L << 50;

    private readonly Dictionary<ObjectKey, PodState> told = [];
    private readonly Dictionary<ObjectKey, (string Sandbox, ImmutableArray<NetAddress> Addresses, string Node, long Number)> claims = [];
    private long count;

    /// <summary>The pod as the API tells of it now; gives it as it is.</summary>
    public PodState? Told(ObjectKey key, PodState? pod)
    {
        if (pod is null)
        {
            told.Remove(key);
        }
        else
        {
            told[key] = pod;
        }

        return Join(key);
    }

    public PodState? Claim(ObjectKey key, string sandbox, ImmutableArray<NetAddress> addresses, string node)
    {
        claims[key] = (sandbox, addresses, node, ++count);
        return Join(key);
    }

    /// <summary>Only the sandbox that claimed last can give back.</summary>
    public PodState? Release(ObjectKey key, string sandbox)
    {
        if (claims.TryGetValue(key, out var claim) && claim.Sandbox == sandbox)
        {
            claims.Remove(key);
        }

        return Join(key);
    }

    private PodState? Join(ObjectKey key)
    {
        PodState? pod = told.GetValueOrDefault(key);
        return pod is not null && claims.TryGetValue(key, out var claim)
            ? pod with { Addresses = claim.Addresses, NodeName = claim.Node, Rank = ClaimedRank + claim.Number }
            : pod;
    }
}
