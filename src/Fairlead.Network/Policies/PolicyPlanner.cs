using System.Collections.Immutable;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>The cluster's policies, pods and namespaces → what they put into one node's kernel. Pure.</summary>
internal static class PolicyPlanner
{
    /// <summary>Plans again what changed since <paramref name="previous"/>; null: everything.</summary>
    public static PolicyPlan Replan(PolicyPlan previous, ClusterState cluster, NodeSettings node, PolicyChanges? changes, bool nodesChanged)
    {
        if (cluster.Policies.IsEmpty || !node.EnforcePolicies)
        {
            return ReferenceEquals(previous, PolicyPlan.Empty) ? previous : PolicyPlan.Empty;
        }

        if (changes is null || ReferenceEquals(previous, PolicyPlan.Empty) || LooksAtMore(previous, cluster, changes))
        {
            return All(cluster, node);
        }

        if (changes.IsEmpty && !nodesChanged)
        {
            return previous.Changed is { Pods.IsEmpty: true, Chains.IsEmpty: true } ? previous : Same(previous);
        }

        PolicyPieces pieces = new(previous, cluster, node.NodeName);
        pieces.Apply(changes, nodesChanged);
        return pieces.Finish(previous.LabelKeys, previous.PortNames, nodesChanged ? Guards(cluster, node) : previous.Guards, isAll: false);
    }

    private static PolicyPlan All(ClusterState cluster, NodeSettings node)
    {
        PolicyPieces pieces = new(
            new PolicyPlan { LabelKeys = [.. cluster.Policies.Values.SelectMany(LabelKeys)], PortNames = [.. cluster.Policies.Values.SelectMany(PortNames)] },
            cluster,
            node.NodeName);
        pieces.Apply(new([.. cluster.Pods.Keys], [], [.. cluster.Policies.Keys]), nodesChanged: false);
        return pieces.Finish(pieces.LabelKeys, pieces.PortNames, Guards(cluster, node), isAll: true);
    }

    /// <summary>A plan without changes towards the one before: nobody shall apply the last ones again.</summary>
    private static PolicyPlan Same(PolicyPlan previous) => previous.With(([], []));

    private static bool LooksAtMore(PolicyPlan previous, ClusterState cluster, PolicyChanges changes) => changes.Policies
        .Select(k => cluster.Policies.GetValueOrDefault(k)).OfType<PolicyState>()
        .Any(p => LabelKeys(p).Any(k => !previous.LabelKeys.Contains(k)) || PortNames(p).Any(n => !previous.PortNames.Contains(n)));

    private static IEnumerable<string> LabelKeys(PolicyState policy) => policy.Subject.Pods.Keys
        .Concat(Rules(policy).SelectMany(r => r.Peers.IsDefault ? [] : r.Peers).OfType<PolicyPeer.Pods>().SelectMany(p => p.Selection.Pods.Keys));

    private static IEnumerable<string> PortNames(PolicyState policy) =>
        Rules(policy).SelectMany(r => r.Ports.IsDefault ? [] : r.Ports).Select(p => p.Name).OfType<string>();

    private static IEnumerable<PolicyRule> Rules(PolicyState policy) => policy.Rules(ingress: true).Concat(policy.Rules(ingress: false));

    private static ImmutableArray<MapElement> Guards(ClusterState cluster, NodeSettings node) => node.GuardUnknownPods
        ? [.. PrefixSet.Intervals(cluster.Nodes.GetValueOrDefault(node.NodeName)?.PodCidrs ?? []).Select(i => Elements.Range(KernelNames.PolicyGuarded, i.First, i.Last))]
        : [];
}
