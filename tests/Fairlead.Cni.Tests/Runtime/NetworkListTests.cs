using System.Text;
using System.Text.Json.Nodes;

namespace Fairlead.Cni.Tests.Runtime;

public class NetworkListTests
{
    [Theory] //  files in the conf dir                           the networks, in order
    [InlineData("10-a.conflist", "a")]
    [InlineData("20-b.conf 10-a.conflist 15-c.json", "a c b")]
    [InlineData("10-a.conflist 20-b.txt .hidden", "a")]
    [InlineData("05-broken.conflist 10-a.conflist", "a")]
    [InlineData("", "")]
    public void Networks_are_read_in_the_order_of_their_files_names(string files, string networks)
    {
        string directory = Directory.CreateTempSubdirectory("fairlead-cni-").FullName;
        foreach (string file in files.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string name = file.Split('-')[^1].Split('.')[0];
            File.WriteAllText(Path.Combine(directory, file), name == "broken" ? "{"
                : file.EndsWith(".conflist", StringComparison.Ordinal) ? $$"""{"cniVersion":"1.0.0","name":"{{name}}","plugins":[{"type":"bridge"}]}"""
                : $$"""{"cniVersion":"1.0.0","name":"{{name}}","type":"bridge"}""");
        }

        List<CniException> invalid = [];
        Assert.Equal(networks, string.Join(' ', NetworkList.LoadDirectory(directory, invalid.Add).Select(network => network.Name)));
        Assert.Equal(files.Contains("broken", StringComparison.Ordinal) ? 1 : 0, invalid.Count);
        Assert.Equal(networks.Split(' ')[0], NetworkList.LoadDefault(directory)?.Name ?? "");
        Directory.Delete(directory, recursive: true);
    }

    [Theory] //  cniVersion  cniVersions                 spoken
    [InlineData("0.4.0", null, "0.4.0")]
    [InlineData("", null, "0.1.0")]
    [InlineData("0.4.0", "\"0.3.1\",\"1.1.0\",\"9.0.0\"", "1.1.0")]
    [InlineData("9.0.0", "\"1.0.0\"", "1.0.0")]
    [InlineData("9.0.0", null, null)]
    public void The_highest_version_that_both_know_is_spoken(string version, string? versions, string? spoken)
    {
        string list = versions is null ? "" : $"\"cniVersions\":[{versions}],";
        string text = $$"""{"cniVersion":"{{version}}",{{list}}"name":"n","plugins":[{"type":"x"}]}""";
        Assert.Equal(spoken, spoken is null ? Code(text, CniErrorCode.IncompatibleVersion) : Parse(text).Version.ToString());
    }

    [Theory]
    [InlineData("""{"cniVersion":"1.0.0","plugins":[{"type":"x"}]}""")]
    [InlineData("""{"cniVersion":"1.0.0","name":"a/b","plugins":[{"type":"x"}]}""")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":[]}""")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":[{}]}""")]
    public void An_invalid_list_is_refused(string text) => Code(text, CniErrorCode.InvalidConfiguration);

    [Fact]
    public void A_plugin_gets_its_own_keys_the_networks_and_the_capabilities_it_names()
    {
        NetworkList network = Parse("""{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"x","mine":{"deep":[1]},"capabilities":{"portMappings":true,"bandwidth":false}}]}""");
        JsonObject derived = network.Derive(network.Plugins[0], new JsonObject { ["ips"] = new JsonArray() }, (JsonObject)JsonNode.Parse("""{"portMappings":[{"hostPort":1}],"bandwidth":{},"dns":{}}""")!);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""
            {"type":"x","mine":{"deep":[1]},"capabilities":{"portMappings":true,"bandwidth":false},"name":"n","cniVersion":"1.0.0","prevResult":{"ips":[]},"runtimeConfig":{"portMappings":[{"hostPort":1}]}}
            """), derived), derived.ToJsonString());
    }

    private static NetworkList Parse(string text) => NetworkList.Parse(Encoding.UTF8.GetBytes(text));

    private static string? Code(string text, CniErrorCode code)
    {
        Assert.Equal(code, Assert.Throws<CniException>(() => Parse(text)).Code);
        return null;
    }
}
