using System.Collections.Immutable;
using Fairlead.Kubernetes;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>
/// What one node's kernel must hold, kept as pieces: a Service that changes is planned again alone, and all else is shared
/// with the plan before.
/// </summary>
public sealed class NodePlan
{
    /// <summary>A plan for a kernel that holds nothing.</summary>
    public static NodePlan Empty { get; } = new();

    /// <summary>Counts the plans that were made one from another.</summary>
    public long Revision { get; internal init; }

    /// <summary>The pieces of the Services.</summary>
    public ImmutableDictionary<ObjectKey, ServicePlan> Services { get; internal init; } = ImmutableDictionary<ObjectKey, ServicePlan>.Empty;

    /// <summary>Which Service holds a frontend.</summary>
    public ImmutableDictionary<FrontendKey, ObjectKey> Owners { get; internal init; } = ImmutableDictionary<FrontendKey, ObjectKey>.Empty;

    /// <summary>Services that would like a frontend that another one holds.</summary>
    public ImmutableDictionary<FrontendKey, ImmutableSortedSet<ObjectKey>> Waiting { get; internal init; } =
        ImmutableDictionary<FrontendKey, ImmutableSortedSet<ObjectKey>>.Empty;

    /// <summary>Routes to other nodes' pods, by destination.</summary>
    public ImmutableDictionary<NetPrefix, PlannedRoute> Routes { get; internal init; } = ImmutableDictionary<NetPrefix, PlannedRoute>.Empty;

    /// <summary>The VXLAN links of this node.</summary>
    public ImmutableArray<PlannedOverlay> Overlays { get; internal init; } = [];

    /// <summary>The ranges of this node's own pods.</summary>
    public ImmutableArray<NetPrefix> LocalPods { get; internal init; } = [];

    /// <summary>How long the packets of this node's pods may be; 0: nobody knows, and all links stay as they are.</summary>
    public int Mtu { get; internal init; }

    /// <summary>What in the API cannot be put into the kernel, and why.</summary>
    public ImmutableArray<PlanProblem> Problems { get; internal init; } = [];

    /// <summary>How large the maps are made.</summary>
    public Capacity Capacity { get; internal init; } = new(0, 0, 0, 0);

    /// <summary>How many frontends use each treatment's chain.</summary>
    internal ImmutableDictionary<Treatment, int> Treatments { get; init; } = ImmutableDictionary<Treatment, int>.Empty;

    /// <summary>How many Services have this local endpoint.</summary>
    internal ImmutableDictionary<NetAddress, int> Hairpins { get; init; } = ImmutableDictionary<NetAddress, int>.Empty;

    /// <summary>The elements of the small sets: pods, service ranges, what isn't masqueraded.</summary>
    internal ImmutableHashSet<MapElement> BaseElements { get; init; } = [];

    /// <summary>The ranges that those elements are made from, in order, by set: where <see cref="Nodes"/> doesn't have them.</summary>
    internal ImmutableDictionary<string, ImmutableArray<(NetAddress First, NetAddress Last)>> BaseRanges { get; init; } =
        ImmutableDictionary<string, ImmutableArray<(NetAddress First, NetAddress Last)>>.Empty;

    /// <summary>The nodes that routes and sets are planned from.</summary>
    internal NodeDirectory Nodes { get; init; } = NodeDirectory.Empty;

    /// <summary>What the last change of nodes came to; null: nodes were not planned again.</summary>
    internal NodesChange? NodesChange { get; init; }

    /// <summary>What policies ask for.</summary>
    public PolicyPlan Policies { get; internal init; } = PolicyPlan.Empty;

    internal ElementCounts Counts { get; init; }

    /// <summary>The revision that this plan was made from, and what was planned again since.</summary>
    internal (long Revision, ImmutableHashSet<ObjectKey> Services)? ChangedSince { get; init; }

    /// <summary>The Services whose endpoints on this node load balancers ask for.</summary>
    public IEnumerable<ServicePlan> HealthChecked() => HealthCheckedServices.Select(k => Services[k]);

    internal ImmutableSortedSet<ObjectKey> HealthCheckedServices { get; init; } = [];

    /// <summary>How many elements all sets and maps hold together.</summary>
    public int ElementCount => Counts.Total + BaseElements.Count + Hairpins.Count + Policies.ElementCount;

    /// <summary>Everything that is in the sets and maps, in no order.</summary>
    public IEnumerable<MapElement> AllElements() =>
        BaseElements
            .Concat(Hairpins.Keys.Select(Elements.Hairpin))
            .Concat(OwnChains().Select(Elements.Treatment))
            .Concat(Services.Values.SelectMany(s => s.Frontends).SelectMany(FrontendElements.Of))
            .Concat(Policies.Elements());

    /// <summary>The treatments that have chains, those that others go to first.</summary>
    internal IEnumerable<Treatment> OwnChains() => Treatments.Keys.Where(t => t.HasOwnChain).OrderBy(t => t.Kind);

    /// <summary>What must change in a kernel that holds <paramref name="committed"/> so that it holds <paramref name="desired"/>.</summary>
    public static NodePlanDiff Diff(NodePlan committed, NodePlan desired) => new(committed, desired);
}

/// <summary>Something in the API that cannot be put into the kernel.</summary>
/// <param name="Kind">The object's kind: Node or Service.</param>
/// <param name="Object">The object.</param>
/// <param name="Reason">A word for programs, such as <c>PodCIDROverlap</c>.</param>
/// <param name="Message">A sentence for people.</param>
public sealed record PlanProblem(string Kind, ObjectKey Object, string Reason, string Message);

/// <summary>How many elements the maps hold that may outgrow their capacity, and all together.</summary>
internal readonly record struct ElementCounts(int Services4, int Endpoints4, int Services6, int Endpoints6, int Total)
{
    public bool Fit(Capacity capacity) => capacity.Holds(Services4, Endpoints4, Services6, Endpoints6);

    public ElementCounts Plus(ServicePlan? plan, int sign)
    {
        ElementCounts counts = this;
        foreach (FrontendPlan frontend in plan?.Frontends ?? [])
        {
            int endpoints = sign * (frontend.Endpoints.Length + frontend.LocalEndpoints.Length);
            int sticky = sign * FrontendElements.Sticky(frontend).Count();
            counts = counts with { Total = counts.Total + sign + endpoints + sticky + (sign * frontend.SourceRanges.Length) };
            if (frontend.Key.IsNodePort)
            {
                continue;
            }

            counts = frontend.Key.IsIPv6
                ? counts with { Services6 = counts.Services6 + sign, Endpoints6 = counts.Endpoints6 + endpoints }
                : counts with { Services4 = counts.Services4 + sign, Endpoints4 = counts.Endpoints4 + endpoints };
        }

        return counts;
    }
}
