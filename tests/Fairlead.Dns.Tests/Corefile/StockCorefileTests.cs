using System.Net;
using Fairlead.Dns.Forwarding;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Tests;

/// <summary>The Corefiles that clusters come with, as they are.</summary>
public sealed class StockCorefileTests
{
    private const string Kubeadm = """
        .:53 {
            errors
            health {
               lameduck 5s
            }
            ready
            kubernetes cluster.local in-addr.arpa ip6.arpa {
               pods insecure
               fallthrough in-addr.arpa ip6.arpa
               ttl 30
            }
            prometheus :9153
            forward . /etc/resolv.conf {
               max_concurrent 1000
            }
            cache 30 {
               disable success cluster.local
               disable denial cluster.local
            }
            loop
            reload
            loadbalance
        }
        """;

    private const string K3s = """
        .:53 {
            errors
            health
            ready
            kubernetes cluster.local in-addr.arpa ip6.arpa {
              pods insecure
              fallthrough in-addr.arpa ip6.arpa
            }
            hosts /etc/coredns/NodeHosts {
              ttl 60
              reload 15s
              fallthrough
            }
            prometheus :9153
            cache 30
            loop
            reload
            loadbalance
            import /etc/coredns/custom/*.override
            forward . /etc/resolv.conf
        }
        import /etc/coredns/custom/*.server
        """;

    private const string Eks = """
        .:53 {
            errors
            health {
                lameduck 5s
              }
            ready
            kubernetes cluster.local in-addr.arpa ip6.arpa {
              pods insecure
              fallthrough in-addr.arpa ip6.arpa
            }
            prometheus :9153
            forward . /etc/resolv.conf
            cache 30
            loop
            reload
            loadbalance
        }
        """;

    private const string NodeLocal = """
        cluster.local:53 {
            errors
            cache {
                    success 9984 30
                    denial 9984 5
            }
            reload
            loop
            bind 169.254.20.10 10.32.0.10
            forward . 10.32.0.11 {
                    force_tcp
            }
            prometheus :9253
            health 169.254.20.10:8080
            }
        in-addr.arpa:53 {
            errors
            cache 30
            reload
            loop
            bind 169.254.20.10 10.32.0.10
            forward . 10.32.0.11 {
                    force_tcp
            }
            prometheus :9253
            }
        .:53 {
            errors
            cache 30
            reload
            loop
            bind 169.254.20.10 10.32.0.10
            forward . /etc/resolv.conf
            prometheus :9253
            }
        """;

    private const string Aks = """
        .:53 {
            errors
            ready
            health {
              lameduck 5s
            }
            kubernetes cluster.local in-addr.arpa ip6.arpa {
              pods insecure
              fallthrough in-addr.arpa ip6.arpa
              ttl 30
            }
            prometheus :9153
            forward . /etc/resolv.conf
            cache 30
            loop
            reload
            loadbalance
            import custom/*.override
            template ANY ANY internal.cloudapp.net {
              match "^(?:[^.]+\.){4,}internal\.cloudapp\.net\.$"
              rcode NXDOMAIN
              fallthrough
            }
            template ANY ANY reddog.microsoft.com {
              rcode NXDOMAIN
            }
        }
        import custom/*.server
        """;

    [Theory]
    [InlineData("kubeadm", Kubeadm)]
    [InlineData("k3s", K3s)]
    [InlineData("EKS", Eks)]
    [InlineData("node-local cache", NodeLocal)]
    [InlineData("AKS", Aks)]
    public void It_loads_as_it_is(string whose, string text)
    {
        using CorefileFolder folder = new(text.Replace("/etc/resolv.conf", "resolv.conf", StringComparison.Ordinal));
        folder.Write("resolv.conf", "nameserver 192.0.2.1\n");
        DnsConfiguration configuration = folder.Load();
        ServerBlock root = configuration.Find(DnsName.Parse("www.example.org.").Wire, 53)!;
        Assert.True(root.DetectsLoops, whose);
        Assert.NotNull(root.Cache);
        Assert.NotNull(root.Errors);
        Assert.Equal("192.0.2.1:53", Assert.Single(root.Forwards[0].Upstreams).ToString());
    }

    [Fact]
    public void Kubeadms_means_what_it_says()
    {
        using CorefileFolder folder = new(Kubeadm.Replace("/etc/resolv.conf", "resolv.conf", StringComparison.Ordinal));
        folder.Write("resolv.conf", "search corp.example.com\nnameserver 192.0.2.1\nnameserver 2001:db8::1\noptions ndots:5\n");
        DnsConfiguration configuration = folder.Load();
        ServerBlock server = Assert.Single(configuration.Servers);
        Assert.Empty(configuration.Warnings);
        Assert.Equal(["cluster.local.", "in-addr.arpa.", "ip6.arpa."], server.Kubernetes!.Zones.Select(z => z.ToString()));
        Assert.Equal(PodNames.Insecure, server.Kubernetes.Pods);
        Assert.Equal(30u, server.Kubernetes.Ttl);
        Assert.True(server.Kubernetes.Fallthrough.Applies(DnsName.Parse("4.3.2.1.in-addr.arpa.").Wire));
        Assert.False(server.Kubernetes.Fallthrough.Applies(DnsName.Parse("nothing.default.svc.cluster.local.").Wire));
        Assert.Equal(TimeSpan.FromSeconds(5), server.Health!.LameDuck);
        Assert.Equal(8080, server.Health.Address.Port);
        Assert.Equal(8181, server.Ready!.Port);
        Assert.Equal(9153, server.Prometheus!.Port);
        Assert.Equal(["192.0.2.1:53", "[2001:db8::1]:53"], server.Forwards[0].Upstreams.Select(u => u.ToString()));
        Assert.Equal(1000, server.Forwards[0].MaximumConcurrent);
        Assert.Equal("cluster.local.", Assert.Single(server.Cache!.SuccessDisabled).ToString());
        Assert.True(server.ShufflesAnswers);
        Assert.Equal(new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(15)), server.Reload);
    }

    [Fact]
    public void The_longest_zone_answers()
    {
        using CorefileFolder folder = new("""
            . {
              forward . 192.0.2.1
            }
            corp.example.com {
              forward . 192.0.2.2
            }
            10.0.0.0/23 {
              forward . 192.0.2.3
            }
            .:1053 {
              forward . 192.0.2.4
            }
            """);
        DnsConfiguration configuration = folder.Load();
        Assert.Equal("192.0.2.1:53", Upstream("example.com.", 53));
        Assert.Equal("192.0.2.1:53", Upstream("notcorp.example.com.", 53));
        Assert.Equal("192.0.2.2:53", Upstream("corp.example.com.", 53));
        Assert.Equal("192.0.2.2:53", Upstream("a.b.corp.example.com.", 53));
        Assert.Equal("192.0.2.3:53", Upstream("7.1.0.10.in-addr.arpa.", 53));
        Assert.Equal("192.0.2.1:53", Upstream("7.2.0.10.in-addr.arpa.", 53));
        Assert.Equal("192.0.2.4:53", Upstream("corp.example.com.", 1053));
        Assert.Null(configuration.Find(DnsName.Parse("corp.example.com.").Wire, 2053));

        string Upstream(string name, int port) => configuration.Find(DnsName.Parse(name).Wire, port)!.Forwards[0].Upstreams[0].Address.ToString();
    }

    [Fact]
    public void The_stub_of_systemd_resolved_is_passed_by()
    {
        ResolvConf conf = ResolvConf.Parse("# stub\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n");
        Assert.Equal(IPAddress.Parse("127.0.0.53"), Assert.Single(conf.NameServers));
        Assert.Equal("lan.", Assert.Single(conf.Search).ToString());
    }
}
