using Fairlead.Agent.Watching;
using Fairlead.Kernel.Conntrack;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Fairlead.Network.Tests.Policies;

namespace Fairlead.Agent.Tests.Policies;

/// <summary>The policy lab with its API objects: gives them to the agents, and says what the API promises of them.</summary>
internal sealed class PolicyBench : IDisposable
{
    private readonly List<ObjectKey> policies = [];
    private readonly ConntrackNetlink[] connections;

    public PolicyBench()
    {
        Lab = new();
        Prober = new([.. PolicyLab.Pods.Select(p => new ProbedPod(p.Name, Lab[p.Name], System.Net.IPAddress.Parse(p.Address4), System.Net.IPAddress.Parse(p.Address6)))]);
        foreach (string ns in (string[])["x", "y", "z"])
        {
            Namespaces[ns] = new() { Metadata = new() { Name = ns, Labels = new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = ns, ["ns"] = ns } } };
            ApplyNamespace(ns);
        }

        foreach (LabPod pod in PolicyLab.Pods)
        {
            SetLabels(pod.Name, new() { ["pod"] = pod.Pod });
        }

        connections = [ConntrackNetlink.Open(Lab["node-0"]), ConntrackNetlink.Open(Lab["node-1"])];
    }

    public PolicyLab Lab { get; }

    public Prober Prober { get; }

    public Dictionary<string, Namespace> Namespaces { get; } = [];

    public Dictionary<string, Pod> Pods { get; } = [];

    public PolicyCase Current { get; private set; } = new("", [], []);

    public PlainPolicies Plain => new([.. Namespaces.Values], [.. Pods.Values], Current.Policies, Current.ClusterPolicies);

    public void SetLabels(string name, Dictionary<string, string> labels)
    {
        LabPod pod = PolicyLab.Pods.First(p => p.Name == name);
        Pod made = new()
        {
            Metadata = new() { Namespace = pod.Namespace, Name = pod.Pod, Labels = labels },
            Spec = new()
            {
                NodeName = $"node-{pod.Node}",
                Containers = [.. from port in (int[])[80, 81] from protocol in (string[])["TCP", "UDP"] select new Container { Ports = [new() { Name = $"serve-{port}-{protocol.ToLowerInvariant()}", Protocol = protocol, ContainerPortValue = port }] }],
            },
            Status = new() { Phase = "Running", PodIPs = [new() { IP = pod.Address4 }, new() { IP = pod.Address6 }] },
        };
        Pods[name] = made;
        foreach (ClusterFeed feed in Lab.Feeds)
        {
            feed.Apply(made.Metadata.Key, PolicyReader.Read(
                new NetworkPod
                {
                    Metadata = made.Metadata,
                    Spec = new() { NodeName = made.Spec.NodeName, Containers = [.. made.Spec.Containers.Select(c => new NetworkContainer { Ports = c.Ports })] },
                    Status = new() { Phase = "Running", PodIPs = made.Status.PodIPs },
                },
                _ => { }));
        }
    }

    public void ApplyNamespace(string name)
    {
        foreach (ClusterFeed feed in Lab.Feeds)
        {
            feed.ApplyNamespace(name, Namespaces[name].Metadata.Labels);
        }
    }

    /// <summary>Puts the policies of a case in the place of those before.</summary>
    public void Apply(PolicyCase one, bool settle = true)
    {
        Current = one;
        List<ObjectKey> now = [.. one.Policies.Select(p => p.Metadata.Key), .. one.ClusterPolicies.Select(p => new ObjectKey("", p.Metadata.Name))];
        foreach (ClusterFeed feed in Lab.Feeds)
        {
            foreach (ObjectKey gone in policies.Except(now))
            {
                feed.Apply(gone, (PolicyState?)null);
            }

            foreach (NetworkPolicy policy in one.Policies)
            {
                feed.Apply(policy.Metadata.Key, PolicyReader.Read(policy, Report));
            }

            foreach (ClusterNetworkPolicy policy in one.ClusterPolicies)
            {
                feed.Apply(new ObjectKey("", policy.Metadata.Name), PolicyReader.Read(policy, Report));
            }
        }

        policies.Clear();
        policies.AddRange(now);
        if (settle)
        {
            Lab.Settle();
        }
    }

    /// <summary>Tries all pairs and compares with what is promised; says in what they differ.</summary>
    public IReadOnlyList<string> Differences(int seconds = 20)
    {
        PlainPolicies plain = Plain;
        HashSet<Probe> promised = [.. Prober.All.Where(p => plain.Allows($"{Prober.Address(p.From, p.IPv6)}", $"{Prober.Address(p.To, p.IPv6)}", p.Protocol, p.Port))];
        HashSet<Probe> reached = Reach(promised, seconds);
        return
        [
            .. promised.Except(reached).Select(p => $"{Current}: {p} is allowed and doesn't arrive"),
            .. reached.Except(promised).Select(p => $"{Current}: {p} is denied and arrives"),
        ];
    }

    public HashSet<Probe> Reach(IReadOnlySet<Probe> promised, int seconds = 20)
    {
        foreach (ConntrackNetlink node in connections)
        {
            node.Delete(new ConntrackFilter());
        }

        return Prober.Reach(Prober.All, promised, seconds);
    }

    private static void Report(PlanProblem problem) => Assert.Fail(problem.Message);

    public void Dispose()
    {
        foreach (ConntrackNetlink node in connections ?? [])
        {
            node.Dispose();
        }

        Prober.Dispose();
        Lab.Dispose();
    }
}
