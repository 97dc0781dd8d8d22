using System.Net;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Tests.Fabric;

public sealed class LabTopologyTests
{
    [Theory] //   host           namespace                 address         pod CIDR
    [InlineData("router", "fl-demo-router", "10.240.0.1", null)]
    [InlineData("controller-0", "fl-demo-controller-0", "10.240.0.10", null)]
    [InlineData("worker-0", "fl-demo-worker-0", "10.240.0.20", "10.200.0.0/24")]
    [InlineData("worker-2", "fl-demo-worker-2", "10.240.0.22", "10.200.2.0/24")]
    public void The_hard_way_has_the_addresses_of_the_articles(string name, string @namespace, string address, string? podCidr)
    {
        LabHost host = LabTopology.Plan(new LabOptions()).Host(name);

        Assert.Equal(@namespace, host.Namespace);
        Assert.Equal(IPAddress.Parse(address), host.Address);
        Assert.Equal(podCidr, host.PodCidr?.ToString());
    }

    [Fact]
    public void The_api_and_the_cluster_dns_have_the_first_and_the_tenth_service_address()
    {
        LabTopology topology = LabTopology.Plan(new LabOptions());

        Assert.Equal(IPAddress.Parse("10.32.0.1"), topology.ApiClusterAddress);
        Assert.Equal(IPAddress.Parse("10.32.0.10"), topology.DnsAddress);
    }

    [Fact]
    public void No_two_hosts_share_an_address_in_the_largest_lab()
    {
        LabTopology topology = LabTopology.Plan(new LabOptions { Workers = LabOptions.MaximumWorkers, Controllers = 9 });

        Assert.Equal(topology.Hosts.Count, topology.Hosts.Select(host => host.Address).Distinct().Count());
        Assert.All(topology.Hosts, host => Assert.True(topology.Preset.Nodes.Contains(host.Address), host.Name));
        Assert.All(topology.Workers, host => Assert.True(topology.Preset.Pods.Contains(host.PodCidr!.Value.BaseAddress), host.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Demo")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a-name-that-is-too-long-by-far")]
    public void A_name_that_cannot_be_part_of_a_namespaces_name_is_refused_by_name(string name)
    {
        LabException refused = Assert.Throws<LabException>(() => LabTopology.Plan(new LabOptions { Name = name }));

        Assert.Contains($"'{name}'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 1, 1500, "--nodes -1")]
    [InlineData(201, 1, 1500, "--nodes 201")]
    [InlineData(3, 0, 1500, "--controllers 0")]
    [InlineData(3, 1, 576, "--mtu 576")]
    public void An_option_out_of_its_range_is_refused_with_its_name_and_value(int workers, int controllers, int mtu, string named)
    {
        LabException refused = Assert.Throws<LabException>(() => LabTopology.Plan(new LabOptions { Workers = workers, Controllers = controllers, Mtu = mtu }));

        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_host_is_answered_with_those_there_are()
    {
        LabException refused = Assert.Throws<LabException>(() => LabTopology.Plan(new LabOptions { Workers = 1 }).Host("worker-9"));

        Assert.Contains("router, controller-0, worker-0", refused.Message, StringComparison.Ordinal);
    }
}
