using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Kernel;

namespace Fairlead.Cni.Tests.Sandboxes;

/// <summary>A plugin's answer.</summary>
internal sealed record Answer(int ExitCode, string Output, string Error)
{
    /// <summary>The JSON on stdout.</summary>
    public JsonObject Json => JsonNode.Parse(Output) as JsonObject ?? throw new InvalidOperationException($"no JSON object on stdout: {Output} {Error}");

    /// <summary>The error object's code; 0 when the plugin succeeded.</summary>
    public int Code => ExitCode == 0 ? 0 : (int)Json["code"]!;

    public string Message => $"{Json["msg"]} {Json["details"]}";

    /// <summary>The result, when the plugin succeeded.</summary>
    public CniResult Result => ExitCode == 0 ? ResultJson.Read(ConfigurationObject.Parse(System.Text.Encoding.UTF8.GetBytes(Output))) : throw new InvalidOperationException(Output + Error);

    public Answer Succeeded()
    {
        Assert.True(ExitCode == 0, Output + Error);
        return this;
    }
}

/// <summary>A container: an id and a network namespace.</summary>
internal sealed record Container(string Id, string Namespace)
{
    public string Path => $"{NetworkNamespace.NamedDirectory}/{Namespace}";
}

/// <summary>A host with containers, each a network namespace of the test's own, and a directory for state. Everything goes when it is disposed.</summary>
internal sealed class Sandbox : IDisposable
{
    private static int s_count;
    private readonly List<string> _namespaces = [];
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"flcni{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}");

    public Sandbox()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("fairlead-cni-").FullName;
        Host = NewNamespace("host");
        Shell.Run("ip", ["-n", Host, "link", "set", "lo", "up"]);
    }

    /// <summary>The host's namespace.</summary>
    public string Host { get; }

    /// <summary>For state: leases, results.</summary>
    public string Directory { get; }

    public string Networks => Path.Combine(Directory, "networks");

    /// <summary>A container with an id of its own, or with the one given.</summary>
    public Container NewContainer(string? id = null)
    {
        string name = NewNamespace(string.Create(CultureInfo.InvariantCulture, $"c{_namespaces.Count}"));
        Shell.Run("ip", ["-n", name, "link", "set", "lo", "up"]);
        return new Container(id ?? name, name);
    }

    /// <summary>Calls one of our plugins on the host.</summary>
    public Answer Call(string plugin, string command, string configuration, Container? container = null, string interfaceName = "eth0", string? args = null, string? path = null) =>
        CallFile(Path.Combine(Built.PluginDirectory, plugin), command, configuration, container, interfaceName, args, path);

    /// <summary>Calls any plugin on the host.</summary>
    public Answer CallFile(string file, string command, string configuration, Container? container = null, string interfaceName = "eth0", string? args = null, string? path = null)
    {
        Outcome outcome = Shell.Run("ip", ["netns", "exec", Host, file], configuration, Variables(command, container, interfaceName, args, path));
        return new Answer(outcome.ExitCode, outcome.Output, outcome.Error);
    }

    public static Dictionary<string, string?> Variables(string command, Container? container, string interfaceName = "eth0", string? args = null, string? path = null) => new()
    {
        ["CNI_COMMAND"] = command,
        ["CNI_CONTAINERID"] = container?.Id,
        ["CNI_NETNS"] = container?.Path,
        ["CNI_IFNAME"] = container is null ? null : interfaceName,
        ["CNI_ARGS"] = args,
        ["CNI_PATH"] = path ?? Built.PluginDirectory,
    };

    /// <summary>`ip -j …` in a namespace, as witness.</summary>
    public static JsonArray Ip(string networkNamespace, params string[] arguments)
    {
        string text = Shell.Run("ip", ["-n", networkNamespace, "-j", "-d", .. arguments]).Text.Trim();
        return text.Length == 0 ? [] : (JsonArray)JsonNode.Parse(text)!;
    }

    /// <summary>`nft list ruleset` on the host, as witness.</summary>
    public string Nft() => Shell.Run("ip", ["netns", "exec", Host, "nft", "list", "ruleset"]).Text;

    /// <summary>Runs a program in a namespace.</summary>
    public static Outcome In(string networkNamespace, params string[] command) => Shell.Run("ip", ["netns", "exec", networkNamespace, .. command]);

    /// <summary>Whether one address answers another's ping.</summary>
    public static bool CanPing(string networkNamespace, string address) => In(networkNamespace, "ping", "-n", "-c", "1", "-W", "2", address).ExitCode == 0;

    /// <summary>Names of the links in a namespace, without lo.</summary>
    public static IReadOnlyList<string> Links(string networkNamespace) =>
        [.. Ip(networkNamespace, "link", "show").Select(link => (string?)link!["ifname"] ?? "").Where(name => name is not ("lo" or ""))];

    /// <summary>The addresses of a link, without link-local ones.</summary>
    public static IReadOnlyList<string> Addresses(string networkNamespace, string link) =>
        [.. Ip(networkNamespace, "address", "show", "dev", link)
            .SelectMany(item => item!["addr_info"] as JsonArray ?? [])
            .Where(address => (string?)address!["scope"] != "link")
            .Select(address => $"{address!["local"]}/{address["prefixlen"]}")];

    /// <summary>The leases of a network: address to the file's text.</summary>
    public IReadOnlyDictionary<string, string> Leases(string network)
    {
        string directory = Path.Combine(Networks, network);
        return System.IO.Directory.Exists(directory)
            ? System.IO.Directory.EnumerateFiles(directory).Where(path => AddressPrefix.TryParseAddress(Path.GetFileName(path), out _)).ToDictionary(path => Path.GetFileName(path), File.ReadAllText)
            : new Dictionary<string, string>();
    }

    /// <summary>The ipam object of host-local with leases in this sandbox. A range is "10.1.0.0/24" or "10.1.0.0/24 10.1.0.5 10.1.0.9".</summary>
    public string HostLocal(params string[] ranges) => HostLocal(ranges, "");

    public string HostLocal(string[] ranges, string more)
    {
        IEnumerable<string> sets = ranges.Select(range => range.Split(' ') is { Length: 3 } parts
            ? $$"""[{"subnet":"{{parts[0]}}","rangeStart":"{{parts[1]}}","rangeEnd":"{{parts[2]}}"}]"""
            : $$"""[{"subnet":"{{range}}"}]""");
        return $$"""{"type":"host-local","dataDir":"{{Networks}}","ranges":[{{string.Join(',', sets)}}]{{(more.Length == 0 ? "" : $",{more}")}}}""";
    }

    public void Dispose()
    {
        foreach (string name in _namespaces)
        {
            Shell.Run("ip", ["netns", "del", name]);
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private string NewNamespace(string name)
    {
        string full = $"{_prefix}-{name}";
        NetworkNamespace.CreateNamed(full).Dispose();
        lock (_namespaces)
        {
            _namespaces.Add(full);
        }

        return full;
    }
}
