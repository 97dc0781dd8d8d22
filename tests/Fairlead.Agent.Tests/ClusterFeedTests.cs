using Fairlead.Agent.Tests.Flows;
using Fairlead.Agent.Watching;
using Fairlead.Network;

namespace Fairlead.Agent.Tests;

/// <summary>What somebody may be waiting for behind a commit.</summary>
public sealed class ClusterFeedTests
{
    private readonly ClusterFeed feed = new(TimeProvider.System) { NodeName = "worker-0" };

    public ClusterFeedTests()
    {
        feed.Apply("worker-1", TestCluster.Node("1"));
        feed.Take();
    }

    [Fact]
    public void A_Service_may_wait_for_the_rest_of_its_burst()
    {
        feed.Apply(new("default", "web"), TestCluster.Service("web", "10.32.0.10"));
        Assert.False(feed.HasUrgentChanges);
    }

    [Fact]
    public void A_node_that_says_how_it_is_reached_may_not()
    {
        feed.Apply("worker-1", TestCluster.Node("1") with { Mode = RoutingMode.Vxlan });
        Assert.True(feed.HasUrgentChanges);
        feed.Take();
        Assert.False(feed.HasUrgentChanges);
    }

    [Fact]
    public void A_heartbeat_is_no_change()
    {
        feed.Apply("worker-1", TestCluster.Node("1"));
        Assert.False(feed.HasUrgentChanges);
        Assert.True(feed.Take().IsEmpty);
    }
}
