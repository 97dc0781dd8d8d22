using System.Text.Json.Nodes;
using Fairlead.Cni.Tests.Sandboxes;

namespace Fairlead.Cni.Tests.Plugins;

/// <summary>What a plugin's process owes its caller: exit code, stdout, error objects.</summary>
public class ProcessTests
{
    private const string Good = """{"cniVersion":"1.1.0","name":"n","type":"static","ipam":{"type":"static","addresses":[{"address":"10.1.0.5/24"}]}}""";

    [Theory] //  command   container  netns   interface  args       stdin                                    code
    [InlineData(null, "c", "/x", "eth0", null, Good, 4)]
    [InlineData("JUMP", "c", "/x", "eth0", null, Good, 4)]
    [InlineData("ADD", null, "/x", "eth0", null, Good, 4)]
    [InlineData("ADD", "c", null, "eth0", null, Good, 4)]
    [InlineData("ADD", "c", "/x", null, null, Good, 4)]
    [InlineData("ADD", "c/d", "/x", "eth0", null, Good, 4)]
    [InlineData("ADD", "c", "/x", "sixteen-chars-xy", null, Good, 4)]
    [InlineData("ADD", "c", "/x", "eth0", "novalue", Good, 4)]
    [InlineData("CHECK", "c", null, "eth0", null, Good, 4)]
    [InlineData("DEL", "c", null, null, null, Good, 4)]
    [InlineData("DEL", "c", null, "eth0", null, Good, 0)]
    [InlineData("ADD", "c", "/x", "eth0", null, "", 6)]
    [InlineData("ADD", "c", "/x", "eth0", null, "{", 6)]
    [InlineData("ADD", "c", "/x", "eth0", null, "[]", 6)]
    [InlineData("ADD", "c", "/x", "eth0", null, """{"cniVersion":5}""", 6)]
    [InlineData("ADD", "c", "/x", "eth0", null, """{"cniVersion":"9.9.9","name":"n"}""", 1)]
    [InlineData("ADD", "c", "/x", "eth0", null, """{"cniVersion":"new","name":"n"}""", 1)]
    [InlineData("ADD", "c", "/x", "eth0", null, """{"cniVersion":"1.0.0"}""", 7)]
    [InlineData("ADD", "c", "/x", "eth0", null, """{"cniVersion":"1.0.0","name":"a/b"}""", 7)]
    [InlineData("ADD", "c", "/x", "eth0", null, """{"cniVersion":"1.0.0","name":"n","ipam":{"addresses":[{"address":"10.1"}]}}""", 7)]
    [InlineData("ADD", "c", "/x", "eth0", null, """{"cniVersion":"1.0.0","name":"n","ipam":{"addresses":[{"address":5}]}}""", 6)]
    [InlineData("CHECK", "c", "/x", "eth0", null, """{"cniVersion":"0.3.1","name":"n"}""", 1)]
    [InlineData("GC", null, null, null, null, """{"cniVersion":"1.0.0","name":"n"}""", 1)]
    [InlineData("STATUS", null, null, null, null, """{"cniVersion":"1.0.0","name":"n"}""", 1)]
    [InlineData("GC", null, null, null, null, Good, 0)]
    [InlineData("STATUS", null, null, null, null, Good, 0)]
    [InlineData("ADD", "c", "/x", "eth0", null, Good, 0)]
    public void A_call_ends_with(string? command, string? container, string? netns, string? interfaceName, string? args, string input, int code)
    {
        Outcome outcome = Shell.Run(Path.Combine(Built.PluginDirectory, "static"), [], input, new Dictionary<string, string?>
        {
            ["CNI_COMMAND"] = command,
            ["CNI_CONTAINERID"] = container,
            ["CNI_NETNS"] = netns,
            ["CNI_IFNAME"] = interfaceName,
            ["CNI_ARGS"] = args,
            ["CNI_PATH"] = null,
        });
        Assert.Equal(code == 0 ? 0 : 1, outcome.ExitCode);
        if (code != 0)
        {
            JsonNode error = JsonNode.Parse(outcome.Output)!;
            Assert.Equal(code, (int?)error["code"]);
            Assert.NotEmpty((string?)error["msg"] ?? "");
            Assert.Contains((string?)error["cniVersion"], SpecificationVersion.Supported.Select(version => version.ToString()));
        }
        else if (command != "ADD")
        {
            Assert.Equal("", outcome.Output);
        }
    }

    [Fact]
    public void A_person_who_calls_a_plugin_is_told_what_it_is()
    {
        Outcome outcome = Shell.Run(Path.Combine(Built.PluginDirectory, "bridge"), ["--help"]);
        Assert.Equal(0, outcome.ExitCode);
        Assert.StartsWith("bridge: a CNI plugin of Fairlead; speaks 0.1.0, ", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    public void Nothing_on_standard_input_is_named_as_that(string input)
    {
        Outcome outcome = Shell.Run(Path.Combine(Built.PluginDirectory, "static"), [], input, Sandbox.Variables("ADD", new Container("c", "none")));
        Assert.Equal("the network configuration is missing: standard input is empty", (string?)JsonNode.Parse(outcome.Output)!["msg"]);
    }

    [Theory] //  a search domain, as JSON     as it is printed
    [InlineData("\"<a&b>'+\"", "\"<a&b>'+\"")]
    [InlineData("\"\\u0041\\u00e9\\u4e2d\"", "\"Aé中\"")]
    [InlineData("\"\\ud83d\\ude00\"", "\"😀\"")]
    [InlineData("\"a\\\"b\\\\c\\/\"", "\"a\\\"b\\\\c/\"")]
    [InlineData("\"\\t\\n\\r\\u0001\\u007f\"", "\"\\t\\n\\r\\u0001\\u007f\"")]
    public void Texts_are_escaped_where_JSON_asks_for_it_and_nowhere_else(string given, string printed)
    {
        string configuration = Good.Replace("}]}", "}],\"dns\":{\"search\":[" + given + "]}}", StringComparison.Ordinal);
        Outcome outcome = Shell.Run(Path.Combine(Built.PluginDirectory, "static"), [], configuration, Sandbox.Variables("ADD", new Container("c", "none")));
        Assert.Contains(printed, outcome.Text, StringComparison.Ordinal);
        Assert.Equal((string?)JsonNode.Parse(given), (string?)JsonNode.Parse(outcome.Text)!["dns"]!["search"]![0]);
    }

    [Theory] //  stdin                        cniVersion in the answer
    [InlineData("""{"cniVersion":"0.4.0"}""", "0.4.0")]
    [InlineData("""{"cniVersion":"9.9.9"}""", "9.9.9")]
    [InlineData("", "1.1.0")]
    public void Versions_are_told_by_every_plugin(string input, string version)
    {
        foreach (string name in Shell.Run(Path.Combine(Built.PluginDirectory, "bridge"), ["--list"]).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            JsonNode answer = JsonNode.Parse(Shell.Run(Path.Combine(Built.PluginDirectory, name), [], input, new Dictionary<string, string?> { ["CNI_COMMAND"] = "VERSION" }).Text)!;
            Assert.Equal(version, (string?)answer["cniVersion"]);
            Assert.Equal(["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"], answer["supportedVersions"]!.AsArray().Select(item => (string?)item));
        }
    }

    [Theory]
    [InlineData("0.1.0")]
    [InlineData("0.2.0")]
    [InlineData("0.3.0")]
    [InlineData("0.3.1")]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public void The_result_is_in_the_version_asked_for(string version)
    {
        Outcome outcome = Shell.Run(Path.Combine(Built.PluginDirectory, "static"), [], Good.Replace("1.1.0", version, StringComparison.Ordinal), Sandbox.Variables("ADD", new Container("c", "none")));
        JsonNode result = JsonNode.Parse(outcome.Text)!;
        Assert.Equal(version, (string?)result["cniVersion"]);
        Assert.Equal("10.1.0.5/24", (string?)(result["ip4"]?["ip"] ?? result["ips"]![0]!["address"]));
    }
}
