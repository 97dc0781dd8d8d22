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
    }

    private static string Inode(TestNode node) => TestNode.Run("stat", "-L", "-c", "%i", $"/run/netns/fl-{node.Lab}-n0_default_a");
}
