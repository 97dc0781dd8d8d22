using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>The chains of a plan in the making: one for each direction and combination of policies that pods of this node are under.</summary>
internal sealed class PolicyChains(
    PolicyPlan previous, ClusterState cluster, PodClasses classes, IReadOnlyDictionary<ObjectKey, PolicyState> policies)
{
    private readonly HashSet<string> dirty = [];

    public ImmutableDictionary<string, PolicyChain>.Builder All { get; } = previous.Chains.ToBuilder();

    public ImmutableDictionary<ObjectKey, ImmutableHashSet<string>>.Builder OfPolicy { get; } = previous.ChainsOfPolicy.ToBuilder();

    /// <summary>The chains that came, changed or went.</summary>
    public HashSet<string> Changed { get; } = [];

    public void MarkDirty(string chain) => dirty.Add(chain);

    public void MarkDirty(IEnumerable<string> chains) => dirty.UnionWith(chains);

    public void MarkAddressesDirty() => dirty.UnionWith(All.Values.Where(c => c.NamesAddresses).Select(c => c.Name));

    public void MarkNodesDirty() => dirty.UnionWith(All.Values.Where(c => c.NamesNodes).Select(c => c.Name));

    /// <summary>The chain of the policies that select a class and speak of a direction; null if none does.</summary>
    public string? Acquire(bool ingress, IReadOnlyList<PolicyState> selecting, PodClass user)
    {
        ImmutableArray<ObjectKey> keys = [.. selecting.Where(p => p.Speaks(ingress)).Select(p => p.Key)];
        if (keys.IsEmpty)
        {
            return null;
        }

        HashSet<string> names = ingress
            ? [.. selecting.SelectMany(p => p.Rules(ingress: true)).SelectMany(r => r.Ports.IsDefault ? [] : r.Ports).Select(p => p.Name).OfType<string>()]
            : [];
        ImmutableArray<NamedPort> ports = [.. user.Ports.Where(p => names.Contains(p.Name))];
        string key = $"{(ingress ? "in" : "out")} {string.Join(' ', keys)} {string.Join(' ', ports)}";
        string name = NameOf(ingress, key);
        if (!All.TryGetValue(name, out PolicyChain? chain))
        {
            chain = new() { Name = name, Key = key, IsIngress = ingress, Policies = keys, Ports = ports };
            dirty.Add(name);
            foreach (ObjectKey policy in keys)
            {
                OfPolicy[policy] = OfPolicy.GetValueOrDefault(policy, []).Add(name);
            }
        }

        All[name] = chain with { Users = chain.Users.Add(user.Key) };
        return name;
    }

    /// <summary>A class uses the chain no more; null: it used none.</summary>
    public void Release(string? name, string user)
    {
        if (name is null)
        {
            return;
        }

        PolicyChain chain = All[name] with { Users = All[name].Users.Remove(user) };
        if (!chain.Users.IsEmpty)
        {
            All[name] = chain;
            return;
        }

        All.Remove(name);
        Changed.Add(name);
        foreach (PodSelection group in chain.Groups)
        {
            classes.Leave(group, name);
        }

        foreach (ObjectKey policy in chain.Policies)
        {
            ImmutableHashSet<string> left = OfPolicy[policy].Remove(name);
            if (left.IsEmpty)
            {
                OfPolicy.Remove(policy);
            }
            else
            {
                OfPolicy[policy] = left;
            }
        }
    }

    /// <summary>Says again what the dirty chains hold.</summary>
    public void RebuildDirty()
    {
        foreach (string name in dirty)
        {
            if (All.TryGetValue(name, out PolicyChain? chain))
            {
                PolicyChain built = PolicyChainBuilder.Build(chain, policies, classes, cluster);
                foreach (PodSelection gone in chain.Groups.Except(built.Groups))
                {
                    classes.Leave(gone, name);
                }

                All[name] = built;
                Changed.Add(name);
            }
        }
    }

    /// <summary>The same name on every node and after every restart.</summary>
    private string NameOf(bool ingress, string key)
    {
        string name = (ingress ? "in-" : "out-") + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 8));
        while (All.TryGetValue(name, out PolicyChain? other) && other.Key != key)
        {
            name += "x";
        }

        return name;
    }
}
