using System.Text.Json.Nodes;

namespace Fairlead.Cni;

/// <summary>What one plugin gets on stdin: the network's name, its own keys, and what the runtime and the plugins before it added.</summary>
/// <remarks>Source: CNI specification 1.1.0, "Configuration format" and "Deriving execution configuration from plugin configuration".</remarks>
public sealed class NetworkConfiguration
{
    private readonly Lazy<CniResult?> _previousResult;

    private NetworkConfiguration(ConfigurationObject root, SpecificationVersion version)
    {
        Root = root;
        Version = version;
        _previousResult = new Lazy<CniResult?>(() => root.GetObject("prevResult") is { } previous ? ResultJson.Read(previous) : null);
    }

    /// <summary>The whole object, unknown keys and all.</summary>
    public ConfigurationObject Root { get; }

    /// <summary><c>cniVersion</c>: the version in which the result is to be written.</summary>
    public SpecificationVersion Version { get; }

    /// <summary>The network's name.</summary>
    public string Name => Root.GetString("name") ?? "";

    /// <summary>The plugin's name, under which it is found in the bin dir.</summary>
    public string Type => Root.GetString("type") ?? "";

    /// <summary>The <c>ipam</c> object, when there is one.</summary>
    public ConfigurationObject? Ipam => Root.GetObject("ipam");

    /// <summary>What the runtime passes for the plugin's capabilities (<c>runtimeConfig</c>); empty when it passes nothing.</summary>
    public ConfigurationObject RuntimeConfig => Root.GetObject("runtimeConfig") ?? new ConfigurationObject([], "runtimeConfig");

    /// <summary>The convention's <c>args.cni</c> (labels, ips, mac); empty when there is none.</summary>
    public ConfigurationObject Arguments => Root.GetObject("args")?.GetObject("cni") ?? new ConfigurationObject([], "args.cni");

    /// <summary>The result of the plugins before this one (ADD) or of the whole chain (CHECK, DEL).</summary>
    public CniResult? PreviousResult => _previousResult.Value;

    /// <summary>GC: the attachments that are still in use.</summary>
    public IReadOnlyList<CniAttachment> ValidAttachments
    {
        get
        {
            List<CniAttachment> attachments = [];
            string key = Root.Has("cni.dev/valid-attachments") ? "cni.dev/valid-attachments" : "cni.dev/attachments";
            foreach (ConfigurationObject item in Root.GetObjects(key))
            {
                attachments.Add(new CniAttachment(item.GetString("containerID") ?? "", item.GetString("ifname") ?? ""));
            }

            return attachments;
        }
    }

    /// <summary>Reads a configuration and checks what every plugin needs of it: a version that is spoken here, a valid name, a type.</summary>
    /// <exception cref="CniException">Malformed (6), unknown version (1), or a name that is missing or invalid (7).</exception>
    public static NetworkConfiguration Parse(ReadOnlySpan<byte> utf8) => Of(ConfigurationObject.Parse(utf8));

    /// <summary>As <see cref="Parse"/>, of text that was parsed already.</summary>
    internal static NetworkConfiguration Of(ConfigurationObject root)
    {
        NetworkConfiguration configuration = new(root, ReadVersion(root));
        string name = configuration.Name;
        return name.Length == 0 ? throw root.Invalid("name", "is missing")
            : !CniNames.IsIdentifier(name) ? throw root.Invalid("name", $"\"{name}\" must start with a letter or digit and hold only letters, digits, '_', '.' and '-'")
            : configuration;
    }

    /// <summary>Wraps an object that was checked before, such as one derived from another configuration.</summary>
    public static NetworkConfiguration FromJson(JsonObject json)
    {
        ConfigurationObject root = new(json);
        return new NetworkConfiguration(root, ReadVersion(root));
    }

    internal static SpecificationVersion ReadVersion(ConfigurationObject root)
    {
        string text = root.GetString("cniVersion") ?? "";
        return !SpecificationVersion.TryParse(text, out SpecificationVersion version)
            ? throw new CniException(CniErrorCode.IncompatibleVersion, $"cniVersion: \"{text}\" is not a version")
            : !version.IsSupported
            ? throw new CniException(CniErrorCode.IncompatibleVersion, $"cniVersion: {version} is not spoken here", $"supported: {string.Join(", ", SpecificationVersion.Supported)}")
            : version;
    }
}
