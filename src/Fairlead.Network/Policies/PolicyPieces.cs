using System.Collections.Immutable;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>The pieces of a plan while it is made from another: what a change touches is looked at, all else is shared.</summary>
internal sealed class PolicyPieces
{
    private readonly ClusterState cluster;
    private readonly string nodeName;
    private readonly ImmutableDictionary<ObjectKey, PolicyState>.Builder policies;
    private readonly ImmutableDictionary<SubjectPlace, ImmutableHashSet<ObjectKey>>.Builder subjects;
    private readonly ImmutableDictionary<ObjectKey, PlannedPod>.Builder pods;
    private readonly ImmutableDictionary<NetAddress, ImmutableArray<ObjectKey>>.Builder claims;
    private readonly ImmutableHashSet<ObjectKey>.Builder orphans;
    private readonly PodClasses classes;
    private readonly PolicyChains chains;
    private readonly HashSet<string> dirtyClasses = [];
    private readonly HashSet<ObjectKey> changedPods = [];

    public PolicyPieces(PolicyPlan previous, ClusterState cluster, string nodeName)
    {
        (this.cluster, this.nodeName) = (cluster, nodeName);
        (LabelKeys, PortNames) = (previous.LabelKeys, previous.PortNames);
        policies = previous.Policies.ToBuilder();
        subjects = previous.Subjects.ToBuilder();
        pods = previous.Pods.ToBuilder();
        claims = previous.Claims.ToBuilder();
        orphans = previous.Orphans.ToBuilder();
        classes = new(previous, cluster);
        chains = new(previous, cluster, classes, policies);
    }

    public ImmutableHashSet<string> LabelKeys { get; }

    public ImmutableHashSet<string> PortNames { get; }

    public void Apply(PolicyChanges changes, bool nodesChanged)
    {
        HashSet<ObjectKey> touched = [.. changes.Pods];
        foreach (string ns in changes.Namespaces)
        {
            touched.UnionWith(orphans.Where(k => k.Namespace == ns));
            foreach (PodClass one in classes.OfNamespace(ns))
            {
                chains.MarkDirty(classes.Refresh(one));
                dirtyClasses.Add(one.Key);
                if (!cluster.Namespaces.ContainsKey(ns))
                {
                    touched.UnionWith(one.Members);
                }
            }
        }

        foreach (ObjectKey key in changes.Policies)
        {
            Apply(key, cluster.Policies.GetValueOrDefault(key));
        }

        foreach (ObjectKey key in touched)
        {
            Apply(key, Known(key));
        }

        foreach (string key in dirtyClasses)
        {
            Reassign(key);
        }

        if (nodesChanged)
        {
            chains.MarkNodesDirty();
        }

        if (changedPods.Count > 0)
        {
            chains.MarkAddressesDirty();
        }

        chains.RebuildDirty();
    }

    public PolicyPlan Finish(ImmutableHashSet<string> labelKeys, ImmutableHashSet<string> portNames, ImmutableArray<Layout.MapElement> guards, bool isAll) => new()
    {
        LabelKeys = labelKeys,
        PortNames = portNames,
        Policies = policies.ToImmutable(),
        Subjects = subjects.ToImmutable(),
        Pods = pods.ToImmutable(),
        Claims = claims.ToImmutable(),
        Orphans = orphans.ToImmutable(),
        Classes = classes.All.ToImmutable(),
        ClassNumbers = classes.Numbers.ToImmutable(),
        ClassesOfNamespace = classes.Namespaces.ToImmutable(),
        Groups = classes.Groups.ToImmutable(),
        GroupsOfNamespace = classes.GroupsOfNamespace.ToImmutable(),
        Chains = chains.All.ToImmutable(),
        ChainsOfPolicy = chains.OfPolicy.ToImmutable(),
        Guards = guards,
        Changed = isAll ? null : ([.. changedPods], [.. chains.Changed]),
    };

    /// <summary>A policy came, changed or went.</summary>
    private void Apply(ObjectKey key, PolicyState? after)
    {
        if (policies.TryGetValue(key, out PolicyState? before))
        {
            Remove(subjects, PlaceOf(before), key);
            foreach (string chain in chains.OfPolicy.GetValueOrDefault(key, []))
            {
                dirtyClasses.UnionWith(chains.All[chain].Users);
                chains.MarkDirty(chain);
            }
        }

        if (after is null)
        {
            policies.Remove(key);
            return;
        }

        policies[key] = after;
        Add(subjects, PlaceOf(after), key);
        foreach (PodClass one in after.Subject.Namespace is { } ns ? classes.OfNamespace(ns) : classes.All.Values)
        {
            if (one.LocalMembers > 0 && Selects(after, one))
            {
                dirtyClasses.Add(one.Key);
            }
        }
    }

    private PodState? Known(ObjectKey key)
    {
        PodState? pod = cluster.Pods.GetValueOrDefault(key);
        if (pod is not null && !cluster.Namespaces.ContainsKey(key.Namespace))
        {
            // Which selectors mean its namespace can't be said: it stays unknown to all, which keeps it out.
            orphans.Add(key);
            return null;
        }

        orphans.Remove(key);
        return pod is { Addresses.IsEmpty: false } ? pod : null;
    }

    /// <summary>A pod came, changed or went.</summary>
    private void Apply(ObjectKey key, PodState? pod)
    {
        PlannedPod? before = pods.GetValueOrDefault(key);
        if (pod is null && before is null)
        {
            return;
        }

        changedPods.Add(key);
        string? group = pod is null ? null : PodClasses.KeyOf(pod, LabelKeys, PortNames);
        bool local = pod?.NodeName == nodeName;
        if (before is not null && (before.Class != group || before.IsLocal != local))
        {
            Leave(key, before);
        }

        if (pod is not null && (before is null || before.Class != group || before.IsLocal != local))
        {
            chains.MarkDirty(classes.Join(group!, pod, local, LabelKeys, PortNames));
            if (local && classes.All[group!].LocalMembers == 1)
            {
                dirtyClasses.Add(group!);
            }
        }

        if (pod is null)
        {
            pods.Remove(key);
        }
        else
        {
            pods[key] = new(group!, pod.Addresses, before?.Addresses ?? [], local);
        }

        Claim(key, before?.Told ?? [], pod?.Addresses ?? []);
    }

    private void Leave(ObjectKey key, PlannedPod before)
    {
        chains.MarkDirty(classes.Leave(before.Class, key, before.IsLocal, out PodClass left));
        if (before.IsLocal && left.LocalMembers == 0)
        {
            chains.Release(left.IngressChain, left.Key);
            chains.Release(left.EgressChain, left.Key);
            classes.Assign(left.Key, null, null);
        }
    }

    /// <summary>Gives a class the chains of the policies that select it.</summary>
    private void Reassign(string key)
    {
        if (!classes.All.TryGetValue(key, out PodClass? one) || one.LocalMembers == 0)
        {
            return;
        }

        List<PolicyState> selecting = [.. Candidates(one).Select(k => policies[k]).Where(p => Selects(p, one)).OrderBy(p => p.Key)];
        string? ingress = chains.Acquire(ingress: true, selecting, one);
        string? egress = chains.Acquire(ingress: false, selecting, one);
        if (ingress == one.IngressChain && egress == one.EgressChain)
        {
            return;
        }

        chains.Release(one.IngressChain == ingress ? null : one.IngressChain, key);
        chains.Release(one.EgressChain == egress ? null : one.EgressChain, key);
        classes.Assign(key, ingress, egress);
        changedPods.UnionWith(one.Members);
    }

    private IEnumerable<ObjectKey> Candidates(PodClass one)
    {
        foreach (string ns in (string[])[one.Namespace, ""])
        {
            foreach (ObjectKey key in subjects.GetValueOrDefault(new(ns, "", ""), []))
            {
                yield return key;
            }

            foreach ((string label, string value) in one.Labels)
            {
                foreach (ObjectKey key in subjects.GetValueOrDefault(new(ns, label, value), []))
                {
                    yield return key;
                }
            }
        }
    }

    private bool Selects(PolicyState policy, PodClass one) => policy.Subject.Matches(one.Namespace, cluster.LabelsOf(one.Namespace), one.Labels);

    private static SubjectPlace PlaceOf(PolicyState policy)
    {
        (string label, string value) = policy.Subject.Pods.Anchor ?? ("", "");
        return new(policy.Subject.Namespace ?? "", label, value);
    }

    /// <summary>Tells of a pod's addresses. One that several tell of belongs to the one with the highest rank.</summary>
    private void Claim(ObjectKey key, ImmutableArray<NetAddress> before, ImmutableArray<NetAddress> after)
    {
        HashSet<ObjectKey> concerned = [key];
        foreach (NetAddress address in after)
        {
            ImmutableArray<ObjectKey> tellers = claims.GetValueOrDefault(address, []);
            concerned.UnionWith(tellers);
            claims[address] = tellers.Contains(key) ? tellers : tellers.Add(key);
        }

        foreach (NetAddress address in before.Except(after))
        {
            ImmutableArray<ObjectKey> tellers = claims[address].Remove(key);
            concerned.UnionWith(tellers);
            if (tellers.IsEmpty)
            {
                claims.Remove(address);
            }
            else
            {
                claims[address] = tellers;
            }
        }

        foreach (ObjectKey one in concerned)
        {
            Settle(one);
        }
    }

    private void Settle(ObjectKey key)
    {
        if (pods.TryGetValue(key, out PlannedPod? pod))
        {
            ImmutableArray<NetAddress> own = [.. pod.Told.Where(a => Owner(a) == key)];
            if (!own.SequenceEqual(pod.Addresses))
            {
                pods[key] = pod with { Addresses = own };
                changedPods.Add(key);
            }
        }
    }

    private ObjectKey Owner(NetAddress address)
    {
        ImmutableArray<ObjectKey> tellers = claims[address];
        return tellers.Length == 1 ? tellers[0] : tellers.MaxBy(k => (cluster.Pods.GetValueOrDefault(k)?.Rank ?? long.MinValue, k));
    }

    private static void Add(ImmutableDictionary<SubjectPlace, ImmutableHashSet<ObjectKey>>.Builder index, SubjectPlace place, ObjectKey key) =>
        index[place] = index.GetValueOrDefault(place, []).Add(key);

    private static void Remove(ImmutableDictionary<SubjectPlace, ImmutableHashSet<ObjectKey>>.Builder index, SubjectPlace place, ObjectKey key)
    {
        ImmutableHashSet<ObjectKey> left = index[place].Remove(key);
        if (left.IsEmpty)
        {
            index.Remove(place);
        }
        else
        {
            index[place] = left;
        }
    }
}
