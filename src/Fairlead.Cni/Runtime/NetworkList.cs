using System.Text;
using System.Text.Json.Nodes;

namespace Fairlead.Cni;

/// <summary>A network as an administrator writes it: a name and the plugins that make it, in order (a conflist).</summary>
/// <remarks>Source: CNI specification 1.1.0, "Network configuration format".</remarks>
public sealed class NetworkList
{
    private NetworkList(ConfigurationObject root, string name, SpecificationVersion version, IReadOnlyList<JsonObject> plugins, byte[] source)
    {
        Root = root;
        Name = name;
        Version = version;
        Plugins = plugins;
        Source = source;
    }

    /// <summary>The network's name.</summary>
    public string Name { get; }

    /// <summary>The version in which the plugins are spoken to: the highest known one of <c>cniVersion</c> and <c>cniVersions</c>.</summary>
    public SpecificationVersion Version { get; }

    /// <summary>The plugins' configurations, unknown keys and all.</summary>
    public IReadOnlyList<JsonObject> Plugins { get; }

    /// <summary>Whether the runtime must not call CHECK.</summary>
    public bool DisableCheck => IsTrue("disableCheck");

    /// <summary>Whether the runtime must not call GC (another runtime shares the network).</summary>
    public bool DisableGarbageCollection => IsTrue("disableGC");

    /// <summary>The text it was read from.</summary>
    public byte[] Source { get; }

    internal ConfigurationObject Root { get; }

    /// <summary>Reads a conflist, or a single plugin's configuration, which becomes a list of one.</summary>
    /// <exception cref="CniException">Malformed (6), invalid (7) or of a version that is not spoken here (1).</exception>
    public static NetworkList Parse(ReadOnlySpan<byte> utf8, string? path = null)
    {
        ConfigurationObject root = ConfigurationObject.Parse(utf8, path ?? "network configuration");
        string name = root.GetString("name") ?? "";
        if (name.Length == 0)
        {
            throw root.Invalid("name", "is missing");
        }

        if (!CniNames.IsIdentifier(name))
        {
            throw root.Invalid("name", $"\"{name}\" must start with a letter or digit and hold only letters, digits, '_', '.' and '-'");
        }

        List<JsonObject> plugins = [];
        if (!root.Has("plugins") && root.Has("type"))
        {
            plugins.Add(root.Json);
        }
        else
        {
            plugins.AddRange(root.GetObjects("plugins").Select(plugin => plugin.Json));
            if (path is not null && !(root.GetBoolean("loadOnlyInlinedPlugins")))
            {
                plugins.AddRange(LoadPluginFiles(Path.Combine(Path.GetDirectoryName(path) ?? "", name)));
            }
        }

        if (plugins.Count == 0)
        {
            throw root.Invalid("plugins", "holds no plugin");
        }

        foreach (JsonObject plugin in plugins)
        {
            if (string.IsNullOrEmpty(new ConfigurationObject(plugin, "plugins").GetString("type")))
            {
                throw root.Invalid("plugins", "a plugin has no type");
            }
        }

        return new NetworkList(root, name, ChooseVersion(root), plugins, utf8.ToArray());
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="CniException">As <see cref="Parse"/>; the message names the file.</exception>
    public static NetworkList Load(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (CniException exception)
        {
            throw new CniException(exception.Code, $"{path}: {exception.Message}", exception.Details, exception);
        }
    }

    /// <summary>
    /// The networks of a configuration directory in the order in which runtimes take them: files that end in .conf, .conflist or .json by
    /// their names' bytes. A file that is invalid is passed over; <paramref name="onInvalid"/> is told which and why.
    /// </summary>
    public static IReadOnlyList<NetworkList> LoadDirectory(string directory, Action<CniException>? onInvalid = null)
    {
        List<NetworkList> networks = [];
        if (!Directory.Exists(directory))
        {
            return networks;
        }

        foreach (string path in Directory.EnumerateFiles(directory)
            .Where(path => Path.GetExtension(path) is ".conf" or ".conflist" or ".json")
            .OrderBy(path => path, StringComparer.Ordinal))
        {
            try
            {
                networks.Add(Load(path));
            }
            catch (CniException exception)
            {
                onInvalid?.Invoke(exception);
            }
        }

        return networks;
    }

    /// <summary>The network that a runtime uses when it is told none: the first of the directory; nothing when it holds none.</summary>
    public static NetworkList? LoadDefault(string directory, Action<CniException>? onInvalid = null) =>
        LoadDirectory(directory, onInvalid) is [NetworkList first, ..] ? first : null;

    /// <summary>The plugin's configuration as it is executed: the network's name and version, the runtime's and the previous plugins' additions.</summary>
    internal JsonObject Derive(JsonObject plugin, JsonNode? previousResult, JsonObject? capabilityArguments)
    {
        JsonObject derived = (JsonObject)plugin.DeepClone();
        derived["name"] = Name;
        derived["cniVersion"] = Version.ToString();
        if (previousResult is not null)
        {
            derived["prevResult"] = previousResult.DeepClone();
        }

        ConfigurationObject? capabilities = new ConfigurationObject(plugin).GetObject("capabilities");
        if (capabilities is not null && capabilityArguments is not null)
        {
            JsonObject runtimeConfig = [];
            foreach ((string name, JsonNode? value) in capabilityArguments)
            {
                if (capabilities.GetBoolean(name))
                {
                    runtimeConfig[name] = value?.DeepClone();
                }
            }

            if (runtimeConfig.Count > 0)
            {
                derived["runtimeConfig"] = runtimeConfig;
            }
        }

        return derived;
    }

    private static List<JsonObject> LoadPluginFiles(string directory) =>
        Directory.Exists(directory)
            ? Directory.EnumerateFiles(directory)
                .Where(path => Path.GetExtension(path) == ".conf")
                .OrderBy(path => path, StringComparer.Ordinal)
                .Select(path => ConfigurationObject.Parse(File.ReadAllBytes(path), path).Json)
                .ToList()
            : [];

    private static SpecificationVersion ChooseVersion(ConfigurationObject root)
    {
        SpecificationVersion? chosen = null;
        foreach (string text in root.GetStrings("cniVersions").Append(root.GetString("cniVersion") ?? ""))
        {
            bool alone = !root.Has("cniVersions");
            if ((text.Length > 0 || alone) && SpecificationVersion.TryParse(text, out SpecificationVersion version) && version.IsSupported
                && (chosen is null || version > chosen))
            {
                chosen = version;
            }
        }

        return chosen ?? throw new CniException(CniErrorCode.IncompatibleVersion, "cniVersion: no version is spoken here", $"supported: {string.Join(", ", SpecificationVersion.Supported)}");
    }

    /// <summary>Some runtimes' files hold "true" as text.</summary>
    private bool IsTrue(string key) =>
        Root.Json[key] is JsonValue value && ((value.TryGetValue(out bool truth) && truth) || (value.TryGetValue(out string? text) && bool.TryParse(text, out truth) && truth));

    /// <summary>The name and the plugins' types: "pods: bridge, portmap".</summary>
    public override string ToString()
    {
        StringBuilder text = new(Name);
        text.Append(": ").AppendJoin(", ", Plugins.Select(plugin => new ConfigurationObject(plugin).GetString("type")));
        return text.ToString();
    }
}
