using System.Text.Json.Nodes;
using Fairlead.Cni.Tests.Sandboxes;

namespace Fairlead.Cni.Tests.Plugins;

/// <summary>The plugins that work on what another one made: bandwidth, tuning, firewall, sbr.</summary>
[Trait("Category", "Root")]
public sealed class ChainedPluginTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void Bandwidth_limits_both_ways_and_leaves_nothing()
    {
        Container pod = _sandbox.NewContainer();
        Chain chain = NewChain("""{"type":"bandwidth","capabilities":{"bandwidth":true}}""");
        const string Capabilities = """{"bandwidth":{"ingressRate":8000000,"ingressBurst":800000,"egressRate":4000000,"egressBurst":400000}}""";
        CniResult result = chain.Add(pod, Capabilities);
        string host = result.Interfaces[1].Name, ifb = result.Interfaces[3].Name;
        JsonNode bucket = Queues(host).First(queue => (string?)queue!["kind"] == "tbf")!;
        Assert.Equal((1_000_000, 100_000), ((int)bucket["options"]!["rate"]!, (int)bucket["options"]!["burst"]!));
        JsonNode sending = Queues(ifb).First(queue => (string?)queue!["kind"] == "tbf")!;
        Assert.Equal(500_000, (int)sending["options"]!["rate"]!);
        Assert.Contains($"Egress Redirect to device {ifb}", Sandbox.In(_sandbox.Host, "tc", "filter", "show", "dev", host, "ingress").Text, StringComparison.Ordinal);
        Assert.True(Sandbox.CanPing(pod.Namespace, "10.1.0.1"));
        Assert.Equal("", chain.Problem(pod, Capabilities));

        Sandbox.In(_sandbox.Host, "tc", "qdisc", "del", "dev", ifb, "root");
        Assert.Contains("has no token bucket", chain.Problem(pod, Capabilities), StringComparison.Ordinal);
        Sandbox.In(_sandbox.Host, "ip", "link", "del", ifb);
        Assert.Contains("is gone", chain.Problem(pod, Capabilities), StringComparison.Ordinal);
        chain.Delete(pod, Capabilities);
        Assert.Equal(["br0"], Sandbox.Links(_sandbox.Host));
    }

    [Fact]
    public void Bandwidth_holds_a_transfer_to_its_rate()
    {
        Container pod = _sandbox.NewContainer();
        NewChain("""{"type":"bandwidth","ingressRate":16000000,"ingressBurst":160000,"egressRate":16000000,"egressBurst":160000}""").Add(pod);
        foreach ((string from, string to, string address) in ((string, string, string)[])[(_sandbox.Host, pod.Namespace, "10.1.0.2"), (pod.Namespace, _sandbox.Host, "10.1.0.1")])
        {
            // 1 MB at 2 MB/s takes half a second; without the limit, a few milliseconds.
            string seconds = Shell.Bash($$"""
                ip netns exec {{to}} timeout 10 socat -u TCP4-LISTEN:7000,reuseaddr OPEN:/dev/null,wronly &
                for i in $(seq 40); do ip netns exec {{to}} ss -Hltn | grep -q 7000 && break; sleep 0.02; done
                start=$EPOCHREALTIME
                head -c 1000000 /dev/zero | ip netns exec {{from}} timeout 10 socat -u STDIN TCP4:{{address}}:7000
                wait
                echo "$EPOCHREALTIME $start" | awk '{print $1 - $2}'
                """).Text;
            Assert.InRange(double.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture), 0.3, 9);
        }
    }

    [Theory]
    [InlineData("\"ingressRate\":8000", 7)]
    [InlineData("\"ingressBurst\":8000", 7)]
    [InlineData("\"egressRate\":7,\"egressBurst\":8000", 7)]
    [InlineData("\"ingressRate\":-8,\"ingressBurst\":8", 6)]
    [InlineData("\"ingressRate\":8000,\"ingressBurst\":8000,\"unshapedSubnets\":[\"10.0.0.0/8\"]", 2)]
    public void Bandwidth_judges_its_configuration(string keys, int code) => Refuses($$"""{"type":"bandwidth",{{keys}}}""", code);

    [Fact]
    public void Tuning_sets_sysctls_and_the_interface()
    {
        Container pod = _sandbox.NewContainer();
        Chain chain = NewChain("""
            {"type":"tuning","dataDir":"DIR/tuning","sysctl":{"net.core.somaxconn":"500","net.ipv4.conf.IFNAME.log_martians":"1","net/ipv4/conf/eth0/accept_redirects":0},
             "mac":"02:00:00:00:00:77","mtu":1300,"promisc":true,"allmulti":true,"txQLen":321}
            """);
        CniResult result = chain.Add(pod);
        JsonNode link = Sandbox.Ip(pod.Namespace, "link", "show", "eth0")[0]!;
        Assert.Equal(("02:00:00:00:00:77", 1300, 321), ((string?)link["address"], (int)link["mtu"]!, (int)link["txqlen"]!));
        Assert.Contains("PROMISC", link["flags"]!.AsArray().Select(flag => (string?)flag));
        Assert.Contains("ALLMULTI", link["flags"]!.AsArray().Select(flag => (string?)flag));
        Assert.Equal("500", Sandbox.In(pod.Namespace, "cat", "/proc/sys/net/core/somaxconn").Text.Trim());
        Assert.Equal("1", Sandbox.In(pod.Namespace, "cat", "/proc/sys/net/ipv4/conf/eth0/log_martians").Text.Trim());
        Assert.Equal(("02:00:00:00:00:77", 1300), (result.Interfaces[2].Mac, result.Interfaces[2].Mtu));
        Assert.Equal("", chain.Problem(pod));

        Sandbox.In(pod.Namespace, "bash", "-c", "echo 400 > /proc/sys/net/core/somaxconn");
        Assert.Contains("somaxconn is 400, not 500", chain.Problem(pod), StringComparison.Ordinal);
        chain.Delete(pod);
    }

    [Fact]
    public void Tuning_gives_back_what_an_interface_had()
    {
        Container pod = _sandbox.NewContainer();
        Sandbox.In(pod.Namespace, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other");
        string configuration = $$"""
            {"cniVersion":"1.1.0","name":"n","type":"tuning","dataDir":"{{_sandbox.Directory}}/tuning","mac":"02:00:00:00:00:77","mtu":1300,
             "prevResult":{"cniVersion":"1.1.0","interfaces":[{"name":"eth0","sandbox":"{{pod.Path}}"}]} }
            """;
        string before = (string?)Sandbox.Ip(pod.Namespace, "link", "show", "eth0")[0]!["address"] ?? "";
        _sandbox.Call("tuning", "ADD", configuration, pod).Succeeded();
        _sandbox.Call("tuning", "DEL", configuration, pod).Succeeded();
        JsonNode after = Sandbox.Ip(pod.Namespace, "link", "show", "eth0")[0]!;
        Assert.Equal((before, 1500), ((string?)after["address"], (int)after["mtu"]!));
        _sandbox.Call("tuning", "DEL", configuration, pod with { Namespace = "gone" }).Succeeded();
    }

    [Theory]
    [InlineData("\"sysctl\":{\"kernel.hostname\":\"x\"}", 7)]
    [InlineData("\"sysctl\":{\"net/../kernel/hostname\":\"x\"}", 7)]
    [InlineData("\"sysctl\":{\"net.core.nosuch\":\"1\"}", 5)]
    [InlineData("\"mac\":\"here\"", 7)]
    [InlineData("\"txQLen\":-1", 7)]
    public void Tuning_judges_its_configuration(string keys, int code) => Refuses($$"""{"type":"tuning",{{keys}}}""", code);

    [Theory] //  policy       same bridge's other pod  other bridge's pod  outside
    [InlineData("open", true, true)]
    [InlineData("same-bridge", false, true)]
    [InlineData("isolated", false, true)]
    public void Firewall_lets_in(string policy, bool otherBridge, bool outside)
    {
        Container pod = _sandbox.NewContainer(), elsewhere = _sandbox.NewContainer(), world = _sandbox.NewContainer();
        Connections.Wire(_sandbox.Host, world.Namespace);
        string firewall = $$"""{"type":"firewall","ingressPolicy":"{{policy}}"}""";
        Chain chain = NewChain(firewall);
        Chain other = new(_sandbox, $$"""{"type":"bridge","bridge":"br1","isDefaultGateway":true,"ipam":{{_sandbox.HostLocal("10.2.0.0/24", "fd02::/64")}} },{{firewall}}""", "n2");
        chain.Add(pod);
        other.Add(elsewhere);
        Assert.Equal(otherBridge, Reaches(elsewhere, "10.1.0.2"));
        Assert.Equal(outside, Reaches(world, "10.1.0.2"));
        Assert.Equal(outside, Reaches(pod, "192.0.2.2")); // replies always come back
        Assert.Equal("", chain.Problem(pod));

        Sandbox.In(_sandbox.Host, "nft", "flush", "chain", "inet", "fairlead-cni-firewall", "forward");
        Assert.Contains("not guarded", chain.Problem(pod), StringComparison.Ordinal);
        chain.Delete(pod);
        Assert.DoesNotContain($"\"n {pod.Id} eth0\"", _sandbox.Nft(), StringComparison.Ordinal);

        bool Reaches(Container from, string address) => Sandbox.In(from.Namespace, "ping", "-n", "-c", "1", "-W", "1", address).ExitCode == 0;
    }

    [Theory]
    [InlineData("\"ingressPolicy\":\"closed\"", 7)]
    [InlineData("\"backend\":\"pf\"", 7)]
    public void Firewall_judges_its_configuration(string keys, int code) => Refuses($$"""{"type":"firewall",{{keys}}}""", code);

    [Fact]
    public void Source_routing_moves_the_interfaces_routes_to_a_table_of_its_own()
    {
        Container pod = _sandbox.NewContainer();
        NewChain("""{"type":"tuning"}""").Add(pod);
        Chain second = new(_sandbox, $$"""
            {"type":"bridge","bridge":"br1","isGateway":true,"ipam":{{_sandbox.HostLocal(["10.2.0.0/24"], "\"routes\":[{\"dst\":\"192.0.2.0/24\"}]")}} },{"type":"sbr"}
            """, "n2");
        second.Add(pod, interfaceName: "net1");
        string Route(string family) => Sandbox.In(pod.Namespace, "ip", family, "route", "show", "table", "100").Text;
        Assert.Contains("default via 10.2.0.1 dev net1", Route("-4"), StringComparison.Ordinal);
        Assert.Contains("10.2.0.0/24 dev net1", Route("-4"), StringComparison.Ordinal);
        Assert.Contains("192.0.2.0/24 via 10.2.0.1 dev net1", Route("-4"), StringComparison.Ordinal);
        Assert.DoesNotContain("net1", Sandbox.In(pod.Namespace, "ip", "route", "show", "table", "main").Text, StringComparison.Ordinal);
        Assert.Contains("from 10.2.0.2 lookup 100", Sandbox.In(pod.Namespace, "ip", "rule").Text, StringComparison.Ordinal);
        Assert.Equal(0, Sandbox.In(pod.Namespace, "ping", "-c", "1", "-W", "1", "-I", "10.2.0.2", "10.2.0.1").ExitCode);
        second.Check(pod, interfaceName: "net1");
        second.Delete(pod, interfaceName: "net1");
        Assert.DoesNotContain("10.2.0.2", Sandbox.In(pod.Namespace, "ip", "rule").Text, StringComparison.Ordinal);
    }

    private void Refuses(string plugin, int code)
    {
        Container pod = _sandbox.NewContainer();
        Assert.Equal(code, (int)Assert.Throws<CniException>(() => NewChain(plugin).Add(pod)).Code);
        Assert.Empty(Sandbox.Links(pod.Namespace));
        Assert.Empty(_sandbox.Leases("n"));
    }

    private JsonArray Queues(string link) => (JsonArray)JsonNode.Parse(Sandbox.In(_sandbox.Host, "tc", "-j", "qdisc", "show", "dev", link).Text)!;

    private Chain NewChain(string plugin) => new(_sandbox, $$"""
        {"type":"bridge","bridge":"br0","isDefaultGateway":true,"ipam":{{_sandbox.HostLocal("10.1.0.0/24", "fd01::/64")}} },{{plugin}}
        """);
}
