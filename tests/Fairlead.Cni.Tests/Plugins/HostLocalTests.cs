using Fairlead.Cni.Tests.Sandboxes;

namespace Fairlead.Cni.Tests.Plugins;

[Trait("Category", "Root")]
public sealed class HostLocalTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory] //  range                                     addresses in turn
    [InlineData("10.1.0.0/29", "10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5 10.1.0.6")]
    [InlineData("10.1.0.0/24 10.1.0.10 10.1.0.11", "10.1.0.10 10.1.0.11")]
    [InlineData("fd00::/126", "fd00::2 fd00::3")]
    public void A_range_is_given_away_address_by_address_and_then_exhausted(string range, string expected)
    {
        string configuration = Configuration(_sandbox.HostLocal(range));
        foreach (string address in expected.Split(' '))
        {
            Container container = new($"c-{address.Replace(':', '-')}", "none");
            Assert.Equal(0, Status(configuration).Code);
            Assert.Equal(address, Add(configuration, container).Succeeded().Result.Addresses[0].Address.Address.ToString());
        }

        Answer full = Add(configuration, new Container("one-more", "none"));
        Assert.Equal(11, full.Code);
        Assert.Contains("no IP addresses available", full.Message, StringComparison.Ordinal);
        Answer status = Status(configuration);
        Assert.Equal(50, status.Code);
        Assert.Contains("no IP addresses available", status.Message, StringComparison.Ordinal);

        Delete(configuration, new Container($"c-{expected.Split(' ')[0].Replace(':', '-')}", "none"));
        Assert.Equal(0, Status(configuration).Code);
    }

    [Fact]
    public void Leases_are_kept_as_the_reference_keeps_them()
    {
        string configuration = Configuration(_sandbox.HostLocal("10.1.0.0/24", "fd00::/64"));
        Add(configuration, new Container("one", "none")).Succeeded();
        Assert.Equal("one\r\neth0", _sandbox.Leases("n")["10.1.0.2"]);
        Assert.Equal("one\r\neth0", _sandbox.Leases("n")["fd00::2"]);
        Assert.Equal("10.1.0.2", File.ReadAllText(Path.Combine(_sandbox.Networks, "n", "last_reserved_ip.0")));
        Assert.Equal("fd00::2", File.ReadAllText(Path.Combine(_sandbox.Networks, "n", "last_reserved_ip.1")));
    }

    [Fact]
    public void The_reference_and_ours_go_on_from_one_anothers_leases()
    {
        string configuration = Configuration(_sandbox.HostLocal("10.1.0.0/24"), "1.0.0");
        Container theirs = new("theirs", "none"), ours = new("ours", "none");
        Assert.Equal("10.1.0.2", Reference("ADD", configuration, theirs).Succeeded().Result.Addresses[0].Address.Address.ToString());
        Assert.Equal("10.1.0.3", Add(configuration, ours).Succeeded().Result.Addresses[0].Address.Address.ToString());
        Assert.Equal("10.1.0.4", Reference("ADD", configuration, new Container("third", "none")).Succeeded().Result.Addresses[0].Address.Address.ToString());
        Delete(configuration, theirs);
        Reference("DEL", configuration, ours).Succeeded();
        Assert.Equal(["10.1.0.4"], _sandbox.Leases("n").Keys);
    }

    [Theory] //  ipam keys over the range                                        code
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.5/24\"}]]", 7)]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/31\"}]]", 7)]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\",\"gateway\":\"10.2.0.1\"}]]", 7)]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.0.9\",\"rangeEnd\":\"10.1.0.8\"}]]", 7)]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],[{\"subnet\":\"10.1.0.0/25\"}]]", 7)]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"},{\"subnet\":\"fd00::/64\"}]]", 7)]
    [InlineData("\"ranges\":[[]]", 7)]
    [InlineData("\"ranges\":[]", 7)]
    [InlineData("\"ranges\":{}", 6)]
    [InlineData("\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"},{\"subnet\":\"10.2.0.0/24\"}]]", 0)]
    [InlineData("\"subnet\":\"10.1.0.0/24\"", 0)]
    public void A_configuration_is_judged(string keys, int code) =>
        Assert.Equal(code, Add(Configuration($$"""{"type":"host-local","dataDir":"{{_sandbox.Networks}}",{{keys}}}"""), new Container("c", "none")).Code);

    [Theory] //  CNI_ARGS          ips of the runtime              given, or a part of the error
    [InlineData("IP=10.1.0.77", "", "10.1.0.77")]
    [InlineData(null, "\"10.1.0.78\"", "10.1.0.78")]
    [InlineData(null, "\"10.1.0.78/24\"", "10.1.0.78")]
    [InlineData("IP=10.1.0.1", "", "gateway")]
    [InlineData("IP=10.9.0.1", "", "failed to allocate all requested IPs")]
    [InlineData("IP=10.1.0.200", "", "container holder")]
    public void An_address_can_be_asked_for(string? args, string ips, string expected)
    {
        string ipam = _sandbox.HostLocal("10.1.0.0/24");
        Add(Configuration(ipam), new Container("holder", "none"), "IP=10.1.0.200").Succeeded();
        string configuration = ips.Length == 0 ? Configuration(ipam) : Configuration(ipam).Replace("\"name\"", $"\"runtimeConfig\":{{\"ips\":[{ips}]}},\"name\"", StringComparison.Ordinal);
        Answer answer = Add(configuration, new Container("c", "none"), args);
        if (answer.Code == 0)
        {
            Assert.Equal(expected, answer.Result.Addresses[0].Address.Address.ToString());
        }
        else
        {
            Assert.Contains(expected, answer.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Routes_and_resolver_go_into_the_result()
    {
        string resolver = Path.Combine(_sandbox.Directory, "resolv.conf");
        File.WriteAllText(resolver, "# a comment\nnameserver 10.32.0.10\nsearch svc.cluster.local cluster.local\noptions ndots:5\n");
        CniResult result = Add(Configuration(_sandbox.HostLocal(["10.1.0.0/24"], $$"""
            "resolvConf":"{{resolver}}","routes":[{"dst":"0.0.0.0/0"},{"dst":"10.0.0.0/8","gw":"10.1.0.9","mtu":1400,"advmss":1300,"table":7,"priority":3}]
            """)), new Container("c", "none")).Succeeded().Result;
        Assert.Equal(["10.32.0.10"], result.Dns.Nameservers);
        Assert.Equal(["svc.cluster.local", "cluster.local"], result.Dns.Search);
        Assert.Equal((1400, 1300, 7, 3), (result.Routes[1].Mtu, result.Routes[1].AdvertisedMss, result.Routes[1].Table, result.Routes[1].Priority));
    }

    [Theory] //  what the lease file holds after a crash
    [InlineData("")]
    [InlineData("\0\0\0\0\0\0\0\0")]
    [InlineData("abc\r\n")]
    public void A_torn_lease_is_free_again(string text)
    {
        string configuration = Configuration(_sandbox.HostLocal("10.1.0.0/29 10.1.0.2 10.1.0.2"));
        Directory.CreateDirectory(Path.Combine(_sandbox.Networks, "n"));
        File.WriteAllText(Path.Combine(_sandbox.Networks, "n", "10.1.0.2"), text);
        Assert.Equal("10.1.0.2", Add(configuration, new Container("c", "none")).Succeeded().Result.Addresses[0].Address.Address.ToString());
    }

    [Fact]
    public void An_add_that_was_killed_keeps_its_address_for_the_next_one()
    {
        string configuration = Configuration(_sandbox.HostLocal("10.1.0.0/24"));
        Container container = new("c", "none");
        Assert.Equal("10.1.0.2", Add(configuration, container).Succeeded().Result.Addresses[0].Address.Address.ToString());
        Assert.Equal("10.1.0.2", Add(configuration, container).Succeeded().Result.Addresses[0].Address.Address.ToString());
        Assert.Single(_sandbox.Leases("n"));
    }

    [Fact]
    public void Leases_of_attachments_that_are_no_more_are_collected()
    {
        string configuration = Configuration(_sandbox.HostLocal("10.1.0.0/24"));
        foreach (string id in (string[])["stays", "goes", "goes-too"])
        {
            Add(configuration, new Container(id, "none")).Succeeded();
        }

        _sandbox.Call("host-local", "GC", configuration.Replace("\"name\"", """
            "cni.dev/valid-attachments":[{"containerID":"stays","ifname":"eth0"},{"containerID":"goes","ifname":"net1"}],"name"
            """, StringComparison.Ordinal)).Succeeded();
        Assert.Equal(["stays\r\neth0"], _sandbox.Leases("n").Values);
    }

    [Fact]
    public void After_a_reboot_the_leases_of_vanished_containers_are_reclaimed()
    {
        string configuration = Configuration(_sandbox.HostLocal("10.1.0.0/24"));
        Add(configuration, new Container("before", "none")).Succeeded();
        Add(configuration, new Container("young", "none")).Succeeded();
        string directory = Path.Combine(_sandbox.Networks, "n");
        File.SetLastWriteTimeUtc(Path.Combine(directory, "10.1.0.2"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        string boot = Path.Combine(_sandbox.Directory, "boot_id");
        File.WriteAllText(boot, "9d3b1c52-0000-4000-8000-000000000000\n");

        // The same boot: nothing happens, however old a lease is.
        Add(configuration, new Container("same-boot", "none")).Succeeded();
        Assert.Contains("before\r\neth0", _sandbox.Leases("n").Values);

        Outcome outcome = Shell.Run(
            "unshare",
            ["--mount", "bash", "-c", $"mount --bind {boot} /proc/sys/kernel/random/boot_id && exec {Built.PluginDirectory}/host-local"],
            configuration,
            Sandbox.Variables("ADD", new Container("after", "none")));
        Assert.Equal(0, outcome.ExitCode);
        Assert.DoesNotContain("before\r\neth0", _sandbox.Leases("n").Values);
        Assert.Contains("young\r\neth0", _sandbox.Leases("n").Values);
        Assert.Contains("after\r\neth0", _sandbox.Leases("n").Values);
    }

    [Fact]
    public void Fifty_at_once_never_share_an_address()
    {
        string configuration = Configuration(_sandbox.HostLocal("10.1.0.0/24"));
        string[] given = new string[50];
        Parallel.For(0, given.Length, new ParallelOptions { MaxDegreeOfParallelism = 50 }, i =>
            given[i] = Add(configuration, new Container($"c{i}", "none")).Succeeded().Result.Addresses[0].Address.ToString());
        Assert.Equal(50, given.Distinct().Count());
        Assert.Equal(50, _sandbox.Leases("n").Values.Distinct().Count());
    }

    [Fact]
    public async Task A_reader_never_sees_half_a_lease()
    {
        string configuration = Configuration(_sandbox.HostLocal("10.1.0.0/24"));
        string directory = Path.Combine(_sandbox.Networks, "n");
        Directory.CreateDirectory(directory);
        using CancellationTokenSource stop = new();
        Task<bool> reader = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                if (_sandbox.Leases("n").Values.Any(text => !text.EndsWith("\r\neth0", StringComparison.Ordinal)))
                {
                    return false;
                }
            }

            return true;
        }, TestContext.Current.CancellationToken);
        for (int i = 0; i < 30; i++)
        {
            Add(configuration, new Container($"c{i}", "none")).Succeeded();
        }

        await stop.CancelAsync();
        Assert.True(await reader);
    }

    private static string Configuration(string ipam, string version = "1.1.0") => $$"""{"cniVersion":"{{version}}","name":"n","type":"bridge","ipam":{{ipam}}}""";

    private Answer Add(string configuration, Container container, string? args = null) => _sandbox.Call("host-local", "ADD", configuration, container, args: args);

    private void Delete(string configuration, Container container) => _sandbox.Call("host-local", "DEL", configuration, container).Succeeded();

    private Answer Status(string configuration) => _sandbox.Call("host-local", "STATUS", configuration);

    private Answer Reference(string command, string configuration, Container container) => _sandbox.CallFile("/usr/lib/cni/host-local", command, configuration, container);
}
