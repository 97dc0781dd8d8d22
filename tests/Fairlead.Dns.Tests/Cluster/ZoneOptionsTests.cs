using Fairlead.Dns.Cluster;
using Fairlead.Kubernetes;

namespace Fairlead.Dns.Tests.Cluster;

/// <summary>What the options of a Corefile's <c>kubernetes</c> block leave out of the zone, or name otherwise.</summary>
public sealed class ZoneOptionsTests
{
    private const string Objects = """
        kind: Namespace
        metadata: { name: blue, labels: { team: a } }
        ---
        kind: Namespace
        metadata: { name: red, labels: { team: b } }
        ---
        kind: Service
        metadata: { name: web, namespace: blue, labels: { app: web } }
        spec: { clusterIP: 10.32.0.1, ports: [ { port: 80 } ] }
        ---
        kind: EndpointSlice
        metadata: { name: web-1, namespace: blue, labels: { kubernetes.io/service-name: web } }
        addressType: IPv4
        endpoints:
        - { addresses: [ 10.200.0.1 ], conditions: { ready: true }, targetRef: { kind: Pod, name: web-abc } }
        - { addresses: [ 10.200.0.2 ], conditions: { ready: true }, targetRef: { kind: Pod, name: web.dotted } }
        - { addresses: [ 10.200.0.3 ], conditions: { ready: true }, hostname: h, targetRef: { kind: Pod, name: web-def } }
        ports: [ { port: 80, protocol: TCP } ]
        ---
        kind: Service
        metadata: { name: empty, namespace: blue, labels: { app: db } }
        spec: { clusterIP: 10.32.0.2, ports: [ { port: 80 } ] }
        ---
        kind: Service
        metadata: { name: headless, namespace: red, labels: { app: db } }
        spec: { clusterIP: None, ports: [ { port: 80 } ] }
        ---
        kind: EndpointSlice
        metadata: { name: headless-1, namespace: red, labels: { kubernetes.io/service-name: headless } }
        addressType: IPv4
        endpoints: [ { addresses: [ 10.200.0.4 ], conditions: { ready: true } } ]
        ports: [ { port: 80, protocol: TCP } ]
        ---
        kind: Service
        metadata: { name: outside, namespace: red, labels: { app: web } }
        spec: { type: ExternalName, externalName: www.example.com }
        """;

    private const string Nxdomain = "NXDOMAIN ! cluster.local. SOA";

    [Theory] //  option                              name                                       answer
    [InlineData("namespaces blue",                  "web.blue.svc.cluster.local",              "NOERROR web.blue.svc.cluster.local. A 10.32.0.1")]
    [InlineData("namespaces blue",                  "headless.red.svc.cluster.local",          Nxdomain)]
    [InlineData("namespaces blue",                  "red.svc.cluster.local",                   Nxdomain)]
    [InlineData("namespaces blue",                  "10-0-0-1.red.pod.cluster.local",          Nxdomain)]
    [InlineData("namespaces blue red",              "headless.red.svc.cluster.local",          "NOERROR headless.red.svc.cluster.local. A 10.200.0.4")]
    [InlineData("namespace_labels team=a",          "web.blue.svc.cluster.local",              "NOERROR web.blue.svc.cluster.local. A 10.32.0.1")]
    [InlineData("namespace_labels team=a",          "headless.red.svc.cluster.local",          Nxdomain)]
    [InlineData("namespace_labels team in (b, c)",  "web.blue.svc.cluster.local",              Nxdomain)]
    [InlineData("labels app=web",                   "web.blue.svc.cluster.local",              "NOERROR web.blue.svc.cluster.local. A 10.32.0.1")]
    [InlineData("labels app=web",                   "empty.blue.svc.cluster.local",            Nxdomain)]
    [InlineData("labels app!=web",                  "outside.red.svc.cluster.local",           Nxdomain)]
    [InlineData("endpoint_pod_names",               "web-abc.web.blue.svc.cluster.local",      "NOERROR web-abc.web.blue.svc.cluster.local. A 10.200.0.1")]
    [InlineData("endpoint_pod_names",               "10-200-0-1.web.blue.svc.cluster.local",   Nxdomain)]
    [InlineData("endpoint_pod_names",               "10-200-0-2.web.blue.svc.cluster.local",   "NOERROR 10-200-0-2.web.blue.svc.cluster.local. A 10.200.0.2")]
    [InlineData("endpoint_pod_names",               "h.web.blue.svc.cluster.local",            "NOERROR h.web.blue.svc.cluster.local. A 10.200.0.3")]
    [InlineData("noendpoints",                      "web.blue.svc.cluster.local",              "NOERROR web.blue.svc.cluster.local. A 10.32.0.1")]
    [InlineData("noendpoints",                      "h.web.blue.svc.cluster.local",            Nxdomain)]
    [InlineData("noendpoints",                      "headless.red.svc.cluster.local",          Nxdomain)]
    [InlineData("ignore empty_service",             "empty.blue.svc.cluster.local",            Nxdomain)]
    [InlineData("ignore empty_service",             "web.blue.svc.cluster.local",              "NOERROR web.blue.svc.cluster.local. A 10.32.0.1")]
    public void An_option_of_the_kubernetes_block_is_followed(string option, string name, string answer) => Assert.Equal(answer, MessageText.Ask(Handler(option), name, "A"));

    [Fact]
    public void An_external_name_needs_no_endpoint() =>
        Assert.Equal("NOERROR outside.red.svc.cluster.local. CNAME www.example.com.", MessageText.Ask(Handler("ignore empty_service"), "outside.red.svc.cluster.local", "CNAME"));

    [Theory]
    [InlineData("labels app in web",  "labels: ")]
    [InlineData("labels",             "a label selector is missing, such as app in (web, db)")]
    public void A_selector_that_is_none_is_told(string option, string message)
    {
        CorefileException e = Assert.Throws<CorefileException>(() => Block(option));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zone_that_begins_anew_answers_as_before_until_it_is_published()
    {
        ClusterZone zone = TestCluster.Zone(Objects);
        ClusterHandler handler = new(zone, new Fairlead.Dns.Serving.RefuseHandler());
        zone.Restart(zone.Options with { Zone = Fairlead.Dns.Wire.DnsName.Parse("example.internal"), Ttl = 60 });
        Assert.Equal("NOERROR web.blue.svc.cluster.local. A 10.32.0.1", MessageText.Ask(handler, "web.blue.svc.cluster.local", "A"));
        zone.Publish();
        Assert.Equal("REFUSED", MessageText.Ask(handler, "web.blue.svc.cluster.local", "A"));
        Assert.Equal("NXDOMAIN ! example.internal. SOA", MessageText.Ask(handler, "web.blue.svc.example.internal", "A"));
        Assert.Equal("NOERROR example.internal. SOA", MessageText.Ask(handler, "example.internal", "SOA"));
    }

    [Fact]
    public void A_namespace_that_gets_the_label_brings_its_services()
    {
        ClusterZone zone = TestCluster.Zone(Objects, TestCluster.Options.With(Block("namespace_labels team=a")));
        ClusterHandler handler = new(zone, new Fairlead.Dns.Serving.RefuseHandler());
        ObjectKey outside = new("red", "outside");
        Service service = new() { Metadata = new() { Name = "outside", Namespace = "red" }, Spec = new() { ClusterIP = "10.32.0.9", Ports = [new() { Port = 1 }] } };
        Assert.True(zone.Set("red", new Namespace { Metadata = new() { Name = "red", Labels = new Dictionary<string, string> { ["team"] = "a" } } }));
        zone.Set(outside, service, []);
        zone.Publish();
        Assert.Equal("NOERROR outside.red.svc.cluster.local. A 10.32.0.9", MessageText.Ask(handler, "outside.red.svc.cluster.local", "A"));
        Assert.True(zone.Set("red", null));
        zone.Set(outside, service, []);
        zone.Publish();
        Assert.Equal(Nxdomain, MessageText.Ask(handler, "outside.red.svc.cluster.local", "A"));
    }

    private static ClusterHandler Handler(string option) => new(TestCluster.Zone(Objects, TestCluster.Options.With(Block(option))), new Fairlead.Dns.Serving.RefuseHandler());

    private static KubernetesOptions Block(string option)
    {
        using CorefileFolder folder = new($".:53 {{\n kubernetes cluster.local {{\n {option}\n pods insecure\n }}\n}}\n");
        return folder.Load().Servers[0].Kubernetes!;
    }
}
