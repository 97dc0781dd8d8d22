using System.Net;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>Services in a cluster with IPv4 and IPv6, as https://kubernetes.io/docs/concepts/services-networking/dual-stack/ describes them.</summary>
public sealed class DualStackTests : IAsyncLifetime
{
    private const string Services = "/api/v1/namespaces/default/services";
    private const string Merge = "application/merge-patch+json";
    private TestServer? _server;

    private TestServer Server => _server!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(secondaryServiceCidr: "fd00:10:96::/112");

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    [Theory] //   what the client asks for                                                        families      policy
    [InlineData("", "IPv4", "SingleStack")]
    [InlineData("\"ipFamilyPolicy\":\"SingleStack\",", "IPv4", "SingleStack")]
    [InlineData("\"ipFamilyPolicy\":\"PreferDualStack\",", "IPv4 IPv6", "PreferDualStack")]
    [InlineData("\"ipFamilyPolicy\":\"RequireDualStack\",", "IPv4 IPv6", "RequireDualStack")]
    [InlineData("\"ipFamilies\":[\"IPv6\"],", "IPv6", "SingleStack")]
    [InlineData("\"ipFamilyPolicy\":\"PreferDualStack\",\"ipFamilies\":[\"IPv6\"],", "IPv6 IPv4", "PreferDualStack")]
    [InlineData("\"ipFamilyPolicy\":\"RequireDualStack\",\"ipFamilies\":[\"IPv6\",\"IPv4\"],", "IPv6 IPv4", "RequireDualStack")]
    [InlineData("\"clusterIP\":\"fd00:10:96::77\",", "IPv6", "SingleStack")]
    [InlineData("\"clusterIP\":\"10.96.0.77\",\"clusterIPs\":[\"10.96.0.77\",\"fd00:10:96::78\"],\"ipFamilyPolicy\":\"RequireDualStack\",", "IPv4 IPv6", "RequireDualStack")]
    public async Task A_service_gets_an_address_of_each_family_that_it_asks_for_in_its_order(string asked, string families, string policy)
    {
        JsonNode spec = (await CreateAsync("s", asked))["spec"]!;

        Assert.Equal(families, Joined(spec["ipFamilies"]));
        Assert.Equal(policy, spec["ipFamilyPolicy"]!.GetValue<string>());
        Assert.Equal(families, string.Join(' ', spec["clusterIPs"]!.AsArray().Select(address => IPAddress.Parse(address!.GetValue<string>()).AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? "IPv4" : "IPv6")));
        Assert.Equal(spec["clusterIPs"]![0]!.GetValue<string>(), spec["clusterIP"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_service_gets_a_second_address_later_keeps_its_first_and_gives_the_second_back()
    {
        string first = (await CreateAsync("later", ""))["spec"]!["clusterIP"]!.GetValue<string>();

        JsonNode both = (await Server.OkAsync("PATCH", Services + "/later", """{"spec":{"ipFamilyPolicy":"PreferDualStack"}}""", Merge))["spec"]!;
        Assert.Equal("IPv4 IPv6", Joined(both["ipFamilies"]));
        Assert.Equal(first, both["clusterIPs"]![0]!.GetValue<string>());
        string second = both["clusterIPs"]![1]!.GetValue<string>();
        Assert.Equal("IPv6", (await Server.OkAsync("GET", "/apis/networking.k8s.io/v1/ipaddresses/" + second))["metadata"]!["labels"]!["ipaddress.kubernetes.io/ip-family"]!.GetValue<string>());

        JsonNode one = (await Server.OkAsync("PATCH", Services + "/later", """{"spec":{"ipFamilyPolicy":"SingleStack"}}""", Merge))["spec"]!;
        Assert.Equal(first, Joined(one["clusterIPs"]));
        Assert.Equal(404, (await Server.SendAsync("GET", "/apis/networking.k8s.io/v1/ipaddresses/" + second)).Code);
    }

    [Theory] //   a headless service                          families      policy
    [InlineData("\"ipFamilyPolicy\":\"PreferDualStack\",", "IPv4 IPv6", "PreferDualStack")]
    [InlineData("", "IPv4", "SingleStack")]
    public async Task A_headless_service_has_families_and_no_address(string asked, string families, string policy)
    {
        JsonNode spec = (await CreateAsync("headless", asked + "\"clusterIP\":\"None\","))["spec"]!;

        Assert.Equal((families, policy, "None"), (Joined(spec["ipFamilies"]), spec["ipFamilyPolicy"]!.GetValue<string>(), Joined(spec["clusterIPs"])));
    }

    [Fact]
    public async Task The_cluster_has_a_range_of_each_family() =>
        Assert.Equal("10.96.0.0/16 fd00:10:96::/112", Joined((await Server.OkAsync("GET", "/apis/networking.k8s.io/v1/servicecidrs/kubernetes"))["spec"]!["cidrs"]));

    private Task<JsonNode> CreateAsync(string name, string spec) => Server.CreateAsync(
        Services,
        $$$"""{"kind":"Service","apiVersion":"v1","metadata":{"name":"{{{name}}}"},"spec":{ {{{spec}}} "selector":{"a":"b"},"ports":[{"port":80}]}}""");

    private static string Joined(JsonNode? list) => string.Join(' ', list!.AsArray().Select(item => item!.GetValue<string>()));
}
