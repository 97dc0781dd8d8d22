using Fairlead.Dns.Cluster;

namespace Fairlead.Dns.Tests.Cluster;

/// <summary>Kubernetes DNS-based service discovery 1.1.0, section by section: the objects are <see cref="TestCluster.Objects"/>.</summary>
public class SpecificationTests
{
    private const string Soa = " ! cluster.local. SOA";

    [Theory]
    // 2.2 schema version
    [InlineData("dns-version.cluster.local", "TXT", "NOERROR dns-version.cluster.local. TXT 1.1.0")]
    [InlineData("dns-version.cluster.local", "A", "NODATA" + Soa)]
    [InlineData("x.dns-version.cluster.local", "TXT", "NXDOMAIN" + Soa)]
    // 2.3.1 and 2.3.2 a service with a cluster IP: A, AAAA
    [InlineData("kubernetes.default.svc.cluster.local", "A", "NOERROR kubernetes.default.svc.cluster.local. A 10.32.0.1")]
    [InlineData("kubernetes.default.svc.cluster.local", "AAAA", "NODATA" + Soa)]
    [InlineData("both.default.svc.cluster.local", "A", "NOERROR both.default.svc.cluster.local. A 10.32.0.5")]
    [InlineData("both.default.svc.cluster.local", "AAAA", "NOERROR both.default.svc.cluster.local. AAAA fd00:32::5")]
    [InlineData("nothing.default.svc.cluster.local", "A", "NXDOMAIN" + Soa)]
    [InlineData("nothing.default.svc.cluster.local", "AAAA", "NXDOMAIN" + Soa)]
    [InlineData("kubernetes.empty.svc.cluster.local", "A", "NXDOMAIN" + Soa)]
    // SRV: named ports only; the name above a port is there, with nothing
    [InlineData("_https._tcp.kubernetes.default.svc.cluster.local", "SRV",
        "NOERROR _https._tcp.kubernetes.default.svc.cluster.local. SRV 0 100 443 kubernetes.default.svc.cluster.local. + kubernetes.default.svc.cluster.local. A 10.32.0.1")]
    [InlineData("_https._tcp.kubernetes.default.svc.cluster.local", "A", "NODATA" + Soa)]
    [InlineData("_tcp.kubernetes.default.svc.cluster.local", "SRV", "NODATA" + Soa)]
    [InlineData("_udp.kubernetes.default.svc.cluster.local", "SRV", "NXDOMAIN" + Soa)]
    [InlineData("_https._udp.kubernetes.default.svc.cluster.local", "SRV", "NXDOMAIN" + Soa)]
    [InlineData("_dns._udp.kube-dns.kube-system.svc.cluster.local", "SRV",
        "NOERROR _dns._udp.kube-dns.kube-system.svc.cluster.local. SRV 0 100 53 kube-dns.kube-system.svc.cluster.local. + kube-dns.kube-system.svc.cluster.local. A 10.32.0.10")]
    [InlineData("_tcp.both.default.svc.cluster.local", "SRV", "NXDOMAIN" + Soa)]
    // as CoreDNS: SRV at the service itself
    [InlineData("kubernetes.default.svc.cluster.local", "SRV",
        "NOERROR kubernetes.default.svc.cluster.local. SRV 0 100 443 kubernetes.default.svc.cluster.local. + kubernetes.default.svc.cluster.local. A 10.32.0.1")]
    // PTR
    [InlineData("1.0.32.10.in-addr.arpa", "PTR", "NOERROR 1.0.32.10.in-addr.arpa. PTR kubernetes.default.svc.cluster.local.")]
    [InlineData("5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.3.0.0.0.0.d.f.ip6.arpa", "PTR",
        "NOERROR 5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.3.0.0.0.0.d.f.ip6.arpa. PTR both.default.svc.cluster.local.")]
    [InlineData("1.0.32.10.in-addr.arpa", "A", "NODATA ! in-addr.arpa. SOA")]
    [InlineData("77.0.32.10.in-addr.arpa", "PTR", "NXDOMAIN ! in-addr.arpa. SOA")]
    [InlineData("1.2.0.192.in-addr.arpa", "PTR", "NXDOMAIN")] // goes outside, where nobody has it
    // 2.4 headless: A and AAAA of ready endpoints
    [InlineData("db.default.svc.cluster.local", "A", "NOERROR db.default.svc.cluster.local. A 10.200.0.11; db.default.svc.cluster.local. A 10.200.0.12")]
    [InlineData("db.default.svc.cluster.local", "AAAA", "NOERROR db.default.svc.cluster.local. AAAA fd00:200::11")]
    [InlineData("db-0.db.default.svc.cluster.local", "A", "NOERROR db-0.db.default.svc.cluster.local. A 10.200.0.11")]
    [InlineData("db-0.db.default.svc.cluster.local", "AAAA", "NOERROR db-0.db.default.svc.cluster.local. AAAA fd00:200::11")]
    [InlineData("10-200-0-12.db.default.svc.cluster.local", "A", "NOERROR 10-200-0-12.db.default.svc.cluster.local. A 10.200.0.12")]
    [InlineData("10-200-0-12.db.default.svc.cluster.local", "AAAA", "NODATA" + Soa)]
    [InlineData("10-200-0-11.db.default.svc.cluster.local", "A", "NXDOMAIN" + Soa)] // it has a hostname
    [InlineData("db-2.db.default.svc.cluster.local", "A", "NXDOMAIN" + Soa)] // not ready
    [InlineData("db-3.db.default.svc.cluster.local", "A", "NXDOMAIN" + Soa)] // on its way out
    [InlineData("a.db-0.db.default.svc.cluster.local", "A", "NXDOMAIN" + Soa)]
    [InlineData("_sql._tcp.db.default.svc.cluster.local", "SRV",
        "NOERROR _sql._tcp.db.default.svc.cluster.local. SRV 0 50 5432 db-0.db.default.svc.cluster.local.; _sql._tcp.db.default.svc.cluster.local. SRV 0 50 5432 10-200-0-12.db.default.svc.cluster.local."
        + " + db-0.db.default.svc.cluster.local. A 10.200.0.11; db-0.db.default.svc.cluster.local. AAAA fd00:200::11; 10-200-0-12.db.default.svc.cluster.local. A 10.200.0.12")]
    [InlineData("11.0.200.10.in-addr.arpa", "PTR", "NOERROR 11.0.200.10.in-addr.arpa. PTR db-0.db.default.svc.cluster.local.")]
    [InlineData("12.0.200.10.in-addr.arpa", "PTR", "NOERROR 12.0.200.10.in-addr.arpa. PTR 10-200-0-12.db.default.svc.cluster.local.")]
    [InlineData("7.0.200.10.in-addr.arpa", "PTR", "NXDOMAIN ! in-addr.arpa. SOA")] // behind a cluster IP, without hostname
    [InlineData("nobody.default.svc.cluster.local", "A", "NODATA" + Soa)]
    [InlineData("_http._tcp.nobody.default.svc.cluster.local", "SRV", "NXDOMAIN" + Soa)]
    // 2.5 ExternalName
    [InlineData("outside.default.svc.cluster.local", "CNAME", "NOERROR outside.default.svc.cluster.local. CNAME www.example.com.")]
    [InlineData("outside.default.svc.cluster.local", "A",
        "NOERROR outside.default.svc.cluster.local. CNAME www.example.com.; www.example.com. CNAME host.example.com.; host.example.com. A 192.0.2.80")]
    [InlineData("outside.default.svc.cluster.local", "AAAA", "NOERROR outside.default.svc.cluster.local. CNAME www.example.com.; www.example.com. CNAME host.example.com.")]
    [InlineData("inside.default.svc.cluster.local", "A",
        "NOERROR inside.default.svc.cluster.local. CNAME kubernetes.default.svc.cluster.local.; kubernetes.default.svc.cluster.local. A 10.32.0.1")]
    [InlineData("inside.default.svc.cluster.local", "AAAA", "NOERROR inside.default.svc.cluster.local. CNAME kubernetes.default.svc.cluster.local." + Soa)]
    [InlineData("number.default.svc.cluster.local", "A", "NODATA" + Soa)]
    [InlineData("outside.default.svc.cluster.local", "ANY", "NOERROR outside.default.svc.cluster.local. CNAME www.example.com.")]
    [InlineData("twice.default.svc.cluster.local", "A",
        "NOERROR twice.default.svc.cluster.local. CNAME inside.default.svc.cluster.local.; inside.default.svc.cluster.local. CNAME kubernetes.default.svc.cluster.local.; kubernetes.default.svc.cluster.local. A 10.32.0.1")]
    [InlineData("dangling.default.svc.cluster.local", "A", "NXDOMAIN dangling.default.svc.cluster.local. CNAME nothing.default.svc.cluster.local." + Soa)]
    [InlineData("x.outside.default.svc.cluster.local", "A", "NXDOMAIN" + Soa)]
    // types that nothing here has
    [InlineData("kubernetes.default.svc.cluster.local", "HTTPS", "NODATA" + Soa)]
    [InlineData("kubernetes.default.svc.cluster.local", "SVCB", "NODATA" + Soa)]
    [InlineData("kubernetes.default.svc.cluster.local", "CNAME", "NODATA" + Soa)]
    [InlineData("kubernetes.default.svc.cluster.local", "MX", "NODATA" + Soa)]
    [InlineData("kubernetes.default.svc.cluster.local", "ANY", "NODATA" + Soa)]
    [InlineData("kubernetes.default.svc.cluster.local", "NS", "NODATA" + Soa)]
    [InlineData("kubernetes.default.svc.cluster.local", "SOA", "NODATA" + Soa)]
    [InlineData("nothing.default.svc.cluster.local", "HTTPS", "NXDOMAIN" + Soa)]
    // pods
    [InlineData("10-200-0-99.default.pod.cluster.local", "A", "NOERROR 10-200-0-99.default.pod.cluster.local. A 10.200.0.99")]
    [InlineData("10-1-2-3.empty.pod.cluster.local", "A", "NOERROR 10-1-2-3.empty.pod.cluster.local. A 10.1.2.3")]
    [InlineData("10-200-0-99.default.pod.cluster.local", "AAAA", "NODATA" + Soa)]
    [InlineData("fd00-200--9.default.pod.cluster.local", "AAAA", "NOERROR fd00-200--9.default.pod.cluster.local. AAAA fd00:200::9")]
    [InlineData("10-200-0-99.none.pod.cluster.local", "A", "NXDOMAIN" + Soa)]
    [InlineData("10-200-0-256.default.pod.cluster.local", "A", "NXDOMAIN" + Soa)]
    [InlineData("client.default.pod.cluster.local", "A", "NXDOMAIN" + Soa)]
    [InlineData("default.pod.cluster.local", "A", "NODATA" + Soa)]
    // names above others, and what isn't there
    [InlineData("cluster.local", "A", "NODATA" + Soa)]
    [InlineData("svc.cluster.local", "A", "NODATA" + Soa)]
    [InlineData("pod.cluster.local", "A", "NODATA" + Soa)]
    [InlineData("default.svc.cluster.local", "A", "NODATA" + Soa)]
    [InlineData("empty.svc.cluster.local", "A", "NODATA" + Soa)]
    [InlineData("none.svc.cluster.local", "A", "NXDOMAIN" + Soa)]
    [InlineData("x.cluster.local", "A", "NXDOMAIN" + Soa)]
    [InlineData("*.default.svc.cluster.local", "A", "NXDOMAIN" + Soa)]
    [InlineData("any.default.svc.cluster.local", "A", "NXDOMAIN" + Soa)]
    [InlineData("kubernetes.*.svc.cluster.local", "A", "NXDOMAIN" + Soa)]
    // the zone itself
    [InlineData("cluster.local", "SOA", "NOERROR cluster.local. SOA")]
    [InlineData("cluster.local", "NS", "NOERROR cluster.local. NS ns.dns.cluster.local. + ns.dns.cluster.local. A 10.32.0.10")]
    [InlineData("ns.dns.cluster.local", "A", "NOERROR ns.dns.cluster.local. A 10.32.0.10")]
    [InlineData("ns.dns.cluster.local", "AAAA", "NODATA" + Soa)]
    [InlineData("dns.cluster.local", "A", "NODATA" + Soa)]
    public void A_question_is_answered(string name, string type, string answer)
    {
        string got = MessageText.Ask(TestCluster.Handler(), name, type);
        Assert.Equal(Sorted(answer), Sorted(got));
    }

    [Theory] //  pods                  name                                          answer
    [InlineData("disabled",           "10-200-0-99.default.pod.cluster.local",       "NXDOMAIN" + Soa)]
    [InlineData("disabled",           "pod.cluster.local",                           "NXDOMAIN" + Soa)]
    [InlineData("verified",           "10-200-0-99.default.pod.cluster.local",       "NOERROR 10-200-0-99.default.pod.cluster.local. A 10.200.0.99")]
    [InlineData("verified",           "10-200-0-99.empty.pod.cluster.local",         "NXDOMAIN" + Soa)]
    [InlineData("verified",           "10-200-0-1.default.pod.cluster.local",        "NXDOMAIN" + Soa)]
    public void Names_of_pods_are(string pods, string name, string answer)
    {
        ClusterZoneOptions options = TestCluster.Options with { Pods = Enum.Parse<PodNames>(pods, ignoreCase: true) };
        Assert.Equal(answer, MessageText.Ask(TestCluster.Handler(options), name, "A"));
    }

    [Fact]
    public void An_alias_of_itself_is_a_failure() =>
        Assert.StartsWith("SERVFAIL", MessageText.Ask(TestCluster.Handler(), "loop.default.svc.cluster.local", "A"), StringComparison.Ordinal);

    [Fact]
    public void Nothing_is_known_before_everything_was_seen()
    {
        ClusterHandler handler = new(new ClusterZone(TestCluster.Options), new Fairlead.Dns.Serving.RefuseHandler());
        Assert.Equal("SERVFAIL", MessageText.Ask(handler, "kubernetes.default.svc.cluster.local", "A"));
    }

    [Theory] // from                asks for                                              gets
    [InlineData("10.200.0.99", "www.example.com.default.svc.cluster.local",
        "NOERROR www.example.com.default.svc.cluster.local. CNAME www.example.com.; www.example.com. CNAME host.example.com.; host.example.com. A 192.0.2.80")]
    [InlineData("10.200.0.99", "kube-dns.kube-system.default.svc.cluster.local",
        "NOERROR kube-dns.kube-system.default.svc.cluster.local. CNAME kube-dns.kube-system.svc.cluster.local.; kube-dns.kube-system.svc.cluster.local. A 10.32.0.10")]
    [InlineData("10.200.0.99", "kubernetes.default.svc.default.svc.cluster.local",
        "NOERROR kubernetes.default.svc.default.svc.cluster.local. CNAME kubernetes.default.svc.cluster.local.; kubernetes.default.svc.cluster.local. A 10.32.0.1")]
    [InlineData("10.200.0.99", "kubernetes.default.svc.cluster.local.default.svc.cluster.local",
        "NOERROR kubernetes.default.svc.cluster.local.default.svc.cluster.local. CNAME kubernetes.default.svc.cluster.local.; kubernetes.default.svc.cluster.local. A 10.32.0.1")]
    [InlineData("10.200.0.99", "kubernetes.default.svc.cluster.local", "NOERROR kubernetes.default.svc.cluster.local. A 10.32.0.1")]
    [InlineData("10.200.0.99", "nowhere.example.com.default.svc.cluster.local", "NXDOMAIN" + Soa)]
    [InlineData("10.200.0.99", "silent.example.com.default.svc.cluster.local", "NXDOMAIN" + Soa)] // whoever asks goes on by itself
    [InlineData("10.200.0.99", "kubernets.default.svc.cluster.local", "NXDOMAIN" + Soa)] // a slip of the pen is nothing to ask the world for
    [InlineData("10.200.0.99", "www.example.com.kube-system.svc.cluster.local", "NXDOMAIN" + Soa)] // not its own namespace
    [InlineData("10.200.0.1", "www.example.com.default.svc.cluster.local", "NXDOMAIN" + Soa)] // no pod of ours
    [InlineData("10.200.0.98", "www.example.com.slow.svc.cluster.local", "NXDOMAIN" + Soa)] // its namespace doesn't want it
    public void The_search_path_is_gone_in_one_trip(string client, string name, string answer) =>
        Assert.Equal(answer, MessageText.Ask(TestCluster.Handler(searchPath: true), name, "A", client));

    private static string Sorted(string text) => string.Join(';', text.Split(';', StringSplitOptions.TrimEntries).Select(t => t.Replace("NOERROR ", "")).Order()) + text[..6];
}
