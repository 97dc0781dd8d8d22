using System.Net;
using System.Net.Sockets;
using Fairlead.Agent.Health;
using Fairlead.Agent.Telemetry;
using Fairlead.Network;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Agent.Tests;

public sealed class HealthServerTests
{
    [Fact]
    public async Task It_tells_readiness_and_metrics()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using AgentMetrics metrics = new();
        using PrometheusText prometheus = new(AgentMetrics.MeterName);
        metrics.Synced(TimeProvider.System, TimeProvider.System.GetTimestamp(), new(ClusterState.Empty, [], false, NodeChanges.None, 0, [], PolicyChanges.None), TimeSpan.FromMilliseconds(3), NodePlan.Empty);
        metrics.Repaired(0, new(Routes: 2));
        IPEndPoint address = new(IPAddress.Loopback, FreePort());
        bool ready = false;
        await using WebApplication server = await HealthServer.StartAsync(
            address, () => new(true, ready, ready), prometheus.Write, NullLogger.Instance, cancellationToken);
        using HttpClient client = new() { BaseAddress = new($"http://{address}") };
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/readyz", cancellationToken)).StatusCode);
        ready = true;
        Assert.Equal("ok\n", await client.GetStringAsync("/readyz", cancellationToken));
        Assert.Equal("ok\n", await client.GetStringAsync("/livez", cancellationToken));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/x", cancellationToken)).StatusCode);
        string text = await client.GetStringAsync("/metrics", cancellationToken);
        Assert.Contains("# TYPE kubeproxy_sync_proxy_rules_duration_seconds histogram\n", text, StringComparison.Ordinal);

        // Other tests of this process count into the same meter.
        Assert.Matches("fairlead_kernel_commit_duration_seconds_bucket\\{le=\"0.005\"\\} [1-9]", text);
        Assert.Matches("fairlead_syncs_total [1-9]", text);
        Assert.Matches("fairlead_repaired_network_total\\{kind=\"route\"\\} [1-9]", text);
        Assert.Matches("fairlead_services [0-9]", text);
    }

    [Theory]
    [InlineData("", null, "--node-name is empty")]
    [InlineData("n", "10.200.0.0/16,10.201.0.0/16", "--cluster-cidr takes at most one range of each family")]
    [InlineData("n", "10.32.0.0/16", "overlaps --cluster-cidr")]
    public void Options_say_what_is_wrong_with_them(string node, string? cidrs, string message)
    {
        AgentOptions options = new()
        {
            NodeName = node,
            ClusterCidrs = [.. (cidrs ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(NetPrefix.Parse)],
            ServiceCidrs = [NetPrefix.Parse("10.32.0.0/24")],
        };
        Assert.Contains(message, Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
