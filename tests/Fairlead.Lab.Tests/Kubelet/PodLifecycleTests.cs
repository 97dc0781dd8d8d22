using Fairlead.Lab.Kubelet;
using Fairlead.Lab.Kubelet.Inspection;

namespace Fairlead.Lab.Tests.Kubelet;

[Trait("Category", "Root")]
public sealed class PodLifecycleTests
{
    private const string Sleeper = """{"containers":[{"name":"main","image":"machine","command":["sleep","infinity"]}],"terminationGracePeriodSeconds":0}""";

    [Fact]
    public async Task A_pod_gets_an_address_and_becomes_ready()
    {
        await using var node = await TestNode.StartAsync();
        node.CreatePod("a", Sleeper);
        await node.UntilReadyAsync("a");
        var status = node.Pod("a")!["status"]!;
        Assert.Equal("Running", (string?)status["phase"]);
        Assert.StartsWith("10.200.0.", (string?)status["podIP"]);
        Assert.Equal("10.240.0.20", (string?)status["hostIP"]);
        Assert.Contains($"fl-{node.Lab}-n0_default_a", TestNode.Run("ip", "netns", "list"));
        Assert.Contains((string)status["podIP"]!, TestNode.Run("ip", "-n", $"fl-{node.Lab}-n0_default_a", "-br", "address"));
    }

    [Fact]
    public async Task A_container_that_dies_comes_back_with_the_pods_address_and_namespace()
    {
        await using var node = await TestNode.StartAsync();
        node.CreatePod("a", Sleeper);
        await node.UntilReadyAsync("a");
        var (address, inode) = ((string)node.Pod("a")!["status"]!["podIP"]!, Inode(node));
        TestNode.Run("kill", "-9", $"{node.Container("a", "main").Pid}");
        await node.UntilAsync(() => (int?)node.Pod("a")!["status"]!["containerStatuses"]![0]!["restartCount"] == 1 && node.IsReady("a"), "it is restarted");
        Assert.Equal(address, (string?)node.Pod("a")!["status"]!["podIP"]);
        Assert.Equal(inode, Inode(node));
        Assert.Equal(137, (int?)node.Pod("a")!["status"]!["containerStatuses"]![0]!["lastState"]!["terminated"]!["exitCode"]);
    }

    [Fact]
    public async Task A_pods_way_to_the_wire_can_be_read()
    {
        await using var node = await TestNode.StartAsync();
        node.CreatePod("a", Sleeper);
        await node.UntilReadyAsync("a");
        var pod = PodInspection.Read(node.State, node.Namespace, "default", "a")!;
        Assert.Equal(Inode(node).Trim(), $"{pod.NetworkNamespaceInode}");
        Assert.Equal(TestNode.Run("pgrep", "-f", $"fairlead-pause \\[{node.Lab}/n0\\] default/a").Trim(), $"{pod.PausePid}");
        Assert.Equal(node.Container("a", "main").Pid, Assert.Single(pod.Containers).Pid);
        Assert.Equal([(string?)node.Pod("a")!["status"]!["podIP"] + "/24"], pod.PodLink!.Addresses.Where(static a => a.Contains('.')));
        Assert.Contains($"{pod.HostLink!.Index}: {pod.HostLink.Name}@if{pod.PodLink.Index}:", node.InNetwork("ip", "link"));
        Assert.Equal("cnio0", pod.Bridge!.Name);
        Assert.Contains(pod.PodRoutes, static r => r is { Destination: "default", Link: "eth0" } && r.Gateway!.ToString() == "10.200.0.1");
        Assert.Contains(pod.NodeRoutes, static r => r is { Destination: "10.200.0.0/24", Gateway: null, Link: "cnio0" });
        Assert.Null(PodInspection.Read(node.State, node.Namespace, "default", "b"));
    }

    [Fact]
    public async Task A_runtime_that_is_killed_finds_its_pods_again()
    {
        await using var node = await TestNode.StartAsync();
        node.CreatePod("a", Sleeper);
        await node.UntilReadyAsync("a");
        var before = (Inode(node), node.Container("a", "main").Pid);
        node.KillRuntime();
        node.StartRuntime();
        await node.UntilAsync(() => File.ReadAllText(node.Log).Contains("adopted with 1 running containers", StringComparison.Ordinal), "it is adopted");
        Assert.Equal(before, (Inode(node), node.Container("a", "main").Pid));
        TestNode.Run("kill", "-9", $"{before.Pid}");
        await node.UntilAsync(() => (int?)node.Pod("a")!["status"]!["containerStatuses"]![0]!["restartCount"] == 1 && node.IsReady("a"), "it is restarted");
    }

    [Fact]
    public async Task What_ends_while_no_runtime_looks_is_seen_by_the_next_one()
    {
        await using var node = await TestNode.StartAsync();
        node.CreatePod("a", """{"restartPolicy":"Never","containers":[{"name":"main","image":"machine","command":["sh","-c","sleep infinity & trap 'exit 3' TERM; wait"]}]}""");
        await node.UntilReadyAsync("a");
        node.KillRuntime();
        TestNode.Run("kill", $"{node.Container("a", "main").Pid}");
        node.StartRuntime();
        await node.UntilAsync(() => (string?)node.Pod("a")!["status"]!["phase"] == "Failed", "it has failed");
        Assert.Equal(3, (int?)node.Pod("a")!["status"]!["containerStatuses"]![0]!["state"]!["terminated"]!["exitCode"]);
    }

    [Fact]
    public async Task A_deleted_pod_leaves_nothing()
    {
        await using var node = await TestNode.StartAsync();
        node.CreatePod("a", """{"containers":[{"name":"main","image":"machine","command":["sh","-c","trap 'exit 0' TERM; sleep infinity & wait"]}]}""");
        await node.UntilReadyAsync("a");
        node.Api.Delete("/api/v1/namespaces/default/pods/a");
        await node.UntilAsync(() => node.Pod("a") is null && Directory.GetDirectories(Path.Combine(node.State, "pods")).Length == 0, "it is gone");
        Assert.DoesNotContain($"fl-{node.Lab}-{node.Name}_default_a", TestNode.Run("ip", "netns", "list"));
        Assert.Empty(Cgroups.Processes(node.Cgroup));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(node.State, "crun")));
        Assert.DoesNotContain("veth", node.InNetwork("ip", "-br", "link"));
    }

    [Fact]
    public async Task A_sandbox_that_dies_is_made_again()
    {
        await using var node = await TestNode.StartAsync();
        node.CreatePod("a", Sleeper);
        await node.UntilReadyAsync("a");
        var pause = TestNode.Run("pgrep", "-f", $"fairlead-pause \\[{node.Lab}/n0\\] default/a").Trim();
        TestNode.Run("kill", "-9", pause);
        TestNode.Run("kill", "-9", $"{node.Container("a", "main").Pid}");
        await node.UntilAsync(() => (int?)node.Pod("a")!["status"]!["containerStatuses"]![0]!["restartCount"] == 1 && node.IsReady("a"), "it is made again");
        Assert.Contains(node.Api.Events, e => e.Reason == "SandboxChanged");
        Assert.NotEqual(pause, TestNode.Run("pgrep", "-f", $"fairlead-pause \\[{node.Lab}/n0\\] default/a").Trim());
    }

    private static string Inode(TestNode node) => TestNode.Run("stat", "-L", "-c", "%i", $"/run/netns/fl-{node.Lab}-n0_default_a");
}
