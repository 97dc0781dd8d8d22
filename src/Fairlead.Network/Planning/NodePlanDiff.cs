using Fairlead.Kernel.NfTables;
using Fairlead.Kubernetes;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>
/// What must change in the kernel, as data. Elements are made while they are enumerated, so that a first plan of 100,000
/// endpoints isn't held twice. An element whose data changes is among the removed and among the added ones.
/// </summary>
public sealed class NodePlanDiff
{
    private readonly NodePlan committed;
    private readonly NodePlan desired;
    private readonly List<(FrontendPlan? Before, FrontendPlan? After)> frontends = [];
    private readonly List<MapElement> removedBase = [];
    private readonly List<MapElement> addedBase = [];

    internal NodePlanDiff(NodePlan committed, NodePlan desired)
    {
        this.committed = committed;
        this.desired = desired;
        NeedsNewTable = committed.Capacity != desired.Capacity;
        NodePlan before = NeedsNewTable ? NodePlan.Empty : committed;

        NodesChange? nodes = desired.NodesChange is { } change && change.Since == committed.Revision ? change : null;
        if (nodes is not null && !NeedsNewTable)
        {
            removedBase.AddRange(nodes.RemovedElements);
            addedBase.AddRange(nodes.AddedElements);
        }
        else
        {
            Base(before.BaseElements, desired.BaseElements);
        }

        if (!ReferenceEquals(before.Hairpins, desired.Hairpins))
        {
            Base(before.Hairpins.Keys, desired.Hairpins.Keys, desired.Hairpins.ContainsKey, before.Hairpins.ContainsKey, Elements.Hairpin);
        }

        AddedTreatments = [.. desired.Treatments.Keys.Where(t => t.HasOwnChain && !before.Treatments.ContainsKey(t)).OrderBy(t => t.Kind)];
        RemovedTreatments = [.. before.Treatments.Keys.Where(t => t.HasOwnChain && !desired.Treatments.ContainsKey(t)).OrderByDescending(t => t.Kind)];
        Policies = new(before.Policies, desired.Policies, desired.ChangedSince?.Revision == before.Revision);
        Services(before, AddFrontends);
        if (NeedsNewTable)
        {
            removedBase.Clear();
        }

        AddedRoutes = nodes?.AddedRoutes ?? Routes(desired, committed);
        RemovedRoutes = nodes?.RemovedRoutes ?? Routes(committed, desired);
        RemovedTunnels = nodes?.RemovedTunnels ?? (ReferenceEquals(committed.Routes, desired.Routes) ? [] : [.. NodesChange.Unused(committed.Routes.Values, desired.Routes.Values)]);
    }

    /// <summary>The maps have become too small (or there is no table yet): the table is made anew with all that is in it.</summary>
    public bool NeedsNewTable { get; }

    /// <summary>What changes of policies.</summary>
    internal PolicyPlanDiff Policies { get; }

    /// <summary>Chains to make, those that others go to first.</summary>
    internal IReadOnlyList<Treatment> AddedTreatments { get; }

    /// <summary>Chains that nobody goes to any more, those that go to others first.</summary>
    internal IReadOnlyList<Treatment> RemovedTreatments { get; }

    /// <summary>Routes to write; one that leads another way replaces the old one.</summary>
    public IReadOnlyList<PlannedRoute> AddedRoutes { get; }

    /// <summary>Routes to remove or replace.</summary>
    public IReadOnlyList<PlannedRoute> RemovedRoutes { get; }

    /// <summary>Tunnel ends that no route leads to any more.</summary>
    public IReadOnlyList<Vtep> RemovedTunnels { get; }

    /// <summary>The VXLAN links are other ones, or have other addresses, or links take packets of another length.</summary>
    public bool ChangesLinks => committed.Mtu != desired.Mtu || !committed.Overlays.SequenceEqual(desired.Overlays);

    /// <summary>Names of the chains to make.</summary>
    public IEnumerable<string> AddedChains => AddedTreatments.Select(t => t.ChainName);

    /// <summary>Names of the chains to remove.</summary>
    public IEnumerable<string> RemovedChains => RemovedTreatments.Select(t => t.ChainName);

    /// <summary>Elements to remove, before any is added.</summary>
    public IEnumerable<MapElement> RemovedElements() => removedBase
        .Concat(frontends.SelectMany(f => f.Before is null ? [] : FrontendElements.Removed(f.Before, f.After)))
        .Concat(RemovedTreatments.Select(Elements.Treatment))
        .Concat(Policies.Removed);

    /// <summary>Elements to add.</summary>
    public IEnumerable<MapElement> AddedElements() => AddedTreatments.Select(Elements.Treatment)
        .Concat(addedBase)
        .Concat(frontends.SelectMany(f => f.After is null ? [] : FrontendElements.Added(f.Before, f.After)))
        .Concat(Policies.Added);

    /// <summary>Rules of the chains to make.</summary>
    public IEnumerable<Rule> AddedRules() => AddedTreatments.SelectMany(TreatmentRules.Of);

    /// <summary>Nothing in nf_tables changes.</summary>
    public bool ChangesNoTable => !NeedsNewTable && AddedTreatments.Count == 0 && RemovedTreatments.Count == 0 && Policies.IsEmpty
        && !RemovedElements().Any() && !AddedElements().Any();

    /// <summary>Nothing changes.</summary>
    public bool IsEmpty => ChangesNoTable && !ChangesLinks && AddedRoutes.Count == 0 && RemovedRoutes.Count == 0;

    /// <summary>
    /// UDP frontends whose flows may be stuck, as they are now: to an endpoint that went away, or to none since before there was one. Conntrack would
    /// send their packets on where it did before.
    /// </summary>
    public IEnumerable<FrontendPlan> StaleFlows()
    {
        foreach ((FrontendPlan? before, FrontendPlan? after) in Changes())
        {
            FrontendPlan one = (after ?? before)!;
            if (one.Key.Protocol != TransportProtocol.Udp)
            {
                continue;
            }

            bool lost = before is not null && before.Serving.Except(after?.Serving ?? []).Any();
            bool came = after is { Endpoints.IsEmpty: false } && (before is null || before.Endpoints.IsEmpty);
            if (lost || came)
            {
                yield return after ?? new() { Key = one.Key, Treatment = new(TreatmentKind.Reject, one.Key.IsIPv6, one.Key.IsNodePort) };
            }
        }
    }

    private List<(FrontendPlan? Before, FrontendPlan? After)> Changes()
    {
        if (!NeedsNewTable)
        {
            return frontends;
        }

        List<(FrontendPlan? Before, FrontendPlan? After)> all = [];
        Services(committed, (before, after) => AddFrontends(before, after, all));
        return all;
    }

    private void Services(NodePlan before, Action<ServicePlan?, ServicePlan?> add)
    {
        if (desired.ChangedSince is { } since && since.Revision == before.Revision)
        {
            foreach (ObjectKey key in since.Services)
            {
                add(before.Services.GetValueOrDefault(key), desired.Services.GetValueOrDefault(key));
            }

            return;
        }

        foreach ((ObjectKey key, ServicePlan after) in desired.Services)
        {
            add(before.Services.GetValueOrDefault(key), after);
        }

        foreach ((ObjectKey key, ServicePlan gone) in before.Services)
        {
            if (!desired.Services.ContainsKey(key))
            {
                add(gone, null);
            }
        }
    }

    private void AddFrontends(ServicePlan? before, ServicePlan? after) => AddFrontends(before, after, frontends);

    private static void AddFrontends(ServicePlan? before, ServicePlan? after, List<(FrontendPlan? Before, FrontendPlan? After)> changes)
    {
        if (ReferenceEquals(before, after))
        {
            return;
        }

        foreach (FrontendPlan frontend in after?.Frontends ?? [])
        {
            changes.Add((Find(before, frontend.Key), frontend));
        }

        foreach (FrontendPlan frontend in before?.Frontends ?? [])
        {
            if (Find(after, frontend.Key) is null)
            {
                changes.Add((frontend, null));
            }
        }
    }

    private static FrontendPlan? Find(ServicePlan? plan, FrontendKey key)
    {
        foreach (FrontendPlan frontend in plan?.Frontends ?? [])
        {
            if (frontend.Key == key)
            {
                return frontend;
            }
        }

        return null;
    }

    private void Base(System.Collections.Immutable.ImmutableHashSet<MapElement> before, System.Collections.Immutable.ImmutableHashSet<MapElement> after)
    {
        if (!ReferenceEquals(before, after))
        {
            Base(before, after, after.Contains, before.Contains, e => e);
        }
    }

    private void Base<T>(IEnumerable<T> before, IEnumerable<T> after, Func<T, bool> isAfter, Func<T, bool> isBefore, Func<T, MapElement> element)
    {
        removedBase.AddRange(before.Where(b => !isAfter(b)).Select(element));
        addedBase.AddRange(after.Where(a => !isBefore(a)).Select(element));
    }

    private static List<PlannedRoute> Routes(NodePlan has, NodePlan hasNot) => ReferenceEquals(has.Routes, hasNot.Routes)
        ? []
        : [.. has.Routes.Values.Where(r => hasNot.Routes.GetValueOrDefault(r.Destination) != r)];
}
