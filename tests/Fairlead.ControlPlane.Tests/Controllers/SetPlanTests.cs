using Fairlead.ControlPlane.Controllers.DaemonSets;
using Fairlead.ControlPlane.Controllers.Disruption;
using Fairlead.ControlPlane.Controllers.Endpoints;
using Fairlead.ControlPlane.Controllers.Revisions;
using Fairlead.ControlPlane.Controllers.StatefulSets;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers;

public class SetPlanTests
{
    [Theory] //  replicas policy      pods: ordinal, state (r ready, u unready, d deleting, f failed), revision    create  delete
    [InlineData(3, "OrderedReady", "", "0", "")]
    [InlineData(3, "OrderedReady", "0rb", "1", "")]
    [InlineData(3, "OrderedReady", "0rb 1ub", "", "")]
    [InlineData(3, "OrderedReady", "0rb 2rb", "1", "")]
    [InlineData(3, "OrderedReady", "0db 1rb 2rb", "", "")]
    [InlineData(3, "OrderedReady", "0rb 1fb 2rb", "", "1")]
    [InlineData(1, "OrderedReady", "0rb 1rb 2rb", "", "2")]
    [InlineData(1, "OrderedReady", "0rb 1rb 2db", "", "")]
    [InlineData(3, "Parallel", "", "0 1 2", "")]
    [InlineData(1, "Parallel", "0rb 1rb 2rb", "", "2 1")]
    [InlineData(3, "OrderedReady", "0ra 1ra 2ra", "", "2")]
    [InlineData(3, "OrderedReady", "0ra 1ra 2ub", "", "")]
    [InlineData(3, "OrderedReady", "0ra 1ra 2rb", "", "1")]
    [InlineData(3, "OrderedReady", "0rb 1rb 2rb", "", "")]
    public void A_stateful_set_goes_next_to(int replicas, string policy, string pods, string create, string delete)
    {
        StatefulSet set = new()
        {
            Metadata = new ObjectMeta { Name = "db", Namespace = "default", Uid = "uid-db" },
            Spec = new StatefulSetSpec { Replicas = replicas, PodManagementPolicy = policy, ServiceName = "db", Template = Make.Template() },
        };
        Pod[] owned = [.. pods.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => Revisioned(Make.Pod($"db-{text[0]}", ready: text[1] == 'r', phase: text[1] == 'f' ? "Failed" : "Running", deleting: text[1] == 'd'), text[2..]))];

        StatefulSetPlan plan = StatefulSetPlan.Make(set, owned, "a", "b", pod => pod.Metadata.IsDeleting, Make.Now);

        Assert.Equal(create, string.Join(' ', plan.Create.Select(entry => entry.Ordinal)));
        Assert.Equal(delete, string.Join(' ', plan.Delete.Select(pod => pod.Metadata.Name[3..])));
    }

    [Theory] //  strategy     pods per node a, b, c: state and revision, - for none                  create   delete
    [InlineData("1", "0", "- - -", "a b c", "")]
    [InlineData("1", "0", "ry ry ry", "", "")]
    [InlineData("1", "0", "rx rx rx", "", "a")]
    [InlineData("2", "0", "rx rx rx", "", "a b")]
    [InlineData("1", "0", "ux rx rx", "", "a")]
    [InlineData("1", "0", "dx rx rx", "", "")]
    [InlineData("0", "1", "rx rx rx", "a", "")]
    [InlineData("0", "1", "rx+uy rx rx", "", "")]
    [InlineData("0", "1", "rx+ry rx rx", "", "a")]
    [InlineData("1", "0", "fy ry ry", "a", "a")]
    public void A_daemon_set_goes_next_to(string missing, string surge, string pods, string create, string delete)
    {
        DaemonSet set = new()
        {
            Metadata = new ObjectMeta { Name = "agent", Namespace = "default", Uid = "uid-agent" },
            Spec = new DaemonSetSpec
            {
                Template = Make.Template(),
                UpdateStrategy = new DaemonSetUpdateStrategy { Type = "RollingUpdate", RollingUpdate = new RollingUpdateDaemonSet { MaxUnavailable = int.Parse(missing, null), MaxSurge = int.Parse(surge, null) } },
            },
        };
        string[] names = ["a", "b", "c"];
        List<Pod> owned = [];
        foreach ((string node, string states) in names.Zip(pods.Split(' ')))
        {
            owned.AddRange(states.Split('+').Where(state => state != "-").Select(state =>
                Revisioned(Make.Pod($"{node}-{state}", node: node, ready: state[0] == 'r', phase: state[0] == 'f' ? "Failed" : "Running", deleting: state[0] == 'd'), state[1..])));
        }

        DaemonSetPlan plan = DaemonSetPlan.Make(set, [.. names.Select(name => Make.Node(name))], owned, "y", pod => pod.Metadata.IsDeleting, Make.Now);

        Assert.Equal(create, string.Join(' ', plan.Create));
        Assert.Equal(delete, string.Join(' ', plan.Delete.Select(pod => pod.Spec.NodeName)));
        Assert.Equal(3, plan.Status.DesiredNumberScheduled);
    }

    [Fact]
    public void A_daemon_stays_on_a_node_that_is_not_ready_and_leaves_one_that_is_not_its_own()
    {
        DaemonSet set = new() { Metadata = new ObjectMeta { Name = "agent" }, Spec = new DaemonSetSpec { Template = Make.Template() } };
        Node unready = Make.Node("a", "", "False", new Taint { Key = "node.kubernetes.io/not-ready", Effect = "NoSchedule" }, new Taint { Key = "node.kubernetes.io/not-ready", Effect = "NoExecute" });
        Node tainted = Make.Node("b", "", "True", new Taint { Key = "dedicated", Effect = "NoSchedule" });
        Node hostile = Make.Node("c", "", "True", new Taint { Key = "dedicated", Effect = "NoExecute" });

        Assert.Equal((false, true), DaemonPlacement.Judge(set, unready));
        Assert.Equal((false, true), DaemonPlacement.Judge(set, tainted));
        Assert.Equal((false, false), DaemonPlacement.Judge(set, hostile));
    }

    [Theory] //  budget            pods: h healthy, u not; owner wants 4         allowed  desired
    [InlineData("min=2", "hhh", 1, 2)]
    [InlineData("min=50%", "hhhh", 2, 2)]
    [InlineData("max=1", "hhhh", 1, 3)]
    [InlineData("max=1", "hhhu", 0, 3)]
    [InlineData("max=1", "hhh", 0, 3)]
    [InlineData("max=25%", "hhhh", 1, 3)]
    public void A_budget_allows(string budget, string pods, int allowed, int desired)
    {
        string[] parts = budget.Split('=');
        IntOrString amount = int.TryParse(parts[1], out int number) ? number : parts[1];
        PodDisruptionBudget item = new()
        {
            Metadata = new ObjectMeta { Name = "b", Namespace = "default" },
            Spec = parts[0] == "min" ? new PodDisruptionBudgetSpec { MinAvailable = amount } : new PodDisruptionBudgetSpec { MaxUnavailable = amount },
        };
        Pod[] all = [.. pods.Select((state, i) => Make.Pod($"p{i}", ready: state == 'h', owner: "set"))];

        PodDisruptionBudgetStatus status = DisruptionPlan.Make(item, all, _ => 4, Make.Now).Status;

        Assert.Equal((allowed, desired), (status.DisruptionsAllowed, status.DesiredHealthy));
    }

    [Fact]
    public void Old_endpoints_are_grouped_by_their_ports()
    {
        Service service = new() { Spec = new ServiceSpec { Selector = Make.Labels("app=web"), IPFamilies = ["IPv4"], Ports = [new ServicePort { Port = 80, TargetPort = 8080, Protocol = "TCP" }] } };

        EndpointsSubset subset = EndpointsPlan.Subsets(service, [Make.Pod("b", ip: "10.200.0.3"), Make.Pod("a", ready: true, ip: "10.200.0.2"), Make.Pod("c", ready: true, ip: "10.200.0.4", deleting: true)]).Single();

        Assert.Equal(("10.200.0.2", "10.200.0.3", 8080), (subset.Addresses.Single().IP, subset.NotReadyAddresses.Single().IP, subset.Ports.Single().Port));
    }

    [Fact]
    public void A_slice_mirrors_endpoints_that_people_wrote()
    {
        Endpoints endpoints = new()
        {
            Metadata = new ObjectMeta { Name = "db", Namespace = "default", Uid = "u" },
            Subsets = [new EndpointsSubset { Addresses = [new EndpointsAddress { IP = "192.0.2.7" }], NotReadyAddresses = [new EndpointsAddress { IP = "2001:db8::7" }], Ports = [new EndpointsPort { Port = 5432 }] }],
        };

        IReadOnlyList<EndpointSlice> slices = EndpointSliceMirroringController.Mirror(endpoints);

        Assert.Equal(["IPv4 192.0.2.7 True 5432", "IPv6 2001:db8::7 False 5432"], slices.Select(slice => $"{slice.AddressType} {slice.Endpoints[0].Addresses[0]} {slice.Endpoints[0].Conditions.IsReady} {slice.Ports[0].Port}"));
    }

    private static Pod Revisioned(Pod pod, string hash) => pod with { Metadata = pod.Metadata with { Labels = new Dictionary<string, string>(pod.Metadata.Labels) { [RevisionHistory.HashLabel] = hash } } };
}
