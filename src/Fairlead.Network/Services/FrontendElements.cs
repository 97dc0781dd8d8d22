using System.Collections.Immutable;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>The elements of a frontend, all of them or the difference to what it was.</summary>
internal static class FrontendElements
{
    /// <summary>All of them.</summary>
    public static IEnumerable<MapElement> Of(FrontendPlan frontend) => Added(null, frontend);

    /// <summary>Elements that <paramref name="after"/> has and <paramref name="before"/> hasn't, or has with other data.</summary>
    public static IEnumerable<MapElement> Added(FrontendPlan? before, FrontendPlan after)
    {
        FrontendKey key = after.Key;
        if (before?.Treatment != after.Treatment && (before is null || before.Treatment.Code != after.Treatment.Code))
        {
            yield return Elements.Service(key, after.Treatment);
        }

        foreach (int slot in Different(before?.Endpoints ?? [], after.Endpoints, after.Endpoints.Length))
        {
            yield return Elements.Endpoint(key, (uint)slot, after.Endpoints[slot]);
        }

        foreach (int slot in Different(before?.LocalEndpoints ?? [], after.LocalEndpoints, after.LocalEndpoints.Length))
        {
            yield return Elements.Endpoint(key, (uint)(Treatment.LocalSlotOffset + slot), after.LocalEndpoints[slot]);
        }

        foreach (MapElement element in Sticky(after).Except(Sticky(before)))
        {
            yield return element;
        }

        foreach (NetPrefix range in after.SourceRanges.Except(before?.SourceRanges ?? []))
        {
            yield return Elements.SourceRange(key, range);
        }
    }

    /// <summary>Elements that <paramref name="before"/> has and <paramref name="after"/> hasn't, or has with other data.</summary>
    public static IEnumerable<MapElement> Removed(FrontendPlan before, FrontendPlan? after)
    {
        FrontendKey key = before.Key;
        if (after is null || before.Treatment.Code != after.Treatment.Code)
        {
            yield return Elements.Service(key, before.Treatment);
        }

        foreach (int slot in Different(before.Endpoints, after?.Endpoints ?? [], before.Endpoints.Length))
        {
            yield return Elements.Endpoint(key, (uint)slot, before.Endpoints[slot]);
        }

        foreach (int slot in Different(before.LocalEndpoints, after?.LocalEndpoints ?? [], before.LocalEndpoints.Length))
        {
            yield return Elements.Endpoint(key, (uint)(Treatment.LocalSlotOffset + slot), before.LocalEndpoints[slot]);
        }

        foreach (MapElement element in Sticky(before).Except(Sticky(after)))
        {
            yield return element;
        }

        foreach (NetPrefix range in before.SourceRanges.Except(after?.SourceRanges ?? []))
        {
            yield return Elements.SourceRange(key, range);
        }
    }

    /// <summary>What lets clients stay with an endpoint: the numbers of the endpoints, and which number is in which slot.</summary>
    public static IEnumerable<MapElement> Sticky(FrontendPlan? frontend)
    {
        if (frontend is not { Treatment.AffinitySeconds: > 0 })
        {
            yield break;
        }

        foreach (EndpointAddress endpoint in frontend.Endpoints.Union(frontend.LocalEndpoints).DistinctBy(StableHash.Of))
        {
            yield return Elements.Alive(frontend.Key, endpoint);
        }

        for (int slot = 0; slot < frontend.Endpoints.Length; slot++)
        {
            yield return Elements.Identity(frontend.Key, (uint)slot, frontend.Endpoints[slot]);
        }

        for (int slot = 0; slot < frontend.LocalEndpoints.Length; slot++)
        {
            yield return Elements.Identity(frontend.Key, (uint)(Treatment.LocalSlotOffset + slot), frontend.LocalEndpoints[slot]);
        }
    }

    private static IEnumerable<int> Different(ImmutableArray<EndpointAddress> before, ImmutableArray<EndpointAddress> after, int upTo)
    {
        if (before == after)
        {
            yield break;
        }

        for (int slot = 0; slot < upTo; slot++)
        {
            if (slot >= before.Length || slot >= after.Length || before[slot] != after[slot])
            {
                yield return slot;
            }
        }
    }
}
