using System.Text.Json.Nodes;
using Fairlead.Cni.Tests.Sandboxes;

namespace Fairlead.Cni.Tests.Plugins;

[Trait("Category", "Root")]
public sealed class BridgeTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void The_articles_configuration_connects_pods()
    {
        // Kubernetes The Hard Way, "Bootstrapping the Kubernetes Worker Nodes"; dataDir is the test's own.
        string configuration = $$"""
            {"cniVersion":"0.3.1","name":"bridge","type":"bridge","bridge":"cnio0","isGateway":true,"ipMasq":true,
             "ipam":{"type":"host-local","dataDir":"{{_sandbox.Networks}}","ranges":[[{"subnet":"10.200.0.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]} }
            """;
        Container one = _sandbox.NewContainer(), two = _sandbox.NewContainer();
        CniResult result = Add(configuration, one).Succeeded().Result;
        Add(configuration, two).Succeeded();

        Assert.Equal(["cnio0", "eth0"], [result.Interfaces[0].Name, result.Interfaces[2].Name]);
        Assert.Equal(["10.200.0.1/24"], Sandbox.Addresses(_sandbox.Host, "cnio0"));
        Assert.Equal(["10.200.0.2/24"], Sandbox.Addresses(one.Namespace, "eth0"));
        Assert.Equal("10.200.0.1", (string?)Sandbox.Ip(one.Namespace, "route", "show", "default")[0]!["gateway"]);
        Assert.True(Sandbox.CanPing(one.Namespace, "10.200.0.1"));
        Assert.True(Sandbox.CanPing(one.Namespace, "10.200.0.3"));
        Assert.Equal("1", Sandbox.In(_sandbox.Host, "cat", "/proc/sys/net/ipv4/ip_forward").Text.Trim());
        Assert.Contains("10.200.0.2 comment", _sandbox.Nft(), StringComparison.Ordinal);

        // What ADD says is what there is.
        JsonNode eth0 = Sandbox.Ip(one.Namespace, "link", "show", "eth0")[0]!;
        Assert.Equal(result.Interfaces[2].Mac, (string?)eth0["address"]);
        Assert.Equal(result.Interfaces[1].Mac, (string?)Sandbox.Ip(_sandbox.Host, "link", "show", result.Interfaces[1].Name)[0]!["address"]);
        Assert.Equal(result.Interfaces[0].Mac, (string?)Sandbox.Ip(_sandbox.Host, "link", "show", "cnio0")[0]!["address"]);

        Delete(configuration, one).Succeeded();
        Delete(configuration, two).Succeeded();
        Assert.Equal(["cnio0"], Sandbox.Links(_sandbox.Host));
        Assert.Empty(Sandbox.Links(one.Namespace));
        Assert.Empty(_sandbox.Leases("bridge"));
        Assert.DoesNotContain("10.200.0.2 comment", _sandbox.Nft(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_leaves_the_pods_network_has_the_nodes_address()
    {
        Container outside = _sandbox.NewContainer(), pod = _sandbox.NewContainer(), peer = _sandbox.NewContainer();
        Wire(outside);
        string configuration = Configuration("\"isDefaultGateway\":true,\"ipMasq\":true,\"nonMasqueradeCIDRs\":[\"192.0.2.128/25\"]", "10.1.0.0/24", "fd01::/64");
        Add(configuration, pod).Succeeded();
        Add(configuration, peer).Succeeded();

        Assert.Equal("192.0.2.1", SeenBy(outside, pod, "192.0.2.2"));
        Assert.Equal("2001:db8::1", SeenBy(outside, pod, "2001:db8::2"));
        Assert.Equal("10.1.0.2", SeenBy(peer, pod, "10.1.0.3"));
        Assert.Equal("fd01::2", SeenBy(peer, pod, "fd01::3"));
        Assert.Equal("10.1.0.2", SeenBy(outside, pod, "192.0.2.130"));
    }

    [Fact]
    public void Two_families_and_several_ranges_are_served_and_usable_at_once()
    {
        Container one = _sandbox.NewContainer();
        CniResult result = Add(Configuration("\"isDefaultGateway\":true", "10.1.0.0/24", "10.2.0.0/24", "fd01::/64"), one).Succeeded().Result;

        // No waiting: an address that is tentative can't be sent from.
        Assert.Equal(0, Sandbox.In(one.Namespace, "ping", "-n", "-c", "1", "-W", "1", "-I", "fd01::2", "fd01::1").ExitCode);
        Assert.DoesNotContain("tentative", Sandbox.In(one.Namespace, "ip", "-6", "address", "show", "scope", "global").Text, StringComparison.Ordinal);
        Assert.Equal(["10.1.0.2/24", "10.2.0.2/24", "fd01::2/64"], result.Addresses.Select(address => address.Address.ToString()));
        Assert.Equal(["10.1.0.1/24", "10.2.0.1/24", "fd01::1/64"], Sandbox.Addresses(_sandbox.Host, "br0"));
        Assert.Equal(["::/0", "0.0.0.0/0"], result.Routes.Select(route => route.Destination.ToString()).OrderDescending());
    }

    [Fact]
    public void Duplicate_address_detection_can_be_asked_for()
    {
        Container one = _sandbox.NewContainer();
        Add(Configuration("\"enabledad\":true", "fd01::/64"), one).Succeeded();
        JsonNode address = Sandbox.Ip(one.Namespace, "-6", "address", "show", "dev", "eth0").SelectMany(item => item!["addr_info"]!.AsArray()).First(item => (string?)item!["local"] == "fd01::2")!;
        Assert.False((bool?)address["nodad"] ?? false);
    }

    [Fact]
    public void Ports_bridge_and_interface_are_as_the_keys_say()
    {
        Container one = _sandbox.NewContainer();
        CniResult result = Add(Configuration("\"mtu\":1400,\"hairpinMode\":true,\"portIsolation\":true,\"mac\":\"02:00:00:00:00:42\"", "10.1.0.0/24"), one).Succeeded().Result;
        JsonNode port = Sandbox.Ip(_sandbox.Host, "link", "show", result.Interfaces[1].Name)[0]!;
        Assert.True((bool?)port["linkinfo"]!["info_slave_data"]!["hairpin"]);
        Assert.True((bool?)port["linkinfo"]!["info_slave_data"]!["isolated"]);
        Assert.Equal(1400, (int?)port["mtu"]);
        JsonNode inside = Sandbox.Ip(one.Namespace, "link", "show", "eth0")[0]!;
        Assert.Equal((1400, "02:00:00:00:00:42"), ((int?)inside["mtu"], (string?)inside["address"]));
        Assert.Equal((1400, 1400), (result.Interfaces[1].Mtu, result.Interfaces[2].Mtu));

        Container two = _sandbox.NewContainer();
        Add(Configuration("\"promiscMode\":true,\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:43\"}", "10.1.0.0/24"), two, args: "MAC=02:00:00:00:00:44").Succeeded();
        Assert.Contains("PROMISC", Sandbox.Ip(_sandbox.Host, "link", "show", "br0")[0]!["flags"]!.AsArray().Select(flag => (string?)flag));
        Assert.Equal("02:00:00:00:00:43", (string?)Sandbox.Ip(two.Namespace, "link", "show", "eth0")[0]!["address"]);
    }

    [Fact]
    public void A_containers_interface_can_be_left_alone()
    {
        Container one = _sandbox.NewContainer();
        Answer answer = Add("""{"cniVersion":"1.1.0","name":"n","type":"bridge","bridge":"br0","disableContainerInterface":true}""", one).Succeeded();
        Assert.Empty(answer.Result.Addresses);
        Assert.Equal("DOWN", (string?)Sandbox.Ip(one.Namespace, "link", "show", "eth0")[0]!["operstate"]);
    }

    [Theory] //  keys                                                       code  words
    [InlineData("\"hairpinMode\":true,\"promiscMode\":true", 7, "same time")]
    [InlineData("\"bridge\":\"a name too long for a link\"", 7, "not an interface name")]
    [InlineData("\"vlan\":5000", 7, "not a VLAN")]
    [InlineData("\"macspoofchk\":true", 2, "macspoofchk")]
    [InlineData("\"vlanTrunk\":[{\"id\":1}]", 2, "vlanTrunk")]
    [InlineData("\"mtu\":\"big\"", 6, "whole number")]
    [InlineData("\"mtu\":67", 7, "not between 68 and 65535")]
    [InlineData("\"mtu\":65536", 7, "not between 68 and 65535")]
    [InlineData("\"mac\":\"01:00:5e:00:00:01\"", 7, "not a hardware address that a link can have")]
    [InlineData("\"mac\":\"00:00:00:00:00:00\"", 7, "not a hardware address that a link can have")]
    [InlineData("\"ipMasqBackend\":\"pf\"", 7, "neither")]
    [InlineData("\"disableContainerInterface\":true", 7, "IPAM")]
    [InlineData("\"bridge\":\"lo\"", 7, "is not a bridge")]
    [InlineData("\"ipMasqBackend\":\"nftables\"", 0, "")]
    [InlineData("\"ISGATEWAY\":true", 0, "")]
    public void A_configuration_is_judged(string keys, int code, string words)
    {
        Answer answer = Add(Configuration(keys, "10.1.0.0/24").Replace(keys.Contains("\"bridge\"", StringComparison.Ordinal) ? "\"bridge\":\"br0\"," : "\0", "", StringComparison.Ordinal), _sandbox.NewContainer());
        Assert.Equal(code, answer.Code);
        Assert.Contains(words, code == 0 ? "" : answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Vlans_work_where_the_kernel_has_them_and_are_refused_clearly_elsewhere()
    {
        Answer answer = Add(Configuration("\"vlan\":100", "10.1.0.0/24"), _sandbox.NewContainer());
        if (answer.Code == 0)
        {
            Assert.Contains("100", Sandbox.In(_sandbox.Host, "bridge", "vlan", "show", "dev", answer.Result.Interfaces[1].Name).Text, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(2, answer.Code);
            Assert.Contains("CONFIG_BRIDGE_VLAN_FILTERING", answer.Message, StringComparison.Ordinal);
        }
    }

    [Theory] //  what goes wrong                                             code
    [InlineData("no namespace", 3)]
    [InlineData("own namespace", 8)]
    [InlineData("range exhausted", 11)]
    [InlineData("address clash", 7)]
    [InlineData("bad route", 5)]
    [InlineData("no ipam plugin", 7)]
    public void A_failed_add_leaves_nothing(string trouble, int code)
    {
        Container container = _sandbox.NewContainer(), first = _sandbox.NewContainer();
        string good = Configuration("\"isGateway\":true,\"ipMasq\":true", "10.1.0.0/24 10.1.0.2 10.1.0.3");
        Add(good, first).Succeeded();
        string before = State(container);
        string bad = trouble switch
        {
            "range exhausted" => Configuration("\"isGateway\":true,\"ipMasq\":true", "10.1.0.0/24 10.1.0.2 10.1.0.2"),
            "address clash" => Configuration("\"isGateway\":true,\"ipMasq\":true", "10.9.0.0/24"),
            "bad route" => $$"""{"cniVersion":"1.1.0","name":"n","type":"bridge","bridge":"br0","isGateway":true,"ipMasq":true,"ipam":{{_sandbox.HostLocal(["10.1.0.0/24 10.1.0.2 10.1.0.3"], "\"routes\":[{\"dst\":\"10.5.0.0/16\",\"gw\":\"10.77.0.1\"}]")}}}""",
            "no ipam plugin" => """{"cniVersion":"1.1.0","name":"n","type":"bridge","bridge":"br0","ipam":{"type":"nobody"}}""",
            _ => good,
        };
        Container where = trouble switch
        {
            "no namespace" => container with { Namespace = "nowhere" },
            "own namespace" => container with { Namespace = _sandbox.Host },
            _ => container,
        };
        Answer answer = Add(bad, where);
        Assert.Equal(code, answer.Code);
        Assert.Equal(before, State(container));
    }

    [Fact]
    public void A_second_add_is_refused_and_harms_nothing()
    {
        string configuration = Configuration("\"isGateway\":true,\"ipMasq\":true", "10.1.0.0/24");
        Container one = _sandbox.NewContainer();
        Add(configuration, one).Succeeded();
        string before = State(one);
        Answer again = Add(configuration, one);
        Assert.Equal(4, again.Code);
        Assert.Matches("CNI_IFNAME.*already exists", again.Message);
        Assert.Equal(before, State(one));
        Assert.True(Sandbox.CanPing(one.Namespace, "10.1.0.1"));
    }

    [Theory] //  what is gone already
    [InlineData("nothing")]
    [InlineData("namespace")]
    [InlineData("no namespace told")]
    [InlineData("bridge")]
    [InlineData("table")]
    [InlineData("link")]
    [InlineData("lease")]
    [InlineData("everything")]
    public void Del_succeeds_whatever_is_gone(string gone)
    {
        string configuration = Configuration("\"isGateway\":true,\"ipMasq\":true", "10.1.0.0/24");
        Container one = _sandbox.NewContainer();
        CniResult result = Add(configuration, one).Succeeded().Result;
        bool all = gone == "everything";
        if (all || gone == "bridge")
        {
            Sandbox.In(_sandbox.Host, "ip", "link", "del", "br0");
        }

        if (all || gone == "table")
        {
            Sandbox.In(_sandbox.Host, "nft", "flush", "ruleset");
        }

        if (all || gone == "link")
        {
            Sandbox.In(_sandbox.Host, "ip", "link", "del", result.Interfaces[1].Name);
        }

        if (all || gone == "lease")
        {
            Directory.Delete(_sandbox.Networks, recursive: true);
        }

        if (all || gone == "namespace")
        {
            Shell.Run("ip", ["netns", "del", one.Namespace]);
        }

        Delete(configuration, gone == "no namespace told" ? null! : one, one.Id).Succeeded();
        Delete(configuration, one, one.Id).Succeeded();
        Assert.DoesNotContain(Sandbox.Links(_sandbox.Host), name => name.StartsWith("veth", StringComparison.Ordinal));
        Assert.DoesNotContain("comment \"n ", _sandbox.Nft(), StringComparison.Ordinal);
        Assert.Empty(_sandbox.Leases("n"));
    }

    [Fact]
    public void A_late_del_does_not_touch_the_addresss_next_owner()
    {
        string configuration = Configuration("\"isGateway\":true,\"ipMasq\":true", "10.1.0.0/24 10.1.0.2 10.1.0.2");
        Container one = _sandbox.NewContainer(), two = _sandbox.NewContainer();
        string result = Add(configuration, one).Succeeded().Output;
        Delete(configuration, one).Succeeded();
        Add(configuration, two).Succeeded();
        Delete(WithPrevious(configuration, result), one).Succeeded();
        Assert.Contains("10.1.0.2 comment", _sandbox.Nft(), StringComparison.Ordinal);
        Assert.Equal($"{two.Id}\r\neth0", _sandbox.Leases("n")["10.1.0.2"]);
    }

    [Theory] //  what is broken                                           words
    [InlineData("nothing", null)]
    [InlineData("nft flush ruleset", "not masqueraded")]
    [InlineData("nft flush map inet fairlead-cni-masquerade pods4", "not masqueraded")]
    [InlineData("nft flush chain inet fairlead-cni-masquerade leaving-10.1.0.0-24", "not masqueraded")]
    [InlineData("ip link set HOST nomaster", "not on the bridge")]
    [InlineData("ip link set HOST down", "down")]
    [InlineData("ip link del br0", "bridge")]
    [InlineData("ip address del 10.1.0.1/24 dev br0", "gateway")]
    [InlineData("ip -n POD link set eth0 down", "down")]
    [InlineData("ip -n POD address add 10.1.0.9/24 dev eth0; ip -n POD address del 10.1.0.2/24 dev eth0", "10.1.0.2/24")]
    [InlineData("ip -n POD route del default", "route")]
    [InlineData("ip -n POD link set eth0 address 02:00:00:00:00:99", "hardware address")]
    [InlineData("rm LEASES/n/10.1.0.2", "lease")]
    public void Check_sees(string script, string? words)
    {
        string configuration = Configuration("\"isDefaultGateway\":true,\"ipMasq\":true", "10.1.0.0/24");
        Container one = _sandbox.NewContainer();
        Answer added = Add(configuration, one).Succeeded();
        if (words is not null)
        {
            Assert.Equal(0, Sandbox.In(_sandbox.Host, "bash", "-c", script
                .Replace("HOST", added.Result.Interfaces[1].Name, StringComparison.Ordinal)
                .Replace("POD", one.Namespace, StringComparison.Ordinal)
                .Replace("LEASES", _sandbox.Networks, StringComparison.Ordinal)).ExitCode);
        }

        Assert.Contains("compares with the result of ADD", _sandbox.Call("bridge", "CHECK", configuration, one).Message, StringComparison.Ordinal);
        Answer check = _sandbox.Call("bridge", "CHECK", WithPrevious(configuration, added.Output), one);
        Assert.Equal(words is null ? 0 : 100, check.Code);
        Assert.Contains(words ?? "", words is null ? "" : check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_subnet_takes_over_an_empty_bridge_and_is_explained_on_one_in_use()
    {
        string old = Configuration("\"isGateway\":true", "10.1.0.0/24"), changed = Configuration("\"isGateway\":true", "10.2.0.0/24");
        Container one = _sandbox.NewContainer(), two = _sandbox.NewContainer(), three = _sandbox.NewContainer();
        Add(old, one).Succeeded();
        Answer clash = Add(changed, two);
        Assert.Equal(7, clash.Code);
        Assert.Contains("already has an IP address different from 10.2.0.1/24", clash.Message, StringComparison.Ordinal);
        Assert.Contains("it has 10.1.0.1/24, and 1 port that may use it", clash.Message, StringComparison.Ordinal);

        Delete(old, one).Succeeded();
        Add(changed, two).Succeeded();
        Assert.Equal(["10.2.0.1/24"], Sandbox.Addresses(_sandbox.Host, "br0"));

        Add(Configuration("\"isGateway\":true,\"forceAddress\":true", "10.3.0.0/24"), three).Succeeded();
        Assert.Equal(["10.3.0.1/24"], Sandbox.Addresses(_sandbox.Host, "br0"));
    }

    [Fact]
    public void Garbage_of_attachments_that_are_no_more_is_collected_and_the_rest_stays()
    {
        string configuration = Configuration("\"isGateway\":true,\"ipMasq\":true", "10.1.0.0/24");
        string other = configuration.Replace("\"name\":\"n\"", "\"name\":\"n2\"", StringComparison.Ordinal).Replace("br0", "br1", StringComparison.Ordinal).Replace("10.1.0", "10.2.0", StringComparison.Ordinal);
        Container stays = _sandbox.NewContainer(), goes = _sandbox.NewContainer(), elsewhere = _sandbox.NewContainer();
        Add(configuration, stays).Succeeded();
        Add(configuration, goes).Succeeded();
        Add(other, elsewhere).Succeeded();

        _sandbox.Call("bridge", "GC", WithValid(configuration, stays)).Succeeded();
        Assert.Equal(2, Sandbox.Links(_sandbox.Host).Count(name => name.StartsWith("veth", StringComparison.Ordinal)));
        Assert.Empty(Sandbox.Links(goes.Namespace));
        Assert.Equal([$"{stays.Id}\r\neth0"], _sandbox.Leases("n").Values);
        string rules = _sandbox.Nft();
        Assert.Contains(stays.Id, rules, StringComparison.Ordinal);
        Assert.Contains(elsewhere.Id, rules, StringComparison.Ordinal);
        Assert.DoesNotContain(goes.Id, rules, StringComparison.Ordinal);
        Assert.True(Sandbox.CanPing(stays.Namespace, "10.1.0.1"));
        Assert.True(Sandbox.CanPing(elsewhere.Namespace, "10.2.0.1"));
    }

    [Fact]
    public void Status_tells_an_exhausted_range()
    {
        string configuration = Configuration("", "10.1.0.0/24 10.1.0.2 10.1.0.2");
        Assert.Equal(0, _sandbox.Call("bridge", "STATUS", configuration).Code);
        Add(configuration, _sandbox.NewContainer()).Succeeded();
        Assert.Equal(50, _sandbox.Call("bridge", "STATUS", configuration).Code);
    }

    [Fact]
    public void Fifty_at_once_all_work_and_share_nothing()
    {
        string configuration = Configuration("\"isDefaultGateway\":true,\"ipMasq\":true", "10.1.0.0/24", "fd01::/64");
        Container[] containers = [.. Enumerable.Range(0, 50).Select(_ => _sandbox.NewContainer())];
        string[] given = new string[containers.Length];
        Parallel.For(0, containers.Length, new ParallelOptions { MaxDegreeOfParallelism = 50 }, i =>
            given[i] = Add(configuration, containers[i]).Succeeded().Result.Addresses[0].Address.ToString());
        Assert.Equal(50, given.Distinct().Count());
        Assert.Equal(["10.1.0.1/24", "fd01::1/64"], Sandbox.Addresses(_sandbox.Host, "br0"));
        string rules = _sandbox.Nft();
        Assert.Equal(2, rules.Split("vmap @").Length - 1);
        Assert.All(containers, container => Assert.Equal(2, rules.Split($"\"n {container.Id} eth0\"").Length - 1));
        Assert.True(Sandbox.CanPing(containers[49].Namespace, "10.1.0.1"));

        Parallel.For(0, containers.Length, new ParallelOptions { MaxDegreeOfParallelism = 50 }, i => Delete(configuration, containers[i]).Succeeded());
        Assert.Equal(["br0"], Sandbox.Links(_sandbox.Host));
        Assert.Empty(_sandbox.Leases("n"));
    }

    [Fact]
    public void Killed_at_any_instant_the_next_add_del_or_gc_repairs()
    {
        string configuration = Configuration("\"isDefaultGateway\":true,\"ipMasq\":true", "10.1.0.0/24 10.1.0.2 10.1.0.5");
        Container one = _sandbox.NewContainer();
        Add(configuration, one).Succeeded(); // bridge and table are there from now on
        Delete(configuration, one).Succeeded();
        string clean = State(one);
        for (int round = 0; round < 60; round++)
        {
            // Killed after 1.0, 1.1 … 6.9 ms: from before the first request to after the last.
            string command = round % 2 == 0 ? "ADD" : "DEL";
            if (command == "DEL")
            {
                Add(configuration, one).Succeeded();
            }

            string delay = (0.001 + (round * 0.0001)).ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture);
            Shell.Run("ip", ["netns", "exec", _sandbox.Host, "timeout", "-s", "KILL", delay, Path.Combine(Built.PluginDirectory, "bridge")], configuration, Sandbox.Variables(command, one));
            switch (round % 3)
            {
                case 0:
                    Delete(configuration, one).Succeeded();
                    break;
                case 1:
                    _sandbox.Call("bridge", "GC", configuration).Succeeded();
                    break;
                default:
                    Answer again = Add(configuration, one); // refused only when the killed one had finished
                    if (again.Code == 0 || command == "ADD")
                    {
                        Assert.True(Sandbox.CanPing(one.Namespace, "10.1.0.1"), again.Output);
                    }

                    Delete(configuration, one).Succeeded();
                    break;
            }

            Assert.Equal(clean, State(one));
        }
    }

    [Fact]
    public void Killed_before_bridge_and_table_are_there_the_next_add_works()
    {
        string configuration = Configuration("\"isDefaultGateway\":true,\"ipMasq\":true", "10.1.0.0/24", "fd01::/64");
        Container one = _sandbox.NewContainer();
        for (int round = 0; round < 12; round++)
        {
            string delay = (0.001 + (round * 0.0005)).ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture);
            Shell.Run("ip", ["netns", "exec", _sandbox.Host, "timeout", "-s", "KILL", delay, Path.Combine(Built.PluginDirectory, "bridge")], configuration, Sandbox.Variables("ADD", one));
            Delete(configuration, one).Succeeded();
            Add(configuration, one).Succeeded();
            Assert.True(Sandbox.CanPing(one.Namespace, "10.1.0.1"));
            Assert.True(Sandbox.CanPing(one.Namespace, "fd01::1"));
            Assert.Equal(2, _sandbox.Nft().Split("vmap @").Length - 1);
            Delete(configuration, one).Succeeded();
            Sandbox.In(_sandbox.Host, "ip", "link", "del", "br0");
            Sandbox.In(_sandbox.Host, "nft", "flush", "ruleset");
        }
    }

    [Fact]
    public void The_runtimes_resolver_settings_come_first()
    {
        CniResult result = Add(Configuration("\"dns\":{\"nameservers\":[\"10.0.0.1\"]},\"runtimeConfig\":{\"dns\":{\"servers\":[\"10.32.0.10\"],\"searches\":[\"cluster.local\"]}}", "10.1.0.0/24"), _sandbox.NewContainer()).Succeeded().Result;
        Assert.Equal("10.32.0.10 cluster.local", $"{result.Dns.Nameservers[0]} {result.Dns.Search[0]}");
    }

    [Fact]
    public void Kubenets_conflist_of_the_page_works()
    {
        string page = File.ReadAllText(Path.Combine(Built.Repository, "docs", "components", "cni.md"));
        string json = page.Split("```json")[1].Split("```")[0];
        JsonArray plugins = JsonNode.Parse(json)!["plugins"]!.AsArray();
        plugins[0]!["ipam"]!["dataDir"] = _sandbox.Networks;
        Chain chain = new(_sandbox, string.Join(',', plugins.Select(plugin => plugin!.ToJsonString())), "kubenet");
        Container one = _sandbox.NewContainer(), world = _sandbox.NewContainer();
        Connections.Wire(_sandbox.Host, world.Namespace);
        Sandbox.In(world.Namespace, "ip", "address", "add", "10.9.0.9/32", "dev", "lo");
        Sandbox.In(_sandbox.Host, "ip", "route", "add", "10.9.0.9", "via", "192.0.2.2");
        const string Capabilities = """{"portMappings":[{"hostPort":8080,"containerPort":80}],"bandwidth":{"ingressRate":100000000,"ingressBurst":10000000}}""";
        chain.Add(one, Capabilities);
        Assert.Equal(1460, (int)Sandbox.Ip(one.Namespace, "link", "show", "eth0")[0]!["mtu"]!);
        Assert.Equal("192.0.2.1", Connections.SeenBy(world.Namespace, 80, one.Namespace, "192.0.2.2:80"));
        Assert.Equal("10.200.0.2", Connections.SeenBy(world.Namespace, 80, one.Namespace, "10.9.0.9:80"));
        Assert.Equal("192.0.2.2", Connections.SeenBy(one.Namespace, 80, world.Namespace, "192.0.2.1:8080"));
        Assert.Equal("", chain.Problem(one, Capabilities));
        chain.Delete(one, Capabilities);
    }

    private static string WithPrevious(string configuration, string result) => With(configuration, "prevResult", JsonNode.Parse(result)!);

    private static string WithValid(string configuration, params Container[] valid) => With(configuration, "cni.dev/valid-attachments",
        new JsonArray([.. valid.Select(container => new JsonObject { ["containerID"] = container.Id, ["ifname"] = "eth0" })]));

    private static string With(string configuration, string key, JsonNode value)
    {
        JsonNode json = JsonNode.Parse(configuration)!;
        json[key] = value;
        return json.ToJsonString();
    }

    private string Configuration(string keys, params string[] ranges) =>
        $$"""{"cniVersion":"1.1.0","name":"n","type":"bridge","bridge":"br0",{{(keys.Length == 0 ? "" : $"{keys},")}}"ipam":{{_sandbox.HostLocal(ranges)}}}""";

    private Answer Add(string configuration, Container container, string? args = null) => _sandbox.Call("bridge", "ADD", configuration, container, args: args);

    private Answer Delete(string configuration, Container? container, string? id = null)
    {
        Dictionary<string, string?> variables = Sandbox.Variables("DEL", container ?? new Container(id!, ""));
        variables["CNI_NETNS"] = container?.Path;
        Outcome outcome = Shell.Run("ip", ["netns", "exec", _sandbox.Host, Path.Combine(Built.PluginDirectory, "bridge")], configuration, variables);
        return new Answer(outcome.ExitCode, outcome.Output, outcome.Error);
    }

    /// <summary>All that an ADD or DEL could leave: links, addresses, rules, leases.</summary>
    private string State(Container container) => string.Join('\n', [
        string.Join(' ', Sandbox.Links(_sandbox.Host)),
        string.Join(' ', Sandbox.Links(container.Namespace)),
        string.Join(' ', Sandbox.Addresses(_sandbox.Host, "br0")),
        _sandbox.Nft(),
        string.Join(' ', _sandbox.Leases("n").Select(pair => $"{pair.Key}={pair.Value}")),
    ]);

    /// <summary>A link from the host to a container that plays the world outside: 192.0.2.0/25, 192.0.2.128/25 and 2001:db8::/64.</summary>
    private void Wire(Container outside) => Assert.Equal(0, Sandbox.In(_sandbox.Host, "bash", "-c", $"""
        set -e
        ip link add uplink type veth peer name eth0 netns {outside.Namespace}
        ip address add 192.0.2.1/25 dev uplink; ip address add 192.0.2.129/25 dev uplink; ip -6 address add 2001:db8::1/64 dev uplink nodad; ip link set uplink up
        ip -n {outside.Namespace} address add 192.0.2.2/25 dev eth0; ip -n {outside.Namespace} address add 192.0.2.130/25 dev eth0
        ip -n {outside.Namespace} -6 address add 2001:db8::2/64 dev eth0 nodad; ip -n {outside.Namespace} link set eth0 up
        ip -n {outside.Namespace} route add 10.1.0.0/24 via 192.0.2.129
        """).ExitCode);

    /// <summary>Which source address a TCP connection from a pod has where it arrives.</summary>
    private static string SeenBy(Container server, Container client, string address)
    {
        string family = address.Contains(':', StringComparison.Ordinal) ? "6" : "4";
        string target = family == "6" ? $"[{address}]" : address;
        string script = $"""
            ip netns exec {server.Namespace} timeout 5 socat TCP{family}-LISTEN:7000,bind={target},reuseaddr SYSTEM:'echo $SOCAT_PEERADDR' &
            for i in 1 2 3 4 5 6 7 8 9 10; do ip netns exec {server.Namespace} ss -Hltn | grep -q ':7000 ' && break; sleep 0.05; done
            ip netns exec {client.Namespace} timeout 5 socat -u TCP{family}:{target}:7000 STDOUT
            wait
            """;
        string seen = Shell.Bash(script).Output.Trim().Trim('[', ']');
        return System.Net.IPAddress.TryParse(seen, out System.Net.IPAddress? parsed) ? parsed.ToString() : seen;
    }
}
