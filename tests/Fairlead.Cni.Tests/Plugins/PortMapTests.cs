using Fairlead.Cni.Tests.Sandboxes;

namespace Fairlead.Cni.Tests.Plugins;

[Trait("Category", "Root")]
public sealed class PortMapTests : IDisposable
{
    private readonly Sandbox _sandbox = new();
    private readonly Container _outside;

    public PortMapTests()
    {
        _outside = _sandbox.NewContainer();
        Connections.Wire(_sandbox.Host, _outside.Namespace);
    }

    public void Dispose() => _sandbox.Dispose();

    [Theory] //  portmap's keys   mapping                                                              from       to                   the server sees
    [InlineData("", """{"hostPort":8080,"containerPort":80,"protocol":"tcp"}""", "outside", "192.0.2.1:8080", "192.0.2.2")]
    [InlineData("", """{"hostPort":8080,"containerPort":80,"protocol":"tcp"}""", "outside", "[2001:db8::1]:8080", "2001:db8::2")]
    [InlineData("", """{"hostPort":8080,"containerPort":80,"protocol":"tcp"}""", "host", "127.0.0.1:8080", "10.1.0.1")]
    [InlineData("", """{"hostPort":8080,"containerPort":80,"protocol":"tcp"}""", "host", "192.0.2.1:8080", "192.0.2.1")]
    [InlineData("", """{"hostPort":8080,"containerPort":80,"protocol":"tcp"}""", "pod", "10.1.0.1:8080", "10.1.0.1")]
    [InlineData("", """{"hostPort":8080,"containerPort":80,"protocol":"tcp"}""", "peer", "10.1.0.1:8080", "10.1.0.3")]
    [InlineData("", """{"hostPort":8080,"containerPort":80,"protocol":"tcp"}""", "outside", "192.0.2.1:8081", "")]
    [InlineData(",\"snat\":false", """{"hostPort":8080,"containerPort":80}""", "host", "127.0.0.1:8080", "")]
    [InlineData(",\"masqAll\":true", """{"hostPort":8080,"containerPort":80}""", "outside", "192.0.2.1:8080", "10.1.0.1")]
    [InlineData("", """{"hostPort":8080,"containerPort":80,"hostIP":"192.0.2.1"}""", "outside", "192.0.2.1:8080", "192.0.2.2")]
    [InlineData("", """{"hostPort":8080,"containerPort":80,"hostIP":"127.0.0.1"}""", "outside", "192.0.2.1:8080", "")]
    [InlineData("", """{"hostPort":8080,"containerPort":80,"hostIP":"0.0.0.0"}""", "outside", "192.0.2.1:8080", "192.0.2.2")]
    [InlineData(",\"conditionsV4\":[\"!\",\"-s\",\"192.0.2.0/24\"]", """{"hostPort":8080,"containerPort":80}""", "outside", "192.0.2.1:8080", "")]
    [InlineData(",\"conditionsV4\":[\"-s\",\"192.0.2.2\",\"-i\",\"uplink\"]", """{"hostPort":8080,"containerPort":80}""", "outside", "192.0.2.1:8080", "192.0.2.2")]
    public void A_connection_reaches_the_container(string keys, string mapping, string from, string to, string seen)
    {
        Container pod = _sandbox.NewContainer(), peer = _sandbox.NewContainer();
        Chain chain = NewChain(keys);
        string capabilities = $$"""{"portMappings":[{{mapping}}]}""";
        chain.Add(pod, capabilities);
        chain.Add(peer);
        string client = from switch { "outside" => _outside.Namespace, "host" => _sandbox.Host, "pod" => pod.Namespace, _ => peer.Namespace };
        Assert.Equal(seen, Connections.SeenBy(pod.Namespace, 80, client, to));
        Assert.Equal("", chain.Problem(pod, capabilities));

        chain.Delete(pod, capabilities);
        Assert.DoesNotContain($"\"n {pod.Id} eth0\"", _sandbox.Nft(), StringComparison.Ordinal);
    }

    [Fact]
    public void Udp_clients_that_never_stop_follow_a_mapping_that_comes_and_goes()
    {
        Container first = _sandbox.NewContainer(), second = _sandbox.NewContainer();
        Chain chain = NewChain("");
        const string Capabilities = """{"portMappings":[{"hostPort":5353,"containerPort":53,"protocol":"udp"}]}""";
        string log = Path.Combine(_sandbox.Directory, "received");

        // One socket of one client, that sends all the time: its conntrack entry never times out.
        Shell.Bash($"""
            ip netns exec {_outside.Namespace} bash -c 'for i in $(seq 400); do echo $i; sleep 0.02; done | timeout 8 socat -u STDIN UDP4-DATAGRAM:192.0.2.1:5353,bind=:40000' >/dev/null 2>&1 &
            echo $! > {log}.client
            """);
        Thread.Sleep(200); // Entries without translation are made before the first mapping.
        chain.Add(first, Capabilities);
        Assert.Equal("first", Receives(first, "first"));
        chain.Delete(first, Capabilities);
        chain.Add(second, Capabilities);
        Assert.Equal("second", Receives(second, "second"));
        Shell.Bash($"kill $(cat {log}.client) 2>/dev/null");

        string Receives(Container container, string name) =>
            Shell.Bash($"ip netns exec {container.Namespace} timeout 3 socat -u UDP4-RECVFROM:53 SYSTEM:'echo {name}'").Output.Trim();
    }

    [Fact]
    public void Every_protocol_is_mapped()
    {
        Container pod = _sandbox.NewContainer();
        NewChain("").Add(pod, """{"portMappings":[{"hostPort":1,"containerPort":11,"protocol":"tcp"},{"hostPort":2,"containerPort":12,"protocol":"udp"},{"hostPort":3,"containerPort":13,"protocol":"SCTP"}]}""");
        string rules = _sandbox.Nft();
        Assert.Contains($"tcp . 1 comment \"n {pod.Id} eth0\" : 10.1.0.2 . 11", rules, StringComparison.Ordinal);
        Assert.Contains($"udp . 2 comment \"n {pod.Id} eth0\" : 10.1.0.2 . 12", rules, StringComparison.Ordinal);
        Assert.Contains($"sctp . 3 comment \"n {pod.Id} eth0\" : 10.1.0.2 . 13", rules, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_port_that_is_taken_is_refused_and_nothing_of_the_container_stays()
    {
        Container first = _sandbox.NewContainer(), second = _sandbox.NewContainer();
        Chain chain = NewChain("");
        const string Capabilities = """{"portMappings":[{"hostPort":8080,"containerPort":80}]}""";
        chain.Add(first, Capabilities);
        CniException refused = Assert.Throws<CniException>(() => chain.Add(second, Capabilities));
        Assert.Contains("host port 8080/tcp is already mapped", refused.Message, StringComparison.Ordinal);
        Assert.Contains(first.Id, refused.Details, StringComparison.Ordinal);
        Assert.Empty(Sandbox.Links(second.Namespace));
        Assert.DoesNotContain(_sandbox.Leases("n").Values, lease => lease.StartsWith(second.Id, StringComparison.Ordinal));
        Assert.Equal("", chain.Problem(first, Capabilities));
    }

    [Theory] //  mapping or keys                                           code
    [InlineData("""{"hostPort":70000,"containerPort":80}""", "", 7)]
    [InlineData("""{"hostPort":80,"containerPort":0}""", "", 7)]
    [InlineData("""{"hostPort":80,"containerPort":80,"protocol":"icmp"}""", "", 7)]
    [InlineData("""{"hostPort":"80","containerPort":80}""", "", 6)]
    [InlineData("""{"hostPort":80,"containerPort":80,"hostIP":"here"}""", "", 7)]
    [InlineData("""{"hostPort":80,"containerPort":80}""", ",\"conditionsV4\":[\"-m\",\"owner\"]", 2)]
    [InlineData("""{"hostPort":80,"containerPort":80}""", ",\"conditionsV6\":[\"-d\",\"10.0.0.1\"]", 7)]
    [InlineData("""{"hostPort":80,"containerPort":80}""", ",\"backend\":\"pf\"", 7)]
    [InlineData("""{"hostPort":80,"containerPort":80}""", ",\"markMasqBit\":40", 7)]
    public void A_configuration_is_judged(string mapping, string keys, int code) =>
        Assert.Equal(code, (int)Assert.Throws<CniException>(() => NewChain(keys).Add(_sandbox.NewContainer(), $$"""{"portMappings":[{{mapping}}]}""")).Code);

    [Theory]
    [InlineData("nft flush map inet fairlead-cni-portmap ports4")]
    [InlineData("nft flush chain inet fairlead-cni-portmap prerouting")]
    [InlineData("nft delete table inet fairlead-cni-portmap")]
    public void Check_sees(string command)
    {
        Container pod = _sandbox.NewContainer();
        Chain chain = NewChain("");
        const string Capabilities = """{"portMappings":[{"hostPort":8080,"containerPort":80}]}""";
        chain.Add(pod, Capabilities);
        Assert.Equal("", chain.Problem(pod, Capabilities));
        Sandbox.In(_sandbox.Host, command.Split(' '));
        Assert.Contains("not mapped", chain.Problem(pod, Capabilities), StringComparison.Ordinal);
        chain.Delete(pod, Capabilities);
    }

    [Fact]
    public void Mappings_of_containers_that_are_no_more_are_collected()
    {
        Container stays = _sandbox.NewContainer(), goes = _sandbox.NewContainer();
        Chain chain = NewChain("");
        chain.Add(stays, """{"portMappings":[{"hostPort":8080,"containerPort":80}]}""");
        chain.Add(goes, """{"portMappings":[{"hostPort":8081,"containerPort":80}]}""");
        Directory.Delete(Path.Combine(_sandbox.Directory, "results"), recursive: true); // The runtime has forgotten both: only GC itself can tell.
        chain.CollectGarbage(stays);
        string rules = _sandbox.Nft();
        Assert.Contains("tcp . 8080", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("tcp . 8081", rules, StringComparison.Ordinal);
        Assert.DoesNotContain(goes.Id, rules, StringComparison.Ordinal);
    }

    private Chain NewChain(string keys) => new(_sandbox, $$"""
        {"type":"bridge","bridge":"br0","isDefaultGateway":true,"ipMasq":true,"hairpinMode":true,"ipam":{{_sandbox.HostLocal("10.1.0.0/24", "fd01::/64")}} },
        {"type":"portmap","capabilities":{"portMappings":true}{{keys}}}
        """);
}
