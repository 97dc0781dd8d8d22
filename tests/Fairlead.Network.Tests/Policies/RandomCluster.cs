using System.Globalization;
using Fairlead.Kubernetes;

namespace Fairlead.Network.Tests.Policies;

/// <summary>
/// Clusters and changes by a seed: three namespaces with three pods or so, and policies of every kind of peer and port that the API has, small enough that
/// they meet often.
/// </summary>
public sealed class RandomCluster(int seed)
{
    private static readonly string[] s_namespaces = ["x", "y", "z"];
    private static readonly string[] s_pods = ["a", "b", "c", "d"];
    private readonly Random random = new(seed);

    public Dictionary<string, Namespace> Namespaces { get; } = [];

    public Dictionary<ObjectKey, Pod> Pods { get; } = [];

    public Dictionary<ObjectKey, NetworkPolicy> Policies { get; } = [];

    public Dictionary<string, ClusterNetworkPolicy> ClusterPolicies { get; } = [];

    public PlainPolicies Plain => new([.. Namespaces.Values], [.. Pods.Values], [.. Policies.Values], [.. ClusterPolicies.Values]);

    public RandomCluster Fill()
    {
        foreach (string ns in s_namespaces)
        {
            SetNamespace(ns);
            foreach (string pod in s_pods[..3])
            {
                SetPod(new(ns, pod));
            }
        }

        for (int i = random.Next(1, 6); i > 0; i--)
        {
            SetPolicy();
        }

        for (int i = random.Next(0, 3); i > 0; i--)
        {
            SetClusterPolicy();
        }

        return this;
    }

    /// <summary>One change; gives the object that it was about: a pod, a namespace or a policy.</summary>
    public (ObjectKey? Pod, string? Namespace, ObjectKey? Policy) Change()
    {
        switch (random.Next(12))
        {
            case < 3:
                ObjectKey pod = new(One(s_namespaces), One(s_pods));
                if (random.Next(4) == 0)
                {
                    Pods.Remove(pod);
                }
                else
                {
                    SetPod(pod);
                }

                return (pod, null, null);
            case 3:
                string ns = One(s_namespaces);
                SetNamespace(ns);
                return (null, ns, null);
            case < 9:
                if (Policies.Count > 0 && random.Next(4) == 0)
                {
                    ObjectKey gone = Policies.Keys.ElementAt(random.Next(Policies.Count));
                    Policies.Remove(gone);
                    return (null, null, gone);
                }

                return (null, null, SetPolicy());
            default:
                if (ClusterPolicies.Count > 0 && random.Next(4) == 0)
                {
                    string gone = ClusterPolicies.Keys.ElementAt(random.Next(ClusterPolicies.Count));
                    ClusterPolicies.Remove(gone);
                    return (null, null, new("", gone));
                }

                return (null, null, new("", SetClusterPolicy()));
        }
    }

    private void SetNamespace(string name) => Namespaces[name] = new()
    {
        Metadata = new() { Name = name, Labels = Labels(("kubernetes.io/metadata.name", name), ("team", One("red", "blue", null))) },
    };

    private void SetPod(ObjectKey key)
    {
        int host = (Array.IndexOf(s_namespaces, key.Namespace) * 4) + Array.IndexOf(s_pods, key.Name) + 10;
        Pods[key] = new()
        {
            Metadata = new() { Namespace = key.Namespace, Name = key.Name, Labels = Labels(("pod", key.Name), ("app", One("web", "db", null)), ("pod-template-hash", "5d4f")) },
            Spec = new()
            {
                NodeName = random.Next(3) == 0 ? "n1" : "n0",
                Containers =
                [
                    new() { Ports = [new() { Name = "serve", Protocol = "TCP", ContainerPortValue = One(80, 81) }, new() { Name = "dns", Protocol = "UDP", ContainerPortValue = One(80, 81) }] },
                ],
            },
            Status = new() { Phase = "Running", PodIPs = [new() { IP = $"10.200.0.{host}" }, new() { IP = $"fd00:200::{host}" }] },
        };
    }

    private ObjectKey SetPolicy()
    {
        ObjectKey key = new(One(s_namespaces), $"p{random.Next(4)}");
        string[] types = One<string[]>(["Ingress"], ["Egress"], ["Ingress", "Egress"], []);
        Policies[key] = new()
        {
            Metadata = new()
            {
                Namespace = key.Namespace,
                Name = key.Name,
                Annotations = random.Next(6) == 0 ? new Dictionary<string, string> { ["fairlead.dev/audit"] = "true" } : [],
            },
            Spec = new()
            {
                PodSelector = PodSelector(),
                PolicyTypes = types,
                Ingress = [.. Some(3, () => new NetworkPolicyIngressRule { From = [.. Some(3, Peer)], Ports = [.. Some(3, Port)] })],
                Egress = [.. Some(3, () => new NetworkPolicyEgressRule { To = [.. Some(3, Peer)], Ports = [.. Some(3, Port)] })],
            },
        };
        return key;
    }

    private string SetClusterPolicy()
    {
        string name = $"c{random.Next(3)}";
        ClusterPolicies[name] = new()
        {
            Metadata = new() { Name = name },
            Spec = new()
            {
                Tier = One("Admin", "Baseline"),
                Priority = random.Next(4),
                Subject = random.Next(2) == 0 ? new() { Namespaces = NamespaceSelector() } : new() { Pods = NamespacedPod() },
                Ingress = [.. Some(3, () => new ClusterNetworkPolicyRule { Action = One("Accept", "Deny", "Pass"), From = [ClusterPeer(ingress: true), .. Some(2, () => ClusterPeer(ingress: true))], Protocols = Protocols() })],
                Egress = [.. Some(3, () => new ClusterNetworkPolicyRule { Action = One("Accept", "Deny", "Pass"), To = [ClusterPeer(ingress: false), .. Some(2, () => ClusterPeer(ingress: false))], Protocols = Protocols() })],
            },
        };
        return name;
    }

    private NetworkPolicyPeer Peer() => random.Next(5) switch
    {
        0 => new() { PodSelector = PodSelector() },
        1 => new() { NamespaceSelector = NamespaceSelector() },
        2 => new() { PodSelector = PodSelector(), NamespaceSelector = NamespaceSelector() },
        3 => new() { IPBlock = new() { Cidr = One("10.200.0.0/28", "10.0.0.0/8", "0.0.0.0/0", "10.99.0.5/32"), Except = [.. Some(3, () => One("10.200.0.12/32", "10.200.0.8/30", "10.99.0.0/16"))] } },
        _ => new() { IPBlock = new() { Cidr = One("fd00:200::/64", "::/0"), Except = [.. Some(2, () => One("fd00:200::12/128", "fd00:200::/112"))] } },
    };

    private NetworkPolicyPort Port() => random.Next(6) switch
    {
        0 => new() { Port = One(80, 81), Protocol = One("TCP", "UDP", "SCTP", null) },
        1 => new() { Port = 80, EndPort = One(80, 81, 90), Protocol = One("TCP", "UDP", "SCTP") },
        2 => new() { Port = 79, EndPort = 80, Protocol = One("TCP", "UDP") },
        3 => new() { Protocol = One("TCP", "UDP", "SCTP") },
        4 => new() { Port = "serve", Protocol = One("TCP", "UDP") },
        _ => new() { Port = "dns", Protocol = "UDP" },
    };

    private ClusterNetworkPolicyPeer ClusterPeer(bool ingress) => random.Next(ingress ? 2 : 3) switch
    {
        0 => new() { Namespaces = NamespaceSelector() },
        1 => new() { Pods = NamespacedPod() },
        _ => new() { Networks = [One("10.200.0.0/28", "0.0.0.0/0", "10.99.0.0/16", "fd00:200::/64")] },
    };

    private ClusterNetworkPolicyProtocol[]? Protocols() => random.Next(3) == 0
        ? null
        : [.. Some(2, Protocol), Protocol()];

    private ClusterNetworkPolicyProtocol Protocol()
    {
        if (random.Next(5) == 0)
        {
            return new() { DestinationNamedPort = One("serve", "dns") };
        }

        ClusterNetworkPolicyTransport transport = new()
        {
            DestinationPort = random.Next(3) switch
            {
                0 => null,
                1 => new() { Number = One(80, 81) },
                _ => new() { Range = new() { Start = 80, End = One(81, 100) } },
            },
        };
        return One("TCP", "UDP", "SCTP") switch
        {
            "TCP" => new() { Tcp = transport },
            "UDP" => new() { Udp = transport },
            _ => new() { Sctp = transport },
        };
    }

    private NamespacedPod NamespacedPod() => new() { NamespaceSelector = NamespaceSelector(), PodSelector = PodSelector() };

    private LabelSelector PodSelector() => random.Next(6) switch
    {
        0 => new(),
        1 => Expression("pod", "In", One(s_pods), One(s_pods)),
        2 => Expression("app", One("NotIn"), "web"),
        3 => Expression("app", One("Exists", "DoesNotExist")),
        4 => new() { MatchLabels = Labels(("app", One("web", "db"))) },
        _ => new() { MatchLabels = Labels(("pod", One(s_pods))) },
    };

    private LabelSelector NamespaceSelector() => random.Next(5) switch
    {
        0 => new(),
        1 => Expression("team", One("Exists", "DoesNotExist")),
        2 => Expression("kubernetes.io/metadata.name", One("In", "NotIn"), One(s_namespaces), One(s_namespaces)),
        3 => new() { MatchLabels = Labels(("kubernetes.io/metadata.name", One(s_namespaces))) },
        _ => new() { MatchLabels = Labels(("team", One("red", "blue"))) },
    };

    private static LabelSelector Expression(string key, string @operator, params string[] values) =>
        new() { MatchExpressions = [new() { Key = key, Operator = @operator, Values = [.. values.Distinct()] }] };

    private static Dictionary<string, string> Labels(params (string Key, string? Value)[] labels) =>
        labels.Where(l => l.Value is not null).ToDictionary(l => l.Key, l => l.Value!);

    private List<T> Some<T>(int below, Func<T> make) => [.. Enumerable.Range(0, random.Next(below)).Select(_ => make())];

    private T One<T>(params T[] choices) => choices[random.Next(choices.Length)];

    public override string ToString() => string.Join('\n', Policies.Values.Select(p => System.Text.Json.JsonSerializer.Serialize(p, KubernetesJson.TypeInfo<NetworkPolicy>()))
        .Concat(ClusterPolicies.Values.Select(p => System.Text.Json.JsonSerializer.Serialize(p, KubernetesJson.TypeInfo<ClusterNetworkPolicy>())))
        .Concat(Pods.Values.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Metadata.Key} {p.Status.PodIPs[0].IP} {p.Spec.NodeName} {string.Join(',', p.Metadata.Labels.Select(l => $"{l.Key}={l.Value}"))} {string.Join(',', p.Spec.Containers[0].Ports.Select(o => $"{o.Name}={o.ContainerPortValue}"))}"))));
}
