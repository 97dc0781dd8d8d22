using System.Collections.Immutable;
using Fairlead.Kubernetes;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>The cluster's objects → what one node's kernel must hold. Pure: no I/O, no clock, no chance.</summary>
public static class NetworkPlanner
{
    /// <summary>Plans everything.</summary>
    /// <param name="cluster">The cluster's objects.</param>
    /// <param name="node">What the operator says.</param>
    /// <param name="memory">The slots that the kernel holds already, so that they stay.</param>
    /// <param name="capacity">How large the kernel's maps are already, to be kept if all fits.</param>
    public static NodePlan Plan(ClusterState cluster, NodeSettings node, SlotMemory? memory = null, Capacity? capacity = null) =>
        Replan(capacity is null ? NodePlan.Empty : new() { Capacity = capacity }, cluster, node, touched: null, NodeChanges.All, memory);

    /// <summary>Plans again what changed since <paramref name="previous"/>.</summary>
    /// <param name="previous">The plan before.</param>
    /// <param name="cluster">The cluster's objects now.</param>
    /// <param name="node">What the operator says.</param>
    /// <param name="touched">The Services whose objects or endpoint slices changed; null: plan all.</param>
    /// <param name="changes">The nodes that changed; all, where what they are planned from beside themselves changed (ranges of Services, exceptions from masquerade).</param>
    /// <param name="memory">The slots that the kernel holds already.</param>
    /// <param name="policies">What policies are planned from and changed; null: plan all.</param>
    public static NodePlan Replan(
        NodePlan previous, ClusterState cluster, NodeSettings node, IReadOnlyCollection<ObjectKey>? touched, NodeChanges changes, SlotMemory? memory = null,
        PolicyChanges? policies = null)
    {
        ServicePieces pieces = new(previous, cluster, node.NodeName, cluster.Nodes.GetValueOrDefault(node.NodeName)?.Zone ?? "", memory);
        if (touched is null)
        {
            pieces.ReplanAll();
        }
        else
        {
            pieces.Replan(touched);
        }

        ImmutableArray<PlanProblem> problems = previous.Problems.RemoveAll(p => p.Kind == "Service" && pieces.Planned.Contains(p.Object));
        ImmutableHashSet<MapElement> baseElements = previous.BaseElements;
        ImmutableDictionary<string, ImmutableArray<(NetAddress First, NetAddress Last)>> baseRanges = previous.BaseRanges;
        NodePieces? nodes = null;
        NodeDirectory directory = previous.Nodes;
        if (!changes.IsEmpty)
        {
            nodes = new(previous, cluster, node);
            directory = nodes.Replan(changes);
            (baseElements, baseRanges) = BaseElementPlanner.Plan(previous, cluster, node, nodes.Change);
            if (!ReferenceEquals(directory.Problems, previous.Nodes.Problems))
            {
                problems = [.. problems.Where(p => p.Kind != "Node"), .. directory.Problems.Values.SelectMany(p => p)];
            }
        }

        ImmutableArray<PlannedOverlay> overlays = nodes?.Overlays ?? previous.Overlays;
        return new()
        {
            Revision = previous.Revision + 1,
            Services = pieces.Services,
            Owners = pieces.Owners,
            Waiting = pieces.Waiting,
            Treatments = pieces.Treatments,
            Hairpins = pieces.Hairpins,
            Counts = pieces.Counts,
            HealthCheckedServices = pieces.HealthChecked,
            Capacity = previous.Capacity != NodePlan.Empty.Capacity && pieces.Counts.Fit(previous.Capacity)
                ? previous.Capacity
                : Capacity.For(pieces.Counts.Services4, pieces.Counts.Endpoints4, pieces.Counts.Services6, pieces.Counts.Endpoints6),
            Routes = nodes?.Routes ?? previous.Routes,
            Overlays = overlays,
            LocalPods = nodes is not null ? cluster.Nodes.GetValueOrDefault(node.NodeName)?.PodCidrs ?? [] : previous.LocalPods,
            Mtu = nodes is not null ? MtuPlanner.Plan(node, overlays) : previous.Mtu,
            BaseElements = baseElements,
            BaseRanges = baseRanges,
            Nodes = directory,
            NodesChange = nodes?.Change,
            Policies = PolicyPlanner.Replan(previous.Policies, cluster, node, policies, nodesChanged: nodes is not null),
            Problems = problems.AddRange(pieces.Problems),
            ChangedSince = touched is null ? null : (previous.Revision, pieces.Planned),
        };
    }
}
