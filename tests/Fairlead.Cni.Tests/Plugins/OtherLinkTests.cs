using System.Text.Json.Nodes;
using Fairlead.Cni.Tests.Sandboxes;

namespace Fairlead.Cni.Tests.Plugins;

/// <summary>The plugins that make links without a bridge: ptp, macvlan, vlan, loopback.</summary>
[Trait("Category", "Root")]
public sealed class OtherLinkTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void Ptp_connects_containers_through_the_host()
    {
        Container one = _sandbox.NewContainer(), two = _sandbox.NewContainer(), world = _sandbox.NewContainer();
        Connections.Wire(_sandbox.Host, world.Namespace);
        Chain chain = new(_sandbox, $$"""
            {"type":"ptp","ipMasq":true,"mtu":1400,"ipam":{{_sandbox.HostLocal(["10.1.0.0/24", "fd01::/64"], "\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\"}]")}} }
            """);
        CniResult result = chain.Add(one);
        chain.Add(two);
        Assert.Equal(("10.1.0.2/24", 1, "eth0"), (result.Addresses[0].Address.ToString(), result.Addresses[0].Interface, result.Interfaces[1].Name));
        Assert.Equal(1400, (int)Sandbox.Ip(one.Namespace, "link", "show", "eth0")[0]!["mtu"]!);
        Assert.Equal(["10.1.0.1/32", "fd01::1/128"], Sandbox.Addresses(_sandbox.Host, result.Interfaces[0].Name));
        Assert.Equal("10.1.0.2", Connections.SeenBy(two.Namespace, 80, one.Namespace, "10.1.0.3:80"));
        Assert.Equal("fd01::2", Connections.SeenBy(two.Namespace, 80, one.Namespace, "[fd01::3]:80"));
        Assert.Equal("192.0.2.1", Connections.SeenBy(world.Namespace, 80, one.Namespace, "192.0.2.2:80"));
        Assert.Equal("", chain.Problem(one));

        Sandbox.In(_sandbox.Host, "ip", "route", "del", "10.1.0.2");
        Assert.Contains("no route of its own", chain.Problem(one), StringComparison.Ordinal);
        chain.Delete(one);
        chain.Delete(two);
        Assert.Equal(["uplink"], Sandbox.Links(_sandbox.Host));
        Assert.Empty(_sandbox.Leases("n"));
    }

    [Theory]
    [InlineData("bridge", "\"bridge\":\"cni9\"")]
    [InlineData("ptp", "\"ipMasq\":false")]
    [InlineData("macvlan", "\"master\":\"uplink\"")]
    public void An_interface_that_is_there_already_is_the_environments_mistake(string plugin, string key)
    {
        Container one = _sandbox.NewContainer(), world = _sandbox.NewContainer();
        Connections.Wire(_sandbox.Host, world.Namespace);
        Sandbox.In(one.Namespace, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other");
        Answer answer = _sandbox.Call(plugin, "ADD", $$"""{"cniVersion":"1.1.0","name":"n","type":"{{plugin}}",{{key}},"ipam":{{_sandbox.HostLocal("10.1.0.0/24")}} }""", one);
        Assert.Equal(4, answer.Code);
        Assert.Contains("CNI_IFNAME", answer.Message, StringComparison.Ordinal);
        Assert.Empty(_sandbox.Leases("n"));
    }

    [Theory] //  mode
    [InlineData("bridge")]
    [InlineData("private")]
    [InlineData("vepa")]
    public void Macvlan_gives_a_link_on_the_hosts(string mode)
    {
        Container pod = _sandbox.NewContainer(), world = _sandbox.NewContainer();
        Connections.Wire(_sandbox.Host, world.Namespace);
        Chain chain = new(_sandbox, $$"""{"type":"macvlan","master":"uplink","mode":"{{mode}}","mtu":1300,"ipam":{"type":"static","addresses":[{"address":"192.0.2.50/24"}]} }""");
        CniResult result = chain.Add(pod);
        JsonNode link = Sandbox.Ip(pod.Namespace, "link", "show", "eth0")[0]!;
        Assert.Equal(("macvlan", mode, 1300), ((string?)link["linkinfo"]!["info_kind"], (string?)link["linkinfo"]!["info_data"]!["mode"], (int)link["mtu"]!));
        Assert.Equal((string?)link["address"], result.Interfaces[0].Mac);
        Assert.True(Sandbox.CanPing(pod.Namespace, "192.0.2.2"));
        Assert.Equal("", chain.Problem(pod));
        chain.Delete(pod);
        Assert.Empty(Sandbox.Links(pod.Namespace));
        chain.Delete(pod with { Namespace = "gone" });
    }

    [Theory]
    [InlineData("\"master\":\"nobody\"", 7)]
    [InlineData("\"master\":\"uplink\",\"mode\":\"loud\"", 7)]
    [InlineData("\"master\":\"uplink\",\"mtu\":9000", 7)]
    public void Macvlan_judges_its_configuration(string keys, int code)
    {
        Container pod = _sandbox.NewContainer(), world = _sandbox.NewContainer();
        Connections.Wire(_sandbox.Host, world.Namespace);
        Chain chain = new(_sandbox, $$"""{"type":"macvlan",{{keys}},"ipam":{{_sandbox.HostLocal("192.0.2.0/24")}} }""");
        Assert.Equal(code, (int)Assert.Throws<CniException>(() => chain.Add(pod)).Code);
        Assert.Empty(_sandbox.Leases("n"));
    }

    [Fact]
    public void Vlan_works_where_the_kernel_has_it_and_is_refused_clearly_elsewhere()
    {
        Container pod = _sandbox.NewContainer(), world = _sandbox.NewContainer();
        Connections.Wire(_sandbox.Host, world.Namespace);
        Chain chain = new(_sandbox, """{"type":"vlan","master":"uplink","vlanId":100,"ipam":{"type":"static","addresses":[{"address":"10.100.0.5/24"}]}}""");
        try
        {
            chain.Add(pod);
            Assert.Equal(100, (int)Sandbox.Ip(pod.Namespace, "link", "show", "eth0")[0]!["linkinfo"]!["info_data"]!["id"]!);
        }
        catch (CniException exception)
        {
            Assert.Equal((CniErrorCode.UnsupportedField, true), (exception.Code, exception.Message.Contains("no links of the kind vlan", StringComparison.Ordinal)));
        }

        chain.Delete(pod);
        Assert.Empty(Sandbox.Links(pod.Namespace));
    }

    [Fact]
    public void Loopback_is_switched_on()
    {
        Container pod = _sandbox.NewContainer();
        Sandbox.In(pod.Namespace, "ip", "link", "set", "lo", "down");
        Chain chain = new(_sandbox, """{"type":"loopback"}""");
        CniResult result = chain.Add(pod, interfaceName: "lo");
        Assert.Equal("127.0.0.1/8", result.Addresses[0].Address.ToString());
        Assert.True(Sandbox.CanPing(pod.Namespace, "127.0.0.1"));
        chain.Check(pod, interfaceName: "lo");
        chain.Delete(pod, interfaceName: "lo");
        Assert.False(Sandbox.CanPing(pod.Namespace, "127.0.0.1"));
    }
}
