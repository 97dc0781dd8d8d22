using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Fairlead.Kernel;
using Fairlead.Lab.Kubelet;
using Fairlead.Lab.Kubelet.Containers;

namespace Fairlead.Lab.Tests.Kubelet;

/// <summary>One node in namespaces of its own, its API beside it on the namespace's loopback, and everything gone afterwards.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private const int ApiPort = 8001;

    private readonly string _root;
    private Process? _process;

    private TestNode(string lab, string root, FakeApi api)
    {
        Lab = lab;
        _root = root;
        Api = api;
    }

    public string Lab { get; }

    public string Name { get; } = "n0";

    public string Namespace => $"fl-{Lab}-{Name}";

    public FakeApi Api { get; }

    public string State => Path.Combine(_root, "node");

    public string Cgroup => $"/fairlead/{Lab}/{Name}";

    public string Log => Path.Combine(_root, "node.log");

    public int ProcessId => _process!.Id;

    public static async Task<TestNode> StartAsync()
    {
        var lab = $"t{Random.Shared.Next():x8}";
        var root = $"/var/lib/fairlead/tests/{lab}";
        Directory.CreateDirectory(Path.Combine(root, "net.d"));
        await File.WriteAllTextAsync(Path.Combine(root, "net.d", "10-pods.conflist"), """
            {"cniVersion":"1.0.0","name":"pods","plugins":[
              {"type":"bridge","bridge":"cnio0","isGateway":true,"ipMasq":true,"ipam":{"type":"host-local","dataDir":"DATA","ranges":[[{"subnet":"10.200.0.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}},
              {"type":"portmap","capabilities":{"portMappings":true}}]}
            """.Replace("DATA", Path.Combine(root, "ipam"), StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(root, "kubeconfig"), """
            {"apiVersion":"v1","kind":"Config","current-context":"t","clusters":[{"name":"t","cluster":{"server":"http://127.0.0.1:PORT"}}],
             "contexts":[{"name":"t","context":{"cluster":"t","user":"t"}}],"users":[{"name":"t","user":{"token":"t"}}]}
            """.Replace("PORT", $"{ApiPort}", StringComparison.Ordinal));
        Run("ip", "netns", "add", $"fl-{lab}-n0");
        Run("ip", "-n", $"fl-{lab}-n0", "link", "set", "lo", "up");
        Run("ip", "-n", $"fl-{lab}-n0", "addr", "add", "10.240.0.20/32", "dev", "lo");
        var listening = NetworkNamespace.OpenNamed($"fl-{lab}-n0").Run(static () =>
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, ApiPort));
            socket.Listen();
            return socket;
        });
        TestNode node = new(lab, root, await FakeApi.StartAsync(listening));
        node.StartRuntime();
        await node.UntilAsync(() => node.Api.Get("/api/v1/nodes/n0") is not null, "the node registers");
        return node;
    }

    /// <summary>Starts the node's process, in the node's network namespace and a mount namespace of its own.</summary>
    public void StartRuntime()
    {
        ProcessStartInfo start = new("nsenter",
        [
            $"--net=/run/netns/{Namespace}", "unshare", "--mount", "--propagation", "unchanged", "sh", "-c", "exec \"$0\" \"$@\" >>" + Log + " 2>&1",
            Environment.ProcessPath!, "node-runtime", Lab, Name, State, Path.Combine(_root, "kubeconfig"), PluginDirectory, Path.Combine(_root, "net.d"),
        ]);
        _process = Process.Start(start)!;
    }

    /// <summary>As a crash would: no chance to clean anything up.</summary>
    public void KillRuntime()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    public JsonObject CreatePod(string name, string specification)
    {
        var spec = JsonNode.Parse(specification)!.AsObject();
        spec["nodeName"] = Name;
        JsonObject pod = new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
            ["spec"] = spec,
            ["status"] = new JsonObject { ["phase"] = "Pending" },
        };
        Api.Create("/api/v1/namespaces/default/pods", pod);
        return pod;
    }

    public JsonObject? Pod(string name) => Api.Get($"/api/v1/namespaces/default/pods/{name}");

    public Task UntilReadyAsync(string name) => UntilAsync(() => IsReady(name), $"{name} becomes ready");

    public bool IsReady(string name) =>
        Pod(name)?["status"]?["conditions"]?.AsArray().Any(static c => (string)c!["type"]! == "Ready" && (string)c["status"]! == "True") == true;

    public async Task UntilAsync(Func<bool> condition, string what, int seconds = 300)
    {
        var began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(began).TotalSeconds > seconds)
            {
                var pods = string.Join('\n', Directory.Exists(Path.Combine(State, "pods")) ? Directory.GetFiles(Path.Combine(State, "pods"), "*.log", SearchOption.AllDirectories).Select(f => f + ":\n" + File.ReadAllText(f)) : []);
                Assert.Fail($"waited {seconds} s in vain until {what}\n{File.ReadAllText(Log)}\n{pods}\n{string.Join('\n', Api.Events)}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>What the node remembers of a container's latest attempt.</summary>
    public ContainerRecord Container(string pod, string container) =>
        Directory.GetFiles(Path.Combine(State, "pods", (string)Pod(pod)!["metadata"]!["uid"]!, "containers", container), "container.json", SearchOption.AllDirectories)
            .Select(static file => AtomicFile.Read(file, KubeletJson.Default.ContainerRecord)!).MaxBy(static record => record.Attempt)!;

    /// <summary>What a container's latest attempt has printed, without times and streams.</summary>
    public string[] LogOf(string pod, string container) =>
        [.. File.ReadLines(Path.Combine(State, "pods", (string)Pod(pod)!["metadata"]!["uid"]!, "logs", container, $"{Container(pod, container).Attempt}.log")).Select(static line => line.Split(' ', 4)[3])];

    /// <summary>Runs a program in the node's network namespace and returns what it says.</summary>
    public string InNetwork(params string[] command) => Run("ip", ["netns", "exec", Namespace, .. command]);

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        await Api.DisposeAsync();
        await NodeRuntime.CleanUpAsync(Lab, Name, State);
        Run("ip", "netns", "delete", Namespace);
        Directory.Delete(_root, recursive: true);
        if (Directory.GetParent(_root) is { Exists: true } all && !all.EnumerateFileSystemInfos().Any())
        {
            all.Delete();
        }

        Cgroups.Remove($"/fairlead/{Lab}");
    }

    public static string Run(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{file} {string.Join(' ', arguments)}: {process.ExitCode} {error.Result} {output}");
        return output;
    }

    private static string PluginDirectory
    {
        get
        {
            var directory = new DirectoryInfo(AppContext.BaseDirectory);
            while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Fairlead.slnx")))
            {
                directory = directory.Parent;
            }

            var built = Path.Combine(directory!.FullName, "out", "cni");
            return File.Exists(Path.Combine(built, "bridge")) ? built : "/usr/lib/cni";
        }
    }
}
