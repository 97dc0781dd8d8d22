using System.Net;
using System.Text.Json;
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
        LabTopology topology = LabTopology.Plan(new LabOptions
        {
            Workers = LabOptions.MaximumWorkers,
            Controllers = 9,
            Clients = LabOptions.MaximumClients,
            Mode = LabMode.Vxlan,
            Segments = LabOptions.MaximumSegments,
            DualStack = true,
        });

        IPAddress[] addresses = [.. topology.Hosts.SelectMany(host => host.Addresses.Concat(host.PublicAddresses)), .. topology.Segments.SelectMany(segment => segment.RouterAddresses)];
        Assert.Equal(addresses.Length, addresses.Distinct().Count() + topology.Router.Addresses.Count);
        Assert.All(topology.Hosts, host => Assert.All(host.Addresses, address => Assert.Contains(host.Segment.Networks, network => network.Contains(address))));
        Assert.All(topology.Workers, host => Assert.Equal([true, true], host.PodCidrs.Zip(topology.PodNetworks, (range, all) => all.Contains(range.BaseAddress))));
        Assert.Equal(topology.Workers.Count(), topology.Workers.Select(host => host.PodCidrs[1]).Distinct().Count());
    }

    [Theory] //   host           own addresses                          public                                pods
    [InlineData("router", "10.240.0.1 fd00:10:240::1", "", "")]
    [InlineData("controller-0", "10.240.0.10 fd00:10:240::10", "203.0.113.10 2001:db8:113::10", "")]
    [InlineData("worker-0", "10.240.0.20 fd00:10:240::20", "203.0.113.20 2001:db8:113::20", "10.200.0.0/24 fd00:10:200::/64")]
    [InlineData("worker-1", "10.240.1.21 fd00:10:240:1::21", "203.0.113.21 2001:db8:113::21", "10.200.1.0/24 fd00:10:200:1::/64")]
    [InlineData("worker-2", "10.240.0.22 fd00:10:240::22", "203.0.113.22 2001:db8:113::22", "10.200.2.0/24 fd00:10:200:2::/64")]
    [InlineData("client", "198.51.100.10 2001:db8:100::10", "", "")]
    [InlineData("internet", "198.51.100.2 2001:db8:100::2", "", "")]
    public void Workers_are_dealt_out_to_segments_and_have_the_same_number_in_every_address(string name, string own, string known, string pods)
    {
        LabHost host = LabTopology.Plan(new LabOptions { Mode = LabMode.Vxlan, DualStack = true }).Host(name);

        Assert.Equal((own, known, pods), (string.Join(' ', host.Addresses), string.Join(' ', host.PublicAddresses), string.Join(' ', host.PodCidrs)));
    }

    [Theory] //     mode        dual    link  pods
    [InlineData(LabMode.Direct, false, 1500, 1500)]
    [InlineData(LabMode.Vpc, true, 9000, 9000)]
    [InlineData(LabMode.Vxlan, false, 1500, 1450)]
    [InlineData(LabMode.Vxlan, true, 1500, 1430)]
    public void Pods_have_the_mtu_that_is_left_to_them(LabMode mode, bool dualStack, int mtu, int podMtu) =>
        Assert.Equal(podMtu, LabTopology.Plan(new LabOptions { Mode = mode, DualStack = dualStack, Mtu = mtu }).PodMtu);

    [Fact]
    public void A_worker_with_two_ranges_has_them_and_two_default_routes_in_its_cni_configuration()
    {
        using JsonDocument list = JsonDocument.Parse(CniConfiguration.Bridge(LabTopology.Plan(new LabOptions { DualStack = true }).Host("worker-1"), podMtu: 1400));
        JsonElement bridge = list.RootElement.GetProperty("plugins")[0];

        Assert.Equal(1400, bridge.GetProperty("mtu").GetInt32());
        Assert.Equal("""[[{"subnet":"10.200.1.0/24"}],[{"subnet":"fd00:10:200:1::/64"}]]""", Compact(bridge.GetProperty("ipam").GetProperty("ranges")));
        Assert.Equal("""[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]""", Compact(bridge.GetProperty("ipam").GetProperty("routes")));

        static string Compact(JsonElement element) => JsonSerializer.Serialize(element);
    }

    [Fact]
    public void Options_that_do_not_go_together_are_refused_with_a_way_out()
    {
        Assert.Contains("--mode vxlan", Refusal(new LabOptions { Segments = 2 }), StringComparison.Ordinal);
        Assert.Contains("--mode vpc", Refusal(new LabOptions { PodRoutes = false }), StringComparison.Ordinal);
        Assert.Contains("--segments 9", Refusal(new LabOptions { Segments = 9, Mode = LabMode.Vpc }), StringComparison.Ordinal);
        Assert.Contains("--clients -1", Refusal(new LabOptions { Clients = -1 }), StringComparison.Ordinal);

        static string Refusal(LabOptions options) => Assert.Throws<LabException>(() => LabTopology.Plan(options)).Message;
    }

    [Fact]
    public void What_is_written_down_of_a_lab_leads_to_the_same_lab()
    {
        var options = new LabOptions { Name = "again", Workers = 5, Controllers = 3, Mode = LabMode.Vpc, PodRoutes = false, Segments = 3, DualStack = true, Clients = 4, Mtu = 1400 };
        LabDefinition read = JsonSerializer.Deserialize(JsonSerializer.Serialize(LabDefinition.From(options, 6443), LabJson.Default.LabDefinition), LabJson.Default.LabDefinition)!;

        Assert.Equal(LabTopology.Plan(options).Hosts.Select(Text), read.Topology().Hosts.Select(Text));

        static string Text(LabHost host) => $"{host.Name} {host.Segment.Name} {string.Join(' ', host.Addresses)} {string.Join(' ', host.PodCidrs)}";
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

    [Theory] //   lab          namespace                                  is its own
    [InlineData("demo", "fl-demo-router", true)]
    [InlineData("demo", "fl-demo-client-1", true)]
    [InlineData("demo", "fl-demo-worker-0_default_web-0", true)]
    [InlineData("demo", "fl-demo-docker_one", true)]
    [InlineData("demo", "fl-demo-2-router", false)]
    [InlineData("demo-2", "fl-demo-2-router", true)]
    [InlineData("demo", "fl-demo-client-router", false)]
    [InlineData("demo", "fl-demo-worker-0-router", false)]
    [InlineData("demo", "fl-demo2-router", false)]
    [InlineData("demo", "somebody-elses", false)]
    public void A_lab_takes_no_namespace_of_another_along(string lab, string @namespace, bool own) => Assert.Equal(own, LabSweeper.IsOf(lab, @namespace));

    [Fact]
    public void An_unknown_host_is_answered_with_those_there_are()
    {
        LabException refused = Assert.Throws<LabException>(() => LabTopology.Plan(new LabOptions { Workers = 1 }).Host("worker-9"));

        Assert.Contains("router, controller-0, worker-0, client, internet", refused.Message, StringComparison.Ordinal);
    }
}
