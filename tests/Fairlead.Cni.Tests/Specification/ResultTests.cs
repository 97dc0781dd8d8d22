using System.Text;
using System.Text.Json.Nodes;

namespace Fairlead.Cni.Tests.Specification;

/// <summary>One result in every version's form; each form is that of the specification's own text.</summary>
public class ResultTests
{
    private const string Newest = """
        {"cniVersion":"1.1.0",
         "interfaces":[{"name":"cni0","mac":"00:11:22:33:44:55","mtu":1450},{"name":"eth0","mac":"99:88:77:66:55:44","mtu":1450,"sandbox":"/run/netns/a","socketPath":"/s","pciID":"8086:9a01"}],
         "ips":[{"interface":1,"address":"10.1.0.5/16","gateway":"10.1.0.1"},{"interface":1,"address":"fd00::5/64"}],
         "routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1","mtu":1400,"advmss":1360,"priority":5,"table":100,"scope":0},{"dst":"::/0"}],
         "dns":{"nameservers":["10.32.0.10"],"domain":"cluster.local","search":["svc.cluster.local"],"options":["ndots:5"]},
         "k8s.example/key":{"kept":true}}
        """;

    [Theory] //  version  what is written
    [InlineData("1.1.0", Newest)]
    [InlineData("1.0.0", """
        {"cniVersion":"1.0.0",
         "interfaces":[{"name":"cni0","mac":"00:11:22:33:44:55"},{"name":"eth0","mac":"99:88:77:66:55:44","sandbox":"/run/netns/a"}],
         "ips":[{"interface":1,"address":"10.1.0.5/16","gateway":"10.1.0.1"},{"interface":1,"address":"fd00::5/64"}],
         "routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1"},{"dst":"::/0"}],
         "dns":{"nameservers":["10.32.0.10"],"domain":"cluster.local","search":["svc.cluster.local"],"options":["ndots:5"]},
         "k8s.example/key":{"kept":true}}
        """)]
    [InlineData("0.3.1", """
        {"cniVersion":"0.3.1",
         "interfaces":[{"name":"cni0","mac":"00:11:22:33:44:55"},{"name":"eth0","mac":"99:88:77:66:55:44","sandbox":"/run/netns/a"}],
         "ips":[{"version":"4","interface":1,"address":"10.1.0.5/16","gateway":"10.1.0.1"},{"version":"6","interface":1,"address":"fd00::5/64"}],
         "routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1"},{"dst":"::/0"}],
         "dns":{"nameservers":["10.32.0.10"],"domain":"cluster.local","search":["svc.cluster.local"],"options":["ndots:5"]},
         "k8s.example/key":{"kept":true}}
        """)]
    [InlineData("0.2.0", """
        {"cniVersion":"0.2.0",
         "ip4":{"ip":"10.1.0.5/16","gateway":"10.1.0.1","routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1"}]},
         "ip6":{"ip":"fd00::5/64","routes":[{"dst":"::/0"}]},
         "dns":{"nameservers":["10.32.0.10"],"domain":"cluster.local","search":["svc.cluster.local"],"options":["ndots:5"]},
         "k8s.example/key":{"kept":true}}
        """)]
    public void A_result_is_written_in(string version, string expected)
    {
        Assert.True(SpecificationVersion.TryParse(version, out SpecificationVersion wanted));
        JsonObject written = ResultJson.Write(Read(Newest), wanted);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), written), written.ToJsonString());
    }

    [Theory]
    [InlineData("0.1.0")]
    [InlineData("0.2.0")]
    [InlineData("0.3.0")]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public void What_a_version_has_a_place_for_is_read_back(string version)
    {
        Assert.True(SpecificationVersion.TryParse(version, out SpecificationVersion form));
        JsonObject once = ResultJson.Write(Read(Newest), form);
        Assert.True(JsonNode.DeepEquals(once, ResultJson.Write(Read(once.ToJsonString()), form)));
    }

    private static CniResult Read(string json) => ResultJson.Read(ConfigurationObject.Parse(Encoding.UTF8.GetBytes(json)));
}
