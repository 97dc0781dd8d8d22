using System.Collections.Immutable;
using Fairlead.Network;

namespace Fairlead.Bench.Policies;

/// <summary>1,000 pods of one node in 50 namespaces, four apps each with five replicas; policies that each select an app and let another one in.</summary>
internal static class GeneratedPolicies
{
    public const int Namespaces = 50;
    private const int Apps = 4;
    private const int Replicas = 5;

    public static NodeSettings Settings { get; } = new() { NodeName = "n0", ClusterCidrs = [NetPrefix.Parse("10.200.0.0/16")] };

    public static ClusterState Of(int policies) => ClusterState.Empty
        .With(new NodeState { Name = "n0", Addresses = [NetAddress.Parse("10.240.0.20")], PodCidrs = [NetPrefix.Parse("10.200.0.0/16")] })
        .With(
            from ns in Enumerable.Range(0, Namespaces) from app in Enumerable.Range(0, Apps) from replica in Enumerable.Range(0, Replicas) select Pod(ns, app, replica),
            Enumerable.Range(0, Namespaces).Select(n => KeyValuePair.Create($"ns{n}", (IReadOnlyDictionary<string, string>)ImmutableDictionary<string, string>.Empty
                .Add("kubernetes.io/metadata.name", $"ns{n}").Add("team", $"t{n % 7}"))),
            Enumerable.Range(0, policies).Select(Policy));

    public static PodState Pod(int ns, int app, int replica) => new()
    {
        Key = new($"ns{ns}", $"app{app}-{replica}"),
        Labels = Labels(app),
        NodeName = "n0",
        Addresses = [Address(ns, app, replica)],
    };

    public static NetAddress Address(int ns, int app, int replica)
    {
        int number = (ns * 100) + (app * 25) + replica + 10;
        return NetAddress.Parse($"10.200.{number / 250}.{(number % 250) + 1}");
    }

    public static IReadOnlyDictionary<string, string> Labels(int app) => ImmutableDictionary<string, string>.Empty.Add("app", $"app{app}").Add("tier", $"{app % 2}").Add("pod-template-hash", "5d4f9");

    /// <summary>Nine in ten from pods of the namespace, the rest from another team's namespaces or a block of addresses; one in twenty to a range of ports.</summary>
    public static PolicyState Policy(int index)
    {
        int ns = index % Namespaces, round = index / Namespaces;
        PolicyPeer peer = (index % 20) switch
        {
            19 => new PolicyPeer.Block(NetPrefix.Parse($"172.{16 + (index % 16)}.0.0/16"), [NetPrefix.Parse($"172.{16 + (index % 16)}.7.0/24")]),
            18 => new PolicyPeer.Pods(new(null, Query("team", $"t{index % 7}"), Query("app", $"app{round % Apps}"))),
            _ => new PolicyPeer.Pods(new($"ns{ns}", LabelQuery.Everything, Query("app", $"app{(round + 1) % Apps}"))),
        };
        ushort port = (ushort)(1000 + (round * 7));
        return new()
        {
            Key = new($"ns{ns}", $"policy{index}"),
            Subject = new($"ns{ns}", LabelQuery.Everything, Query("app", $"app{round % Apps}")),
            HasIngress = true,
            Ingress = [new() { Name = "1", Peers = [peer], Ports = [new(TransportProtocol.Tcp, port, index % 20 == 7 ? (ushort)(port + 5) : port)] }],
        };
    }

    public static LabelQuery Query(string key, string value) => LabelQuery.Of(new() { MatchLabels = new Dictionary<string, string> { [key] = value } });
}
