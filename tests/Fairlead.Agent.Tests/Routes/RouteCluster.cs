using System.Globalization;
using Fairlead.Agent.Reconciling;
using Fairlead.Agent.Tests.Flows;
using Fairlead.Agent.Watching;
using Fairlead.Kernel.Route;
using Fairlead.Network;

namespace Fairlead.Agent.Tests.Routes;

/// <summary>
/// Nodes with agents, and an API that is a dictionary: what an agent commits is published as its node's annotations are, and every agent hears of every node.
/// </summary>
internal sealed class RouteCluster : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, NodeState> nodes = [];
    private readonly Dictionary<string, TestAgent> agents = [];

    public RouteCluster(int count)
    {
        Lab = new(count);
        for (int i = 0; i < count; i++)
        {
            Apply(TestCluster.Node(i.ToString(CultureInfo.InvariantCulture)));
        }
    }

    public FlowLab Lab { get; }

    public TestAgent this[string node] => agents[node];

    public NodeState Node(string name)
    {
        lock (gate)
        {
            return nodes[name];
        }
    }

    /// <summary>A node as the API would tell of it.</summary>
    public void Apply(NodeState node)
    {
        lock (gate)
        {
            nodes[node.Name] = node;
            foreach (TestAgent agent in agents.Values)
            {
                agent.Feed.Apply(node.Name, node);
            }
        }
    }

    public void Remove(string name)
    {
        lock (gate)
        {
            nodes.Remove(name);
            foreach (TestAgent agent in agents.Values)
            {
                agent.Feed.Apply(name, null);
            }
        }
    }

    /// <summary>Starts a node's agent, or starts it again with other settings.</summary>
    public TestAgent Start(string name, RoutingMode mode, Func<NodeSettings, NodeSettings>? change = null, ReconcilerOptions? options = null)
    {
        Stop(name);
        NodeSettings settings = TestCluster.Settings with { NodeName = name, Mode = mode };
        ClusterFeed feed = new(TimeProvider.System) { NodeName = name };
        TestAgent agent = new(Lab[name], change?.Invoke(settings) ?? settings, feed, options);
        agent.Committed += () => Publish(name, mode, agent.Plan);
        lock (gate)
        {
            agents[name] = agent;
            foreach (NodeState node in nodes.Values)
            {
                feed.Apply(node.Name, node);
            }
        }

        agent.Start();
        return agent;
    }

    public void Stop(string name)
    {
        TestAgent? agent;
        lock (gate)
        {
            agents.Remove(name, out agent);
        }

        agent?.Dispose();
    }

    /// <summary>Waits until every agent's kernel holds what the API says.</summary>
    public void Settle()
    {
        foreach (TestAgent agent in agents.Values)
        {
            agent.Settle();
        }
    }

    private void Publish(string name, RoutingMode mode, NodePlan plan)
    {
        lock (gate)
        {
            if (nodes.TryGetValue(name, out NodeState? node))
            {
                Apply(node with
                {
                    Mode = mode,
                    Vtep = plan.Overlays.FirstOrDefault(o => !o.IsIPv6)?.Vtep,
                    Vtep6 = plan.Overlays.FirstOrDefault(o => o.IsIPv6)?.Vtep,
                });
            }
        }
    }

    /// <summary>A node as flannel makes it, with <c>ip</c> and <c>bridge</c> alone: its end of the tunnel, and the way to these others.</summary>
    /// <returns>The node with what flannel would publish of it.</returns>
    public NodeState Flannel(int index, string mac, params NodeState[] others)
    {
        string number = index.ToString(CultureInfo.InvariantCulture);
        string name = Lab.Name($"worker-{number}");
        FlowLab.Ip("-n", name, "link", "add", "flannel.1", "address", mac, "mtu", "1450", "type", "vxlan", "id", "1", "dstport", "8472", "local", $"10.240.0.2{number}", "dev", "eth0", "nolearning");
        FlowLab.Ip("-n", name, "address", "add", $"10.200.{number}.0/32", "dev", "flannel.1");
        FlowLab.Ip("-n", name, "link", "set", "flannel.1", "up");
        foreach (NodeState other in others)
        {
            FlannelWay(index, other);
        }

        return Node($"worker-{number}") with { Vtep = new(MacAddress.Parse(mac), NetAddress.Parse($"10.240.0.2{number}")) };
    }

    /// <summary>What flannel writes when it hears of another node.</summary>
    public void FlannelWay(int index, NodeState other)
    {
        string name = $"worker-{index.ToString(CultureInfo.InvariantCulture)}";
        NetPrefix pods = other.PodCidrs[0];
        Vtep vtep = other.Vtep!.Value;
        Lab.Run(name, "ip", "neigh", "replace", pods.Address.ToString(), "lladdr", vtep.Mac.ToString(), "dev", "flannel.1", "nud", "permanent");
        Lab.Run(name, "bridge", "fdb", "replace", vtep.Mac.ToString(), "dst", vtep.Address.ToString(), "dev", "flannel.1", "self", "permanent");
        Lab.Run(name, "ip", "route", "replace", pods.ToString(), "via", pods.Address.ToString(), "dev", "flannel.1", "onlink");
    }

    public void Dispose()
    {
        foreach (string name in agents.Keys.ToArray())
        {
            Stop(name);
        }

        Lab.Dispose();
    }
}
