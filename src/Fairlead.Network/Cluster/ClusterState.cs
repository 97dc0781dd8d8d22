using System.Collections.Immutable;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>The cluster's objects at one moment: a snapshot that shares all that did not change with the one before.</summary>
public sealed class ClusterState
{
    private ClusterState()
    {
    }

    /// <summary>Nothing.</summary>
    public static ClusterState Empty { get; } = new();

    /// <summary>Nodes by name.</summary>
    public ImmutableDictionary<string, NodeState> Nodes { get; private init; } = ImmutableDictionary<string, NodeState>.Empty;

    /// <summary>Services by namespace and name.</summary>
    public ImmutableDictionary<ObjectKey, ServiceState> Services { get; private init; } = ImmutableDictionary<ObjectKey, ServiceState>.Empty;

    /// <summary>Endpoint slices by the Service they belong to, in order of their names.</summary>
    public ImmutableDictionary<ObjectKey, ImmutableArray<EndpointSliceState>> Slices { get; private init; } =
        ImmutableDictionary<ObjectKey, ImmutableArray<EndpointSliceState>>.Empty;

    /// <summary>Ranges from which cluster IPs are taken (ServiceCIDR objects).</summary>
    public ImmutableArray<NetPrefix> ServiceCidrs { get; private init; } = [];

    /// <summary>Pods by namespace and name.</summary>
    public ImmutableDictionary<ObjectKey, PodState> Pods { get; private init; } = ImmutableDictionary<ObjectKey, PodState>.Empty;

    /// <summary>The labels of namespaces, by name.</summary>
    public ImmutableDictionary<string, IReadOnlyDictionary<string, string>> Namespaces { get; private init; } =
        ImmutableDictionary<string, IReadOnlyDictionary<string, string>>.Empty;

    /// <summary>NetworkPolicies by namespace and name, ClusterNetworkPolicies by name.</summary>
    public ImmutableDictionary<ObjectKey, PolicyState> Policies { get; private init; } = ImmutableDictionary<ObjectKey, PolicyState>.Empty;

    /// <summary>To where pods' packets keep their own address, beside what the agent is told; null: the cluster says nothing of it.</summary>
    public MasqueradeExceptions? Masquerade { get; private set; }

    /// <summary>Many objects at once, without the cost of a snapshot for each.</summary>
    public static ClusterState Create(IEnumerable<NodeState> nodes, IEnumerable<ServiceState> services, IEnumerable<EndpointSliceState> slices)
    {
        return new()
        {
            Nodes = nodes.ToImmutableDictionary(n => n.Name),
            Services = services.ToImmutableDictionary(s => s.Key),
            Slices = slices.GroupBy(s => s.Service)
                .ToImmutableDictionary(g => g.Key, g => g.OrderBy(s => s.Key).ToImmutableArray()),
        };
    }

    /// <summary>With one node added or replaced.</summary>
    public ClusterState With(NodeState node) => Copy(nodes: Nodes.SetItem(node.Name, node));

    /// <summary>Without a node.</summary>
    public ClusterState WithoutNode(string name) => Copy(nodes: Nodes.Remove(name));

    /// <summary>With one Service added or replaced.</summary>
    public ClusterState With(ServiceState service) => Copy(services: Services.SetItem(service.Key, service));

    /// <summary>Without a Service.</summary>
    public ClusterState WithoutService(ObjectKey key) => Copy(services: Services.Remove(key));

    /// <summary>With one endpoint slice added or replaced.</summary>
    public ClusterState With(EndpointSliceState slice)
    {
        ImmutableArray<EndpointSliceState> siblings = Slices.GetValueOrDefault(slice.Service, []);
        int index = 0;
        while (index < siblings.Length && siblings[index].Key < slice.Key)
        {
            index++;
        }

        siblings = index < siblings.Length && siblings[index].Key == slice.Key
            ? siblings.SetItem(index, slice)
            : siblings.Insert(index, slice);
        return Copy(slices: Slices.SetItem(slice.Service, siblings));
    }

    /// <summary>Without an endpoint slice of a Service.</summary>
    public ClusterState WithoutSlice(ObjectKey service, ObjectKey slice)
    {
        if (!Slices.TryGetValue(service, out ImmutableArray<EndpointSliceState> siblings))
        {
            return this;
        }

        siblings = siblings.RemoveAll(s => s.Key == slice);
        return Copy(slices: siblings.IsEmpty ? Slices.Remove(service) : Slices.SetItem(service, siblings));
    }

    /// <summary>With the ranges of cluster IPs.</summary>
    public ClusterState WithServiceCidrs(ImmutableArray<NetPrefix> cidrs) => Copy(serviceCidrs: cidrs);

    /// <summary>With one pod added or replaced.</summary>
    public ClusterState With(PodState pod) => Copy(pods: Pods.SetItem(pod.Key, pod));

    /// <summary>Without a pod.</summary>
    public ClusterState WithoutPod(ObjectKey key) => Copy(pods: Pods.Remove(key));

    /// <summary>With a namespace's labels; null: without the namespace.</summary>
    public ClusterState WithNamespace(string name, IReadOnlyDictionary<string, string>? labels) =>
        Copy(namespaces: labels is null ? Namespaces.Remove(name) : Namespaces.SetItem(name, labels));

    /// <summary>With one policy added or replaced.</summary>
    public ClusterState With(PolicyState policy) => Copy(policies: Policies.SetItem(policy.Key, policy));

    /// <summary>Without a policy.</summary>
    public ClusterState WithoutPolicy(ObjectKey key) => Copy(policies: Policies.Remove(key));

    /// <summary>With many pods, namespaces and policies at once, without the cost of a snapshot for each.</summary>
    public ClusterState With(IEnumerable<PodState> pods, IEnumerable<KeyValuePair<string, IReadOnlyDictionary<string, string>>> namespaces, IEnumerable<PolicyState> policies) => Copy(
        pods: Pods.SetItems(pods.Select(p => KeyValuePair.Create(p.Key, p))),
        namespaces: Namespaces.SetItems(namespaces),
        policies: Policies.SetItems(policies.Select(p => KeyValuePair.Create(p.Key, p))));

    /// <summary>The labels of a namespace; none if it isn't known (yet).</summary>
    public IReadOnlyDictionary<string, string> LabelsOf(string ns) => Namespaces.GetValueOrDefault(ns) ?? ImmutableDictionary<string, string>.Empty;

    /// <summary>With what the cluster says of masquerade.</summary>
    public ClusterState With(MasqueradeExceptions? exceptions)
    {
        ClusterState copy = Copy();
        copy.Masquerade = exceptions;
        return copy;
    }

    private ClusterState Copy(
        ImmutableDictionary<string, NodeState>? nodes = null,
        ImmutableDictionary<ObjectKey, ServiceState>? services = null,
        ImmutableDictionary<ObjectKey, ImmutableArray<EndpointSliceState>>? slices = null,
        ImmutableArray<NetPrefix>? serviceCidrs = null,
        ImmutableDictionary<ObjectKey, PodState>? pods = null,
        ImmutableDictionary<string, IReadOnlyDictionary<string, string>>? namespaces = null,
        ImmutableDictionary<ObjectKey, PolicyState>? policies = null) => new()
        {
            Nodes = nodes ?? Nodes,
            Services = services ?? Services,
            Slices = slices ?? Slices,
            ServiceCidrs = serviceCidrs ?? ServiceCidrs,
            Pods = pods ?? Pods,
            Namespaces = namespaces ?? Namespaces,
            Policies = policies ?? Policies,
            Masquerade = Masquerade,
        };
}
