using System.Collections.Immutable;
using System.Text;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>The classes of a plan in the making, and the groups of classes that peers mean.</summary>
internal sealed class PodClasses(PolicyPlan previous, ClusterState cluster)
{
    /// <summary>Groups that may mean pods of any namespace.</summary>
    private const string AnyNamespace = "";

    public ImmutableDictionary<string, PodClass>.Builder All { get; } = previous.Classes.ToBuilder();

    public ImmutableDictionary<uint, string>.Builder Numbers { get; } = previous.ClassNumbers.ToBuilder();

    public ImmutableDictionary<string, ImmutableHashSet<string>>.Builder Namespaces { get; } = previous.ClassesOfNamespace.ToBuilder();

    public ImmutableDictionary<PodSelection, PeerGroup>.Builder Groups { get; } = previous.Groups.ToBuilder();

    public ImmutableDictionary<string, ImmutableHashSet<PodSelection>>.Builder GroupsOfNamespace { get; } = previous.GroupsOfNamespace.ToBuilder();

    public IEnumerable<PodClass> OfNamespace(string ns) => Namespaces.GetValueOrDefault(ns, []).Select(k => All[k]);

    public PodClass Of(uint number) => All[Numbers[number]];

    /// <summary>What a pod's class is known by: its namespace, and what policies look at of its labels and ports.</summary>
    public static string KeyOf(PodState pod, ImmutableHashSet<string> labelKeys, ImmutableHashSet<string> portNames)
    {
        StringBuilder key = new(pod.Key.Namespace);
        foreach ((string label, string value) in pod.Labels.Where(l => labelKeys.Contains(l.Key)).OrderBy(l => l.Key, StringComparer.Ordinal))
        {
            key.Append('\n').Append(label).Append('=').Append(value);
        }

        foreach (NamedPort port in Relevant(pod, portNames))
        {
            key.Append('\n').Append(port.Name).Append(':').Append(port.Protocol).Append(port.Port);
        }

        return key.ToString();
    }

    /// <summary>A pod comes into a class; gives the chains that look at a group which the class is new in.</summary>
    public IReadOnlyCollection<string> Join(string key, PodState pod, bool local, ImmutableHashSet<string> labelKeys, ImmutableHashSet<string> portNames)
    {
        if (All.TryGetValue(key, out PodClass? known))
        {
            All[key] = known with { Members = known.Members.Add(pod.Key), LocalMembers = known.LocalMembers + (local ? 1 : 0) };
            return [];
        }

        PodClass added = new()
        {
            Key = key,
            Number = FreeNumber(key),
            Namespace = pod.Key.Namespace,
            Labels = pod.Labels.Where(l => labelKeys.Contains(l.Key)).ToDictionary(),
            Ports = Relevant(pod, portNames),
            Members = [pod.Key],
            LocalMembers = local ? 1 : 0,
        };
        All[key] = added;
        Numbers[added.Number] = key;
        Namespaces[added.Namespace] = Namespaces.GetValueOrDefault(added.Namespace, []).Add(key);
        return Refresh(added);
    }

    /// <summary>A pod leaves its class; gives the chains that look at a group which the class was the last pod's in.</summary>
    public IReadOnlyCollection<string> Leave(string key, ObjectKey pod, bool local, out PodClass left)
    {
        PodClass known = All[key];
        left = known with { Members = known.Members.Remove(pod), LocalMembers = known.LocalMembers - (local ? 1 : 0) };
        All[key] = left;
        if (!left.Members.IsEmpty)
        {
            return [];
        }

        HashSet<string> users = [];
        foreach (PodSelection selection in CandidateGroups(left.Namespace))
        {
            Put(selection, left.Number, isMember: false, users);
        }

        All.Remove(key);
        Numbers.Remove(left.Number);
        ImmutableHashSet<string> others = Namespaces[left.Namespace].Remove(key);
        if (others.IsEmpty)
        {
            Namespaces.Remove(left.Namespace);
        }
        else
        {
            Namespaces[left.Namespace] = others;
        }

        return users;
    }

    /// <summary>Asks again which groups a class is in; gives the chains that look at those where that changed.</summary>
    public IReadOnlyCollection<string> Refresh(PodClass one)
    {
        HashSet<string> users = [];
        IReadOnlyDictionary<string, string> namespaceLabels = cluster.LabelsOf(one.Namespace);
        foreach (PodSelection selection in CandidateGroups(one.Namespace))
        {
            Put(selection, one.Number, cluster.Namespaces.ContainsKey(one.Namespace) && selection.Matches(one.Namespace, namespaceLabels, one.Labels), users);
        }

        return users;
    }

    public void Assign(string key, string? ingressChain, string? egressChain)
    {
        if (All.TryGetValue(key, out PodClass? one))
        {
            All[key] = one with { IngressChain = ingressChain, EgressChain = egressChain };
        }
    }

    /// <summary>The numbers of the classes that a selection means, for a chain that looks at it from now on.</summary>
    public ImmutableHashSet<uint> Members(PodSelection selection, string user)
    {
        if (!Groups.TryGetValue(selection, out PeerGroup? group))
        {
            IEnumerable<PodClass> candidates = selection.Namespace is { } ns ? OfNamespace(ns) : All.Values;
            group = new(
                [.. candidates.Where(c => cluster.Namespaces.TryGetValue(c.Namespace, out IReadOnlyDictionary<string, string>? labels)
                    && selection.Matches(c.Namespace, labels, c.Labels)).Select(c => c.Number)],
                []);
            string place = selection.Namespace ?? AnyNamespace;
            GroupsOfNamespace[place] = GroupsOfNamespace.GetValueOrDefault(place, []).Add(selection);
        }

        Groups[selection] = group with { Users = group.Users.Add(user) };
        return group.Members;
    }

    /// <summary>A chain looks at a group no more.</summary>
    public void Leave(PodSelection selection, string user)
    {
        PeerGroup group = Groups[selection] with { Users = Groups[selection].Users.Remove(user) };
        if (!group.Users.IsEmpty)
        {
            Groups[selection] = group;
            return;
        }

        Groups.Remove(selection);
        string place = selection.Namespace ?? AnyNamespace;
        ImmutableHashSet<PodSelection> left = GroupsOfNamespace[place].Remove(selection);
        if (left.IsEmpty)
        {
            GroupsOfNamespace.Remove(place);
        }
        else
        {
            GroupsOfNamespace[place] = left;
        }
    }

    private IEnumerable<PodSelection> CandidateGroups(string ns) =>
        GroupsOfNamespace.GetValueOrDefault(ns, []).Concat(GroupsOfNamespace.GetValueOrDefault(AnyNamespace, []));

    private void Put(PodSelection selection, uint number, bool isMember, HashSet<string> users)
    {
        PeerGroup group = Groups[selection];
        if (group.Members.Contains(number) != isMember)
        {
            Groups[selection] = group with { Members = isMember ? group.Members.Add(number) : group.Members.Remove(number) };
            users.UnionWith(group.Users);
        }
    }

    private static ImmutableArray<NamedPort> Relevant(PodState pod, ImmutableHashSet<string> portNames) => pod.Ports.IsEmpty || portNames.IsEmpty
        ? []
        : [.. pod.Ports.Where(p => portNames.Contains(p.Name)).OrderBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p.Protocol).ThenBy(p => p.Port)];

    /// <summary>The same number after a restart, but where two keys share one.</summary>
    private uint FreeNumber(string key)
    {
        uint number = StableHash.Of(key);
        while (number == 0 || Numbers.ContainsKey(number))
        {
            number++;
        }

        return number;
    }
}
