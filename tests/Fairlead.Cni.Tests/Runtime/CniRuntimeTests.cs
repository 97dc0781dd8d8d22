using System.Text.Json.Nodes;
using Fairlead.Cni.Tests.Sandboxes;

namespace Fairlead.Cni.Tests.Runtime;

/// <summary>The runtime with plugins that are shell scripts: each notes how it was called.</summary>
[Trait("Category", "Root")]
public sealed class CniRuntimeTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void A_chain_runs_forward_and_backward_with_the_result_so_far()
    {
        Script("first", """echo '{"cniVersion":"1.1.0","ips":[{"address":"10.1.0.5/24"}],"k8s.example/extra":1}'""");
        Script("second", """sed 's/.*"prevResult"://; s/}$//' <<< "$input" """);
        Chain chain = NewChain("""{"type":"first"},{"type":"second","own":"key"}""");
        Container container = new("c", "none");
        CniResult result = chain.Add(container, args: "IgnoreUnknown=1;K8S_POD_NAME=web");
        Assert.Equal("10.1.0.5/24", result.Addresses[0].Address.ToString());
        Assert.Equal(1, (int?)result.Unknown["k8s.example/extra"]);
        chain.Check(container);
        chain.Delete(container);
        Assert.Equal(["first ADD", "second ADD", "first CHECK", "second CHECK", "second DEL", "first DEL"], Calls().Select(call => call.What));
        Assert.Equal("IgnoreUnknown=1;K8S_POD_NAME=web", Calls()[0].Args);
        Assert.Null(Calls()[0].Input["prevResult"]);
        Assert.All(Calls().Skip(1), call => Assert.Equal(1, (int?)call.Input["prevResult"]!["k8s.example/extra"]));
        Assert.Equal("key", (string?)Calls()[1].Input["own"]);
    }

    [Fact]
    public void What_add_gave_is_kept_as_libcni_keeps_it()
    {
        Script("first", """echo '{"cniVersion":"1.1.0","ips":[{"address":"10.1.0.5/24"}]}'""");
        Container container = new("c", "none");
        Chain chain = NewChain("""{"type":"first","capabilities":{"dns":true}}""");
        chain.Add(container, """{"dns":{"servers":["10.0.0.1"]}}""", args: "A=B");
        JsonNode kept = JsonNode.Parse(File.ReadAllText(Path.Combine(_sandbox.Directory, "results", "n-c-eth0")))!;
        Assert.Equal(("cniCacheV1", "c", "eth0", "n", "/run/netns/none"), ((string?)kept["kind"], (string?)kept["containerId"], (string?)kept["ifName"], (string?)kept["networkName"], (string?)kept["netns"]));
        Assert.Equal("[[\"A\",\"B\"]]", kept["cniArgs"]!.ToJsonString());
        Assert.Equal("10.1.0.5/24", (string?)kept["result"]!["ips"]![0]!["address"]);
        Assert.Contains("\"plugins\"", System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string)kept["config"]!)), StringComparison.Ordinal);
        chain.Delete(container);
        Assert.Empty(Directory.GetFiles(Path.Combine(_sandbox.Directory, "results")));
    }

    [Fact]
    public void When_a_plugin_fails_the_chain_is_undone_and_its_error_told()
    {
        Script("first", """echo '{"cniVersion":"1.1.0"}'""");
        Script("second", """[ $CNI_COMMAND = DEL ] || { echo '{"cniVersion":"1.1.0","code":11,"msg":"not now","details":"busy"}'; echo grumble >&2; exit 1; }""");
        CniException failed = Assert.Throws<CniException>(() => NewChain("""{"type":"first"},{"type":"second"}""").Add(new Container("c", "none")));
        Assert.Equal((CniErrorCode.TryAgainLater, "second: not now", "busy; stderr: grumble"), (failed.Code, failed.Message, failed.Details));
        Assert.Equal(["first ADD", "second ADD", "second DEL", "first DEL"], Calls().Select(call => call.What));
    }

    [Theory] //  what the plugin does              words of the error
    [InlineData("exit 3", "exited with 3")]
    [InlineData("kill -9 $$", "killed by signal 9")]
    [InlineData("echo nonsense", "not valid JSON")]
    public void A_plugin_that_breaks_the_rules_is_told_of(string script, string words)
    {
        Script("first", $"[ $CNI_COMMAND = DEL ] || {{ {script}; }}");
        Assert.Contains(words, Assert.Throws<CniException>(() => NewChain("""{"type":"first"}""").Add(new Container("c", "none"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Garbage_is_deleted_by_the_results_that_are_kept_then_collected_by_the_plugins()
    {
        Script("first", """[ $CNI_COMMAND = ADD ] && echo '{"cniVersion":"1.1.0"}' || true""");
        Chain chain = NewChain("""{"type":"first"}""");
        chain.Add(new Container("stays", "none"));
        chain.Add(new Container("goes", "none"));
        chain.CollectGarbage(new Container("stays", "none"));
        Assert.Equal(["first ADD", "first ADD", "first DEL", "first GC"], Calls().Select(call => call.What));
        Assert.Equal("""[{"containerID":"stays","ifname":"eth0"}]""", Calls()[3].Input["cni.dev/valid-attachments"]!.ToJsonString());
    }

    [Fact]
    public async Task A_call_that_hangs_is_killed_when_it_is_cancelled()
    {
        Script("first", "sleep 30");
        CniRuntime runtime = new(new CniRuntimeOptions { BinDirectories = [Bin], CacheDirectory = _sandbox.Directory });
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runtime.DeleteAsync(
            NetworkList.Parse("""{"cniVersion":"1.1.0","name":"n","plugins":[{"type":"first"}]}"""u8),
            new RuntimeAttachment { ContainerId = "c", NetworkNamespace = "" },
            soon.Token));
    }

    [Fact]
    public async Task Plugins_are_asked_for_their_versions()
    {
        CniRuntime runtime = new(new CniRuntimeOptions { BinDirectories = [Bin, Built.PluginDirectory], CacheDirectory = _sandbox.Directory });
        await runtime.ValidateAsync(NetworkList.Parse("""{"cniVersion":"1.1.0","name":"n","plugins":[{"type":"bridge"},{"type":"portmap"}]}"""u8), TestContext.Current.CancellationToken);
        Script("old", """echo '{"cniVersion":"0.4.0","supportedVersions":["0.3.1","0.4.0"]}'""");
        CniException refused = await Assert.ThrowsAsync<CniException>(() =>
            runtime.ValidateAsync(NetworkList.Parse("""{"cniVersion":"1.1.0","name":"n","plugins":[{"type":"old"}]}"""u8), TestContext.Current.CancellationToken));
        Assert.Equal(CniErrorCode.IncompatibleVersion, refused.Code);
    }

    private string Bin => Path.Combine(_sandbox.Directory, "bin");

    private Chain NewChain(string plugins) => new(_sandbox, plugins, path: [Bin]);

    private void Script(string name, string body)
    {
        Directory.CreateDirectory(Bin);
        string path = Path.Combine(Bin, name);
        File.WriteAllText(path, $"#!/bin/bash\ninput=$(cat)\nprintf '%s\\t%s\\t%s\\n' \"{name} $CNI_COMMAND\" \"$CNI_ARGS\" \"$input\" >> {_sandbox.Directory}/calls\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private IReadOnlyList<(string What, string Args, JsonNode Input)> Calls() =>
        [.. File.ReadAllLines(Path.Combine(_sandbox.Directory, "calls")).Select(line => line.Split('\t')).Select(parts => (parts[0], parts[1], JsonNode.Parse(parts[2])!))];
}
