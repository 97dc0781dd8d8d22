using System.Net;
using Fairlead.ControlPlane.Controllers.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers;

public class NodeTests
{
    [Theory] //  range              size  taken                                        first free
    [InlineData("10.200.0.0/16", 24, "", "10.200.0.0/24")]
    [InlineData("10.200.0.0/16", 24, "10.200.0.0/24", "10.200.1.0/24")]
    [InlineData("10.200.0.0/16", 24, "10.200.0.0/24 10.200.2.0/24", "10.200.1.0/24")]
    [InlineData("10.200.0.0/16", 24, "10.200.0.0/23 10.200.2.128/25", "10.200.3.0/24")]
    [InlineData("10.200.0.0/16", 24, "10.1.0.0/16 10.250.0.0/16", "10.200.0.0/24")]
    [InlineData("10.200.0.0/23", 24, "10.200.0.0/24 10.200.1.0/24", null)]
    [InlineData("10.200.0.0/16", 24, "10.0.0.0/8", null)]
    [InlineData("10.200.0.0/24", 16, "", null)]
    [InlineData("255.255.255.0/24", 25, "255.255.255.0/25", "255.255.255.128/25")]
    [InlineData("255.255.255.0/24", 25, "255.255.255.0/25 255.255.255.128/25", null)]
    [InlineData("fd00:200::/48", 64, "fd00:200::/64", "fd00:200:0:1::/64")]
    public void The_first_free_pod_CIDR_is(string range, int size, string taken, string? free) => Assert.Equal(
        free,
        CidrAllocator.FirstFree(IPNetwork.Parse(range), size, [.. taken.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPNetwork.Parse)])?.ToString());

    [Theory] //  Ready       taints before                          after
    [InlineData("True", "node.kubernetes.io/not-ready:NoSchedule", "")]
    [InlineData("True", "mine:NoSchedule,node.kubernetes.io/unreachable:NoExecute", "mine:NoSchedule")]
    [InlineData("False", "", "node.kubernetes.io/not-ready:NoSchedule,node.kubernetes.io/not-ready:NoExecute")]
    [InlineData("Unknown", "node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/unreachable:NoSchedule,node.kubernetes.io/unreachable:NoExecute")]
    [InlineData(null, "node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/not-ready:NoSchedule")]
    public void A_node_that_is(string? ready, string before, string after)
    {
        Node node = Make.Node("n", "", ready, [.. before.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(text => new Taint { Key = text.Split(':')[0], Effect = text.Split(':')[1] })]);

        IReadOnlyList<Taint> taints = NodeHealth.DesiredTaints(node, Make.Now);

        Assert.Equal(after, string.Join(',', taints.Select(taint => $"{taint.Key}:{taint.Effect}")));
        Assert.Equal(taints, NodeHealth.DesiredTaints(node with { Spec = node.Spec with { Taints = taints } }, Make.Now.AddMinutes(1)));
    }

    [Fact]
    public void A_silent_node_is_in_an_unknown_state_and_says_so_once()
    {
        Node node = Make.Node("n");

        NodeStatus silent = NodeHealth.Silent(node, Make.Now);

        Assert.Equal(["Ready=Unknown NodeStatusUnknown", "MemoryPressure=Unknown NodeStatusNeverUpdated", "DiskPressure=Unknown NodeStatusNeverUpdated", "PIDPressure=Unknown NodeStatusNeverUpdated"], silent.Conditions.Select(condition => $"{condition.Type}={condition.Status} {condition.Reason}"));
        Assert.Equal(silent.Conditions, NodeHealth.Silent(node with { Status = silent }, Make.Now.AddHours(1)).Conditions);
    }

    [Theory] //  toleration seconds   leaves after
    [InlineData(null, 0)]
    [InlineData(300L, 300)]
    [InlineData(-1L, null)]
    public void A_pod_on_a_node_that_is_not_ready_leaves(long? seconds, int? after)
    {
        Node node = Make.Node("n", "", "False", new Taint { Key = "node.kubernetes.io/not-ready", Effect = "NoExecute", TimeAdded = Make.Now });
        Toleration[] tolerations = seconds switch
        {
            null => [],
            -1 => [new Toleration { Operator = "Exists" }],
            _ => [new Toleration { Key = "node.kubernetes.io/not-ready", Operator = "Exists", Effect = "NoExecute", TolerationSeconds = seconds }],
        };
        Pod pod = Make.Pod("p", node: "n") is var p ? p with { Spec = p.Spec with { Tolerations = tolerations } } : null!;

        Assert.Equal(after, (TaintEviction.Due(pod, node, Make.Now) - Make.Now)?.TotalSeconds);
    }
}
