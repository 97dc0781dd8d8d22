using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Images;
using Fairlead.Lab.Kubelet.Pods;

namespace Fairlead.Lab.Tests.Kubelet;

public sealed class PodTextTests
{
    [Theory]
    [InlineData("$(A) and $(B)", "1 and 2")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$(C) stays", "$(C) stays")]
    [InlineData("$A costs 5$", "$A costs 5$")]
    [InlineData("$(A", "$(A")]
    public void Variables_are_replaced_where_they_are_known(string text, string expected) =>
        Assert.Equal(expected, VariableExpansion.Expand(text, new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" }));

    [Theory] //   policy          cluster DNS    first server  search
    [InlineData("ClusterFirst", "10.32.0.10", "10.32.0.10", "shop.svc.cluster.local svc.cluster.local cluster.local machine.example")]
    [InlineData("ClusterFirst", null,         "192.0.2.1",  "machine.example")]
    [InlineData("Default",      "10.32.0.10", "192.0.2.1",  "machine.example")]
    public void A_pods_resolver_follows_its_policy(string policy, string? dns, string server, string search)
    {
        Pod pod = new() { Metadata = new ObjectMeta { Namespace = "shop" }, Spec = new PodSpec { DnsPolicy = policy } };
        var text = PodFiles.Resolver(pod, dns is null ? null : System.Net.IPAddress.Parse(dns), "cluster.local", "nameserver 192.0.2.1\nsearch machine.example\n");
        Assert.StartsWith($"search {search}\nnameserver {server}\n", text);
    }

    [Fact]
    public void A_pods_own_resolver_settings_come_on_top()
    {
        PodDnsConfig config = new() { Nameservers = ["192.0.2.9"], Searches = ["a.example"], Options = [new PodDnsConfigOption { Name = "ndots", Value = "2" }] };
        Pod pod = new() { Metadata = new ObjectMeta { Namespace = "shop" }, Spec = new PodSpec { DnsPolicy = "None", DnsConfig = config } };
        Assert.Equal("search a.example\nnameserver 192.0.2.9\noptions ndots:2\n", PodFiles.Resolver(pod, null, "cluster.local", ""));
    }

    [Fact]
    public void A_service_is_told_in_both_forms()
    {
        Service service = new()
        {
            Metadata = new ObjectMeta { Name = "my-web", Namespace = "default" },
            Spec = new ServiceSpec { ClusterIP = "10.32.0.7", Ports = [new ServicePort { Name = "http", Port = 80, Protocol = "TCP" }] },
        };
        Assert.Equal(
            [
                "MY_WEB_PORT=tcp://10.32.0.7:80", "MY_WEB_PORT_80_TCP=tcp://10.32.0.7:80", "MY_WEB_PORT_80_TCP_ADDR=10.32.0.7", "MY_WEB_PORT_80_TCP_PORT=80",
                "MY_WEB_PORT_80_TCP_PROTO=tcp", "MY_WEB_SERVICE_HOST=10.32.0.7", "MY_WEB_SERVICE_PORT=80", "MY_WEB_SERVICE_PORT_HTTP=80",
            ],
            ServiceVariables.Of([service], "default", links: true).Select(static p => $"{p.Key}={p.Value}").Order(StringComparer.Ordinal));
        Assert.Empty(ServiceVariables.Of([service], "other", links: true));
    }

    [Theory]
    [InlineData("nginx", "docker.io/library/nginx:latest")]
    [InlineData("nginx:1.27", "docker.io/library/nginx:1.27")]
    [InlineData("team/web", "docker.io/team/web:latest")]
    [InlineData("registry.example:5000/web", "registry.example:5000/web:latest")]
    [InlineData("localhost/web:1", "localhost/web:1")]
    public void Short_names_of_images_have_long_ones(string reference, string full) => Assert.Equal(full, ImageReference.Normalize(reference));

    [Theory]
    [InlineData("nginx", true)]
    [InlineData("", false)]
    [InlineData("Nginx", false)]
    [InlineData("nginx:V1", true)]
    [InlineData("a b", false)]
    public void A_name_is_an_images_or_not(string reference, bool valid) => Assert.Equal(valid, ImageReference.IsValid(reference));

    [Theory] //   request                                               status  stays open  body
    [InlineData("GET / HTTP/1.1\r\nHost: a",                            "200", true,  true)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: close",       "200", false, true)]
    [InlineData("GET / HTTP/1.0",                                       "200", false, true)]
    [InlineData("GET / HTTP/1.0\r\nConnection: keep-alive",             "200", true,  true)]
    [InlineData("HEAD / HTTP/1.1\r\nHost: a",                           "200", true,  false)]
    [InlineData("nonsense",                                             "400", false, false)]
    public void The_responder_answers(string head, string status, bool keepAlive, bool body)
    {
        var (answer, open) = HttpResponder.Answer(head, "web-1\n");
        var text = System.Text.Encoding.UTF8.GetString(answer);
        Assert.StartsWith($"HTTP/1.1 {status} ", text);
        Assert.Equal(keepAlive, open);
        Assert.Equal(body, text.EndsWith("\r\n\r\nweb-1\n", StringComparison.Ordinal));
    }
}
