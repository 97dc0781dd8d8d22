using System.Diagnostics;

namespace Fairlead.Network.Tests;

public sealed class IptablesViewTests
{
    private static readonly NodeSettings Settings = new() { NodeName = "n0", ClusterCidrs = [NetPrefix.Parse("10.200.0.0/16")] };

    [Fact]
    public void A_service_looks_as_kube_proxy_writes_it()
    {
        string text = View();
        Assert.Contains("-A KUBE-SERVICES -d 10.32.0.10/32 -p tcp -m comment --comment \"d/web:http cluster IP\" -m tcp --dport 80 -j KUBE-SVC-", text, StringComparison.Ordinal);
        Assert.Contains("--probability 0.5000000000 -j KUBE-SEP-", text, StringComparison.Ordinal);
        Assert.Contains("-j DNAT --to-destination 10.200.0.5:8080", text, StringComparison.Ordinal);
        Assert.Contains("-A KUBE-NODEPORTS -p tcp -m comment --comment \"d/web:http\" -m tcp --dport 30080 -j KUBE-EXT-", text, StringComparison.Ordinal);
        Assert.Contains("-A KUBE-SERVICES -d 10.32.0.11/32 -p tcp -m comment --comment \"d/empty cluster IP\" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable", text, StringComparison.Ordinal);

        // The name that kube-proxy gives the chain of this very Service and port.
        Assert.Contains("KUBE-SVC-NPX46M4PTMTKRN6Y", View(kubernetes: true), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Root")]
    public void Iptables_restore_takes_it()
    {
        ProcessStartInfo start = new("unshare", ["-n", "iptables-restore", "--test"]) { RedirectStandardInput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Write(View());
        process.StandardInput.Close();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal((0, ""), (process.ExitCode, error));
    }

    private static string View(bool kubernetes = false)
    {
        ClusterState cluster = ClusterState.Empty
            .With(new ServiceState
            {
                Key = kubernetes ? new("default", "kubernetes") : new("d", "web"),
                ClusterIPs = [NetAddress.Parse("10.32.0.10")],
                LoadBalancerIPs = [NetAddress.Parse("203.0.113.1")],
                ExternalTrafficLocal = true,
                AffinitySeconds = 600,
                Ports = [new(kubernetes ? "https" : "http", TransportProtocol.Tcp, 80, 30080)],
            })
            .With(new ServiceState { Key = new("d", "empty"), ClusterIPs = [NetAddress.Parse("10.32.0.11")], Ports = [new("", TransportProtocol.Tcp, 80, 0)] })
            .With(new EndpointSliceState
            {
                Key = new("d", "web-1"),
                Service = kubernetes ? new("default", "kubernetes") : new("d", "web"),
                IsIPv6 = false,
                Ports = [new(kubernetes ? "https" : "http", TransportProtocol.Tcp, 8080)],
                Endpoints =
                [
                    new() { Address = NetAddress.Parse("10.200.0.5"), NodeName = "n0", Readiness = EndpointReadiness.Ready },
                    new() { Address = NetAddress.Parse("10.200.1.6"), NodeName = "n1", Readiness = EndpointReadiness.Ready },
                ],
            });
        return IptablesView.Write(NetworkPlanner.Plan(cluster, Settings), cluster, Settings);
    }
}
