using System.Collections.Immutable;
using Fairlead.Kubernetes;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>
/// What the cluster's policies put into one node's kernel. Pods with the same namespace and the same labels (of those that any policy looks at) are one
/// class; the classes of this node have a chain for each direction, shared by those that the same policies select; peers are classes, so that
/// a new pod of a known class costs its addresses and nothing else.
/// </summary>
public sealed class PolicyPlan
{
    /// <summary>No policies: nothing is asked, nobody is kept out.</summary>
    public static PolicyPlan Empty { get; } = new();

    /// <summary>How many chains there are on this node.</summary>
    public int ChainCount => Chains.Count;

    /// <summary>How many classes of pods there are in the cluster.</summary>
    public int ClassCount => Classes.Count;

    /// <summary>The policies that were planned.</summary>
    public ImmutableDictionary<ObjectKey, PolicyState> Policies { get; internal init; } = ImmutableDictionary<ObjectKey, PolicyState>.Empty;

    /// <summary>How many elements its sets and maps hold.</summary>
    public int ElementCount => Elements().Count();

    /// <summary>Whether pods of this node have IPv6 addresses.</summary>
    public bool GuardsIPv6 => Guards.Any(g => g.Set.EndsWith('6'));

    /// <summary>Whether a pod is on this node.</summary>
    public bool IsLocal(PodState? pod) => pod is not null && Pods.TryGetValue(pod.Key, out PlannedPod? planned) && planned.IsLocal;

    internal ImmutableHashSet<string> LabelKeys { get; init; } = [];

    internal ImmutableHashSet<string> PortNames { get; init; } = [];

    internal ImmutableDictionary<SubjectPlace, ImmutableHashSet<ObjectKey>> Subjects { get; init; } = ImmutableDictionary<SubjectPlace, ImmutableHashSet<ObjectKey>>.Empty;

    internal ImmutableDictionary<ObjectKey, PlannedPod> Pods { get; init; } = ImmutableDictionary<ObjectKey, PlannedPod>.Empty;

    /// <summary>Who tells of an address, usually one.</summary>
    internal ImmutableDictionary<NetAddress, ImmutableArray<ObjectKey>> Claims { get; init; } = ImmutableDictionary<NetAddress, ImmutableArray<ObjectKey>>.Empty;

    /// <summary>Pods whose namespace isn't known yet.</summary>
    internal ImmutableHashSet<ObjectKey> Orphans { get; init; } = [];

    internal ImmutableDictionary<string, PodClass> Classes { get; init; } = ImmutableDictionary<string, PodClass>.Empty;

    internal ImmutableDictionary<uint, string> ClassNumbers { get; init; } = ImmutableDictionary<uint, string>.Empty;

    internal ImmutableDictionary<string, ImmutableHashSet<string>> ClassesOfNamespace { get; init; } = ImmutableDictionary<string, ImmutableHashSet<string>>.Empty;

    internal ImmutableDictionary<PodSelection, PeerGroup> Groups { get; init; } = ImmutableDictionary<PodSelection, PeerGroup>.Empty;

    /// <summary>The groups of one namespace; under the empty name those of many.</summary>
    internal ImmutableDictionary<string, ImmutableHashSet<PodSelection>> GroupsOfNamespace { get; init; } = ImmutableDictionary<string, ImmutableHashSet<PodSelection>>.Empty;

    internal ImmutableDictionary<string, PolicyChain> Chains { get; init; } = ImmutableDictionary<string, PolicyChain>.Empty;

    internal ImmutableDictionary<ObjectKey, ImmutableHashSet<string>> ChainsOfPolicy { get; init; } = ImmutableDictionary<ObjectKey, ImmutableHashSet<string>>.Empty;

    internal ImmutableArray<MapElement> Guards { get; init; } = [];

    /// <summary>What is another than in the plan that this one was made from; null: look at everything.</summary>
    internal (ImmutableHashSet<ObjectKey> Pods, ImmutableHashSet<string> Chains)? Changed { get; init; }

    /// <summary>The same plan, as one that differs so from the one before.</summary>
    internal PolicyPlan With((ImmutableHashSet<ObjectKey> Pods, ImmutableHashSet<string> Chains) changed) => new()
    {
        Policies = Policies,
        LabelKeys = LabelKeys,
        PortNames = PortNames,
        Subjects = Subjects,
        Pods = Pods,
        Claims = Claims,
        Orphans = Orphans,
        Classes = Classes,
        ClassNumbers = ClassNumbers,
        ClassesOfNamespace = ClassesOfNamespace,
        Groups = Groups,
        GroupsOfNamespace = GroupsOfNamespace,
        Chains = Chains,
        ChainsOfPolicy = ChainsOfPolicy,
        Guards = Guards,
        Changed = changed,
    };

    /// <summary>The policies whose chains this node's kernel holds, and how many of its pods each selects.</summary>
    public IEnumerable<(PolicyState Policy, int Pods)> OnThisNode() => ChainsOfPolicy.Select(c => (
        Policies[c.Key],
        c.Value.SelectMany(name => Chains[name].Users).Distinct().Sum(k => Classes[k].LocalMembers)));

    internal IEnumerable<MapElement> Elements() =>
        Guards.Concat(Pods.Values.SelectMany(PodElements)).Concat(Chains.Values.SelectMany(c => c.Elements()));

    /// <summary>The elements of a pod's addresses.</summary>
    internal IEnumerable<MapElement> PodElements(PlannedPod pod)
    {
        if (!Classes.TryGetValue(pod.Class, out PodClass? group))
        {
            yield break;
        }

        foreach (NetAddress address in pod.Addresses)
        {
            yield return PolicyElements.Class(address, group.Number);
            if (pod.IsLocal)
            {
                yield return PolicyElements.Chain(address, ingress: false, group.EgressChain);
                yield return PolicyElements.Chain(address, ingress: true, group.IngressChain);
                if (group.EgressChain is not null || group.IngressChain is not null)
                {
                    yield return PolicyElements.Self(address);
                }
            }
        }
    }
}

/// <summary>Where a policy is found by the pods that it may select: in a namespace (empty: any), at a label that they must have (empty: none).</summary>
internal readonly record struct SubjectPlace(string Namespace, string Label, string Value);

/// <summary>A pod's part in the plan.</summary>
/// <param name="Class">The key of its class.</param>
/// <param name="Told">The addresses that its status tells of.</param>
/// <param name="Addresses">The addresses that are its own, not another pod's that tells of the same.</param>
/// <param name="IsLocal">It is on this node.</param>
internal sealed record PlannedPod(string Class, ImmutableArray<NetAddress> Told, ImmutableArray<NetAddress> Addresses, bool IsLocal);

/// <summary>Pods that no policy can tell from each other.</summary>
internal sealed record PodClass
{
    public required string Key { get; init; }

    /// <summary>By which the kernel knows it; never 0.</summary>
    public required uint Number { get; init; }

    public required string Namespace { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The named ports that some policy names.</summary>
    public required ImmutableArray<NamedPort> Ports { get; init; }

    public ImmutableHashSet<ObjectKey> Members { get; init; } = [];

    public int LocalMembers { get; init; }

    public string? IngressChain { get; init; }

    public string? EgressChain { get; init; }
}

/// <summary>The classes that a selection of peers means, and the chains that look at it.</summary>
internal sealed record PeerGroup(ImmutableHashSet<uint> Members, ImmutableHashSet<string> Users);

/// <summary>What the pods that the same policies select may send or receive.</summary>
internal sealed record PolicyChain
{
    public required string Name { get; init; }

    public required string Key { get; init; }

    public required bool IsIngress { get; init; }

    public required ImmutableArray<ObjectKey> Policies { get; init; }

    /// <summary>The named ports of the pods themselves, for what they receive.</summary>
    public required ImmutableArray<NamedPort> Ports { get; init; }

    /// <summary>The classes whose pods use it.</summary>
    public ImmutableHashSet<string> Users { get; init; } = [];

    public ImmutableHashSet<PodSelection> Groups { get; init; } = [];

    public bool NamesNodes { get; init; }

    /// <summary>What it holds depends on which pods have which addresses.</summary>
    public bool NamesAddresses { get; init; }

    public ImmutableArray<PolicySegment> Segments { get; init; } = [];

    public IEnumerable<PolicyClause> Clauses => Segments.SelectMany(s => s.Stages).SelectMany(s => s.Clauses);

    public IEnumerable<MapElement> Elements() => Clauses.SelectMany(c => c.Elements);

    /// <summary>Whether the same rules stand in its chains, whatever its sets hold.</summary>
    public bool HasSameRules(PolicyChain other) => Segments.Length == other.Segments.Length
        && Segments.Zip(other.Segments).All(pair => pair.First.HasSameRules(pair.Second));
}

/// <summary>The stages of one tier, a kernel chain of its own.</summary>
/// <param name="Chain">The kernel's chain.</param>
/// <param name="Stages">What is asked, in order.</param>
/// <param name="End">What becomes of what no stage decides.</param>
internal sealed record PolicySegment(string Chain, ImmutableArray<PolicyStage> Stages, SegmentEnd End)
{
    public bool HasSameRules(PolicySegment other) => Chain == other.Chain && End == other.End && Stages.Length == other.Stages.Length
        && Stages.Zip(other.Stages).All(pair => pair.First.Action == pair.Second.Action
            && pair.First.Clauses.Select(c => (c.Kind, c.Set)).SequenceEqual(pair.Second.Clauses.Select(c => (c.Kind, c.Set))));
}

/// <summary>What becomes of traffic that no stage of a tier decides.</summary>
internal enum SegmentEnd
{
    /// <summary>It goes on.</summary>
    Accept,

    /// <summary>It is dropped.</summary>
    Deny,

    /// <summary>The next tier is asked.</summary>
    Next,

    /// <summary>It is reported as what a policy under audit would deny, and the next tier is asked.</summary>
    Audit,
}

/// <summary>Rules that stand together: whoever of them matches, the same happens.</summary>
/// <param name="Action">What happens.</param>
/// <param name="Clauses">The conditions, each enough.</param>
internal sealed record PolicyStage(RuleAction Action, ImmutableArray<PolicyClause> Clauses);

/// <summary>One rule of the kernel: a lookup in a set.</summary>
/// <param name="Kind">What is looked up.</param>
/// <param name="Set">Where; empty if nothing is looked up.</param>
/// <param name="Elements">What the set holds.</param>
internal sealed record PolicyClause(ClauseKind Kind, string Set, IReadOnlyList<MapElement> Elements);

/// <summary>What a clause looks up. The peer is the sender of what a pod receives, the receiver of what it sends.</summary>
internal enum ClauseKind
{
    /// <summary>Nothing: everything matches.</summary>
    Everything,

    /// <summary>Whether the peer is a pod.</summary>
    AnyPod,

    /// <summary>class</summary>
    Peers,

    /// <summary>class . protocol . port</summary>
    Ports,

    /// <summary>class . protocol . ports</summary>
    Ranges,

    /// <summary>protocol . ports, of whatever peer.</summary>
    Open,

    /// <summary>protocol . ports, of whatever pod.</summary>
    PodPorts,

    /// <summary>addresses</summary>
    Blocks4,

    /// <summary>addresses</summary>
    Blocks6,

    /// <summary>addresses . protocol . ports</summary>
    BlockPorts4,

    /// <summary>addresses . protocol . ports</summary>
    BlockPorts6,
}
