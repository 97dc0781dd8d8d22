using Fairlead.Cni.Tests.Sandboxes;

namespace Fairlead.Cni.Tests.Clients;

/// <summary>Our plugins and the reference's, of Debian's containernetworking-plugins, in one chain.</summary>
[Trait("Category", "Root")]
public sealed class ReferenceChainTests : IDisposable
{
    private const string Reference = "/usr/lib/cni";
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory] //  which plugins are the reference's
    [InlineData("")]
    [InlineData("bridge")]
    [InlineData("host-local")]
    [InlineData("bridge host-local")]
    [InlineData("portmap")]
    [InlineData("portmap tuning bandwidth firewall")]
    [InlineData("bridge portmap")]
    [InlineData("bandwidth")]
    [InlineData("tuning firewall")]
    public void A_chain_works_whoever_made_which_link_of_it(string theirs)
    {
        string bin = Path.Combine(_sandbox.Directory, "bin");
        Directory.CreateDirectory(bin);
        string[] names = ["bridge", "host-local", "portmap", "bandwidth", "tuning", "firewall"];
        foreach (string name in names)
        {
            File.CreateSymbolicLink(Path.Combine(bin, name), Path.Combine(theirs.Split(' ').Contains(name) ? Reference : Built.PluginDirectory, name));
        }

        Container pod = _sandbox.NewContainer(), outside = _sandbox.NewContainer();
        Connections.Wire(_sandbox.Host, outside.Namespace);
        Chain chain = new(_sandbox, $$"""
            {"type":"bridge","bridge":"br0","isDefaultGateway":true,"ipMasq":true,"ipam":{{_sandbox.HostLocal("10.1.0.0/24")}} },
            {"type":"portmap","capabilities":{"portMappings":true} },{"type":"bandwidth","ingressRate":100000000,"ingressBurst":10000000,"egressRate":100000000,"egressBurst":10000000},
            {"type":"tuning","sysctl":{"net.core.somaxconn":"500"} },{"type":"firewall","backend":"iptables"}
            """, version: "1.0.0", path: [bin]);
        const string Capabilities = """{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]}""";
        CniResult result = chain.Add(pod, Capabilities);
        Assert.Equal("10.1.0.2/24", result.Addresses[0].Address.ToString());
        Assert.Equal("192.0.2.2", Connections.SeenBy(pod.Namespace, 80, outside.Namespace, "192.0.2.1:8080"));
        Assert.Equal("192.0.2.1", Connections.SeenBy(outside.Namespace, 80, pod.Namespace, "192.0.2.2:80"));
        Assert.Equal("500", Sandbox.In(pod.Namespace, "cat", "/proc/sys/net/core/somaxconn").Text.Trim());
        if (!theirs.Contains("portmap", StringComparison.Ordinal))
        {
            Assert.Equal("", chain.Problem(pod, Capabilities)); // CHECK of the reference's portmap 1.1.1 wants IPv6 chains where there is no IPv6.
        }

        chain.Delete(pod, Capabilities);
        Assert.Equal(["br0", "uplink"], Sandbox.Links(_sandbox.Host).Order());
        Assert.Empty(_sandbox.Leases("n"));
        Assert.DoesNotContain("8080", _sandbox.Nft(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_references_bridge_made_ours_deletes()
    {
        string configuration = $$"""{"cniVersion":"1.0.0","name":"n","type":"bridge","bridge":"br0","isGateway":true,"ipam":{{_sandbox.HostLocal("10.1.0.0/24")}} }""";
        Container pod = _sandbox.NewContainer();
        _sandbox.CallFile(Path.Combine(Reference, "bridge"), "ADD", configuration, pod, path: Reference).Succeeded();
        _sandbox.Call("bridge", "DEL", configuration, pod).Succeeded();
        Assert.Equal(["br0"], Sandbox.Links(_sandbox.Host));
        Assert.Empty(_sandbox.Leases("n"));
    }
}
