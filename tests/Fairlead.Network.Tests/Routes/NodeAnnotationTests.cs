using Fairlead.Kernel.Route;

namespace Fairlead.Network.Tests.Routes;

/// <summary>What flannel's nodes say of themselves, in the words in which its kube subnet manager writes them.</summary>
public sealed class NodeAnnotationTests
{
    private const string Prefix = "flannel.alpha.coreos.com/";

    [Theory] // data                                              address        VNI  tunnel end
    [InlineData("""{"VNI":1,"VtepMAC":"6a:7b:01:02:03:04"}""",    "fd00::21",    1u,  "6a:7b:01:02:03:04 fd00::21")]
    [InlineData("""{"VtepMAC":"6a:7b:01:02:03:04"}""",            "fd00::21",    1u,  "6a:7b:01:02:03:04 fd00::21")]
    [InlineData("""{"VNI":7,"VtepMAC":"6a:7b:01:02:03:04"}""",    "fd00::21",    1u,  null)]
    [InlineData("""{"VNI":1,"VtepMAC":"6a:7b:01:02:03:04"}""",    "10.240.0.21", 1u,  null)]
    [InlineData("null",                                            "fd00::21",    1u,  null)]
    [InlineData("{",                                               "fd00::21",    1u,  null)]
    public void A_tunnel_end_over_IPv6_is_read(string data, string address, uint id, string? expected)
    {
        Vtep? end = NodeAnnotations.ReadVtep(
            new Dictionary<string, string>
            {
                [Prefix + "backend-type"] = "vxlan",
                [Prefix + "backend-data"] = """{"VNI":1,"VtepMAC":"6a:7b:0a:0b:0c:0d"}""",
                [Prefix + "public-ip"] = "10.240.0.21",
                [Prefix + "backend-v6-data"] = data,
                [Prefix + "public-ipv6"] = address,
            },
            ipv6: true,
            id);
        Assert.Equal(expected, end is { } found ? $"{found.Mac} {found.Address}" : null);
    }

    [Fact]
    public void What_is_published_is_what_is_read()
    {
        PlannedOverlay[] overlays =
        [
            new(NetAddress.Parse("10.240.0.20"), MacAddress.Parse("0a:00:00:00:00:04")),
            new(NetAddress.Parse("fd00:240::20"), MacAddress.Parse("0a:00:00:00:00:06")),
        ];
        Dictionary<string, string> published = NodeAnnotations.Of(RoutingMode.Vxlan, 1, [.. overlays]).Where(a => a.Value is not null).ToDictionary(a => a.Key, a => a.Value!);
        Assert.Equal("true", published[Prefix + "kube-subnet-manager"]);
        Assert.Equal(overlays[0].Vtep, NodeAnnotations.ReadVtep(published, ipv6: false, 1));
        Assert.Equal(overlays[1].Vtep, NodeAnnotations.ReadVtep(published, ipv6: true, 1));
        Assert.Equal(RoutingMode.Vxlan, NodeAnnotations.ReadMode(published));
        Assert.All(NodeAnnotations.Of(RoutingMode.Direct, 1, []).Where(a => a.Key.StartsWith(Prefix, StringComparison.Ordinal)), a => Assert.Null(a.Value));
    }
}
