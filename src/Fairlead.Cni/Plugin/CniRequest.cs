namespace Fairlead.Cni;

/// <summary>One call of a plugin: the environment's parameters and the configuration.</summary>
public sealed class CniRequest
{
    /// <summary>What is asked.</summary>
    public required CniCommand Command { get; init; }

    /// <summary>The container's id (<c>CNI_CONTAINERID</c>); empty for GC and STATUS.</summary>
    public string ContainerId { get; init; } = "";

    /// <summary>The path of the container's network namespace (<c>CNI_NETNS</c>); empty when DEL is told none.</summary>
    public string NetworkNamespace { get; init; } = "";

    /// <summary>The interface's name in the container (<c>CNI_IFNAME</c>); empty for GC and STATUS.</summary>
    public string InterfaceName { get; init; } = "";

    /// <summary><c>CNI_ARGS</c>.</summary>
    public CniArguments Arguments { get; init; } = new();

    /// <summary>Where plugins are found (<c>CNI_PATH</c>), in order.</summary>
    public IReadOnlyList<string> PluginPath { get; init; } = [];

    /// <summary>The configuration from stdin.</summary>
    public required NetworkConfiguration Configuration { get; init; }

    /// <summary>The attachment in GC's terms.</summary>
    public CniAttachment Attachment => new(ContainerId, InterfaceName);

    /// <summary>The result so far, for plugins that only work in a chain.</summary>
    /// <exception cref="CniException">There is no <c>prevResult</c> (code 7).</exception>
    public CniResult RequirePreviousResult() =>
        Configuration.PreviousResult ?? throw Configuration.Root.Invalid("prevResult", Command == CniCommand.Check
            ? "is missing: CHECK compares with the result of ADD"
            : $"is missing: {Configuration.Type} must be called as a chained plugin");

    /// <summary>Reads the call from the environment and the configuration's text.</summary>
    /// <exception cref="CniException">A variable is missing or invalid (4), or the configuration is (1, 6, 7).</exception>
    public static CniRequest Read(CniCommand command, Func<string, string?> environment, ReadOnlySpan<byte> configuration)
    {
        byte[] text = configuration.ToArray();
        return Read(command, environment, () => NetworkConfiguration.Parse(text));
    }

    /// <summary>As the other; <paramref name="configuration"/> is asked for when the environment was found to be whole.</summary>
    internal static CniRequest Read(CniCommand command, Func<string, string?> environment, Func<NetworkConfiguration> configuration)
    {
        string containerId = environment("CNI_CONTAINERID") ?? "";
        string networkNamespace = environment("CNI_NETNS") ?? "";
        string interfaceName = environment("CNI_IFNAME") ?? "";
        bool perContainer = command is CniCommand.Add or CniCommand.Delete or CniCommand.Check;

        List<string> missing = [];
        if (perContainer && containerId.Length == 0)
        {
            missing.Add("CNI_CONTAINERID");
        }

        if (command is CniCommand.Add or CniCommand.Check && networkNamespace.Length == 0)
        {
            missing.Add("CNI_NETNS");
        }

        if (perContainer && interfaceName.Length == 0)
        {
            missing.Add("CNI_IFNAME");
        }

        if (missing.Count > 0)
        {
            throw new CniException(CniErrorCode.InvalidEnvironment, $"required environment variables [{string.Join(",", missing)}] missing");
        }

        if (perContainer && !CniNames.IsIdentifier(containerId))
        {
            throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_CONTAINERID: \"{containerId}\" must start with a letter or digit and hold only letters, digits, '_', '.' and '-'");
        }

        if (perContainer && !CniNames.IsInterfaceName(interfaceName))
        {
            throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_IFNAME: \"{interfaceName}\" is not an interface name", "1 to 15 characters, not \".\" or \"..\", without '/', ':' and white space");
        }

        return new CniRequest
        {
            Command = command,
            ContainerId = perContainer ? containerId : "",
            NetworkNamespace = networkNamespace,
            InterfaceName = perContainer ? interfaceName : "",
            Arguments = CniArguments.Parse(environment("CNI_ARGS")),
            PluginPath = (environment("CNI_PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries),
            Configuration = configuration(),
        };
    }
}
