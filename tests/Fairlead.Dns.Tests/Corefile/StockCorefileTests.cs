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

    /// <summary>A Service leads port 53 to 5353; the operator writes the upstreams and a block for each zone that it is told.</summary>
    private const string OpenShift = """
        corp.example.com:5353 {
            prometheus 127.0.0.1:9153
            forward . 192.0.2.7 192.0.2.8:5353 {
                policy random
            }
            errors
            log . {
                class error
            }
            bufsize 1232
            cache 900 {
                denial 9984 30
            }
        }
        .:5353 {
            bufsize 1232
            errors
            log . {
                class error
            }
            health {
                lameduck 20s
            }
            ready
            kubernetes cluster.local in-addr.arpa ip6.arpa {
                pods insecure
                fallthrough in-addr.arpa ip6.arpa
            }
            prometheus 127.0.0.1:9153
            forward . /etc/resolv.conf {
                policy sequential
            }
            cache 900 {
                denial 9984 30
            }
            reload
        }
        hostname.bind:5353 {
            chaos
        }
        """;

    private const string Minikube = """
        .:53 {
            log
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
            hosts {
               192.168.49.1 host.minikube.internal
               fallthrough
            }
            forward . /etc/resolv.conf {
               max_concurrent 1000
            }
            cache 30
            loop
            reload
            loadbalance
        }
        """;

    /// <summary>The chart names the zone twice, and spells addresses out.</summary>
    private const string Rke2 = """
        .:53 {
            errors
            health  {
                lameduck 10s
            }
            ready
            kubernetes  cluster.local  cluster.local in-addr.arpa ip6.arpa {
                pods insecure
                fallthrough in-addr.arpa ip6.arpa
                ttl 30
            }
            prometheus  0.0.0.0:9153
            forward  . /etc/resolv.conf
            cache  30
            loop
            reload
            loadbalance
        }
        """;

    private const string K0s = """
        .:53 {
            errors
            health
            ready
            kubernetes cluster.local in-addr.arpa ip6.arpa {
              pods insecure
              ttl 30
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

    /// <summary>kOps ends the zone with a dot.</summary>
    private const string Kops = """
        .:53 {
            errors
            health {
              lameduck 5s
            }
            ready
            kubernetes cluster.local. in-addr.arpa ip6.arpa {
              pods insecure
              fallthrough in-addr.arpa ip6.arpa
              ttl 30
            }
            prometheus :9153
            forward . /etc/resolv.conf {
              max_concurrent 1000
            }
            cache 30
            loop
            reload
            loadbalance
        }
        """;

    /// <summary>Alibaba's verifies pods, and makes events of its log.</summary>
    private const string Ack = """
        .:53 {
            errors
            health {
               lameduck 15s
            }
            ready
            kubernetes cluster.local in-addr.arpa ip6.arpa {
              pods verified
              ttl 30
              fallthrough in-addr.arpa ip6.arpa
            }
            k8s_event {
              level info error warning
            }
            prometheus :9153
            forward . /etc/resolv.conf {
              prefer_udp
            }
            cache 30
            loop
            reload
            loadbalance
        }
        """;

    /// <summary>The node-local cache's, before node-cache has filled it in.</summary>
    private const string NodeLocalTemplate = """
        cluster.local:53 {
            errors
            cache {
                    success 9984 30
                    denial 9984 5
            }
            reload
            loop
            bind __PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__
            forward . __PILLAR__CLUSTER__DNS__ {
                    force_tcp
            }
            prometheus :9253
            health __PILLAR__LOCAL__DNS__:8080
            }
        """;

    [Theory] //  whose               file       zone for Services    what is said
    [InlineData("kubeadm, kind",     Kubeadm,   "cluster.local.",    "")]
    [InlineData("k3s",               K3s,       "cluster.local.",    "import: no file matches")]
    [InlineData("EKS",               Eks,       "cluster.local.",    "")]
    [InlineData("AKS",               Aks,       "cluster.local.",    "import: no file matches")]
    [InlineData("OpenShift",         OpenShift, "cluster.local.",    "no server block is for port 53: those for port 5353 answer there")]
    [InlineData("minikube",          Minikube,  "cluster.local.",    "")]
    [InlineData("RKE2",              Rke2,      "cluster.local.",    "")]
    [InlineData("k0s",               K0s,       "cluster.local.",    "")]
    [InlineData("kOps",              Kops,      "cluster.local.",    "")]
    [InlineData("ACK",               Ack,       "cluster.local.",    "k8s_event is ignored: what is wrong stands in the log")]
    [InlineData("node-local cache",  NodeLocal, null,                "")]
    public void It_is_followed_as_it_is(string whose, string text, string? zone, string said)
    {
        using CorefileFolder folder = new(text.Replace("/etc/resolv.conf", "resolv.conf", StringComparison.Ordinal));
        folder.Write("resolv.conf", "nameserver 192.0.2.1\n");
        DnsConfiguration configuration = folder.Load();
        ServerBlock root = configuration.Find(DnsName.Parse("www.example.org.").Wire, 53)!;
        Assert.Equal("192.0.2.1:53", Assert.Single(root.Forwards[0].Upstreams).ToString());
        Assert.Equal(zone, root.Kubernetes?.ForwardZones.First().ToString());
        Assert.NotNull(root.Prometheus);
        string[] warnings = [.. configuration.Warnings.Select(w => w.Text)];
        Assert.True(said.Length == 0 ? warnings.Length == 0 : warnings.Any(w => w.StartsWith(said, StringComparison.Ordinal)), $"{whose}: {string.Join(", ", warnings)}");
    }

    [Fact]
    public void OpenShifts_answers_zones_of_its_own_and_says_nothing_of_itself()
    {
        using CorefileFolder folder = new(OpenShift.Replace("/etc/resolv.conf", "resolv.conf", StringComparison.Ordinal));
        folder.Write("resolv.conf", "nameserver 192.0.2.1\n");
        DnsConfiguration configuration = folder.Load();
        Assert.Equal(["192.0.2.7:53", "192.0.2.8:5353"], configuration.Find(DnsName.Parse("a.corp.example.com").Wire, 53)!.Forwards[0].Upstreams.Select(u => u.ToString()));
        Assert.Equal(TimeSpan.FromSeconds(900), configuration.Find(DnsName.Parse("a.corp.example.com").Wire, 53)!.Cache!.Success.MaximumTtl);
        Assert.Contains(configuration.Warnings, w => w.Text == "chaos is ignored: questions of other classes than IN are refused");
    }

    [Theory] // what it is                                                                                              the line and the beginning of what is said
    [InlineData("apiVersion: v1\nkind: ConfigMap\ndata:\n  Corefile: |\n    .:53 {\n      errors\n    }\n",                ":1: this is an object of the API, not a Corefile: give the file that stands in it")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"}",                                                         ":1: this is an object of the API, not a Corefile: give the file that stands in it")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\ndata:\n  stubDomains: |\n    {\"acme.local\": [\"192.0.2.4\"]}\n",         ":4: this is kube-dns's configuration, not a Corefile. Write a block")]
    [InlineData("{\"acme.local\": [\"192.0.2.4\"]}",                                                                      ":1: this is kube-dns's configuration, not a Corefile. Write a block")]
    [InlineData("[\"192.0.2.4\", \"192.0.2.5\"]",                                                                         ":1: this is kube-dns's configuration, not a Corefile. Write a block")]
    [InlineData(NodeLocalTemplate,                                                                                        ":9: '__PILLAR__LOCAL__DNS__' is a placeholder that node-cache fills in when it starts.")]
    public void What_is_no_Corefile_is_told_what_it_is(string text, string said)
    {
        using CorefileFolder folder = new(text);
        Assert.StartsWith(folder.CorefilePath + said, Assert.Throws<CorefileException>(() => folder.Load()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zone_may_have_the_name_of_a_manifests_field()
    {
        using CorefileFolder folder = new("data:53 {\n forward . 192.0.2.1\n}\nkind:53 {\n forward . 192.0.2.2\n}\n");
        Assert.Equal(2, folder.Load().Servers.Length);
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
