using System.Text;
using System.Text.Json.Nodes;

namespace Fairlead.Cni;

/// <summary>Where a runtime finds plugins and keeps results.</summary>
public sealed record CniRuntimeOptions
{
    /// <summary>The directories that are searched for plugins, in order (<c>CNI_PATH</c>).</summary>
    public IReadOnlyList<string> BinDirectories { get; init; } = ["/opt/cni/bin"];

    /// <summary>Where results are kept, in its folder "results".</summary>
    public string CacheDirectory { get; init; } = "/var/lib/cni";
}

/// <summary>Executes networks as a container runtime does: the chain of plugins forward for ADD and CHECK, backward for DEL.</summary>
/// <remarks>Source: CNI specification 1.1.0, sections 2 to 4. Calls for one container must not overlap; GC must not overlap with any call for its network.</remarks>
public sealed class CniRuntime(CniRuntimeOptions options)
{
    private readonly ResultCache _cache = new(options.CacheDirectory);

    /// <summary>Connects a container to a network and keeps the result. When a plugin fails, the chain is asked to DEL before the error is passed on.</summary>
    /// <exception cref="CniException">A plugin's error, or a plugin is missing.</exception>
    public Task<CniResult> AddAsync(NetworkList network, RuntimeAttachment attachment, CancellationToken cancellationToken = default) =>
        Task.Run(() => Add(network, attachment, cancellationToken), cancellationToken);

    /// <summary>Disconnects a container; succeeds when it is gone already.</summary>
    /// <exception cref="CniException">A plugin's error; what was kept of the attachment stays, so that DEL can be tried again.</exception>
    public Task DeleteAsync(NetworkList network, RuntimeAttachment attachment, CancellationToken cancellationToken = default) =>
        Task.Run(() => Delete(network, attachment, cancellationToken), cancellationToken);

    /// <summary>Asks every plugin whether the container's network is as ADD left it.</summary>
    /// <exception cref="CniException">A plugin found a difference, or the version has no CHECK (code 1).</exception>
    public Task CheckAsync(NetworkList network, RuntimeAttachment attachment, CancellationToken cancellationToken = default) =>
        Task.Run(() => Check(network, attachment, cancellationToken), cancellationToken);

    /// <summary>
    /// Deletes the kept attachments that are not in <paramref name="valid"/>, then (1.1.0 and later) asks every plugin to collect what belongs to none of them.
    /// </summary>
    /// <exception cref="CniException">What failed, after everything was tried.</exception>
    public Task CollectGarbageAsync(NetworkList network, IReadOnlyCollection<CniAttachment> valid, CancellationToken cancellationToken = default) =>
        Task.Run(() => CollectGarbage(network, valid, cancellationToken), cancellationToken);

    /// <summary>Asks every plugin whether ADD can be served; versions before 1.1.0 have no such question and count as ready.</summary>
    /// <exception cref="CniException">A plugin cannot serve (code 50 or 51).</exception>
    public Task StatusAsync(NetworkList network, CancellationToken cancellationToken = default) =>
        Task.Run(() => Status(network, cancellationToken), cancellationToken);

    /// <summary>Asks every plugin of the network for its versions.</summary>
    /// <exception cref="CniException">A plugin is missing (7) or does not speak the network's version (1).</exception>
    public Task ValidateAsync(NetworkList network, CancellationToken cancellationToken = default) =>
        Task.Run(() => Validate(network, cancellationToken), cancellationToken);

    /// <summary>The result that ADD gave, as it is kept; nothing when the attachment is unknown.</summary>
    public CniResult? GetCachedResult(NetworkList network, RuntimeAttachment attachment) =>
        _cache.ReadResult(network.Name, attachment.Attachment) is JsonObject json ? ResultJson.Read(new ConfigurationObject(json, "result")) : null;

    /// <summary>The attachments that were added to the network and not deleted.</summary>
    public IReadOnlyList<RuntimeAttachment> GetCachedAttachments(NetworkList network) => _cache.List(network.Name);

    internal CniResult Add(NetworkList network, RuntimeAttachment attachment, CancellationToken cancellationToken)
    {
        JsonNode? result = null;
        try
        {
            foreach (JsonObject plugin in network.Plugins)
            {
                JsonObject derived = network.Derive(plugin, result, attachment.CapabilityArguments);
                byte[] output = Execute("ADD", derived, attachment, cancellationToken);
                result = Normalize(ConfigurationObject.Parse(output, $"result of {derived["type"]}"), network.Version);
            }

            _cache.Write(network, attachment, result!);
        }
        catch (Exception exception) when (exception is CniException or IOException or OperationCanceledException)
        {
            try
            {
                Delete(network, attachment, CancellationToken.None);
            }
            catch (Exception second) when (second is CniException or IOException)
            {
                // The first error tells more.
            }

            throw;
        }

        return ResultJson.Read(new ConfigurationObject((JsonObject)result!, "result"));
    }

    internal void Delete(NetworkList network, RuntimeAttachment attachment, CancellationToken cancellationToken)
    {
        JsonNode? previous = network.Version >= SpecificationVersion.V040 ? _cache.ReadResult(network.Name, attachment.Attachment) : null;
        foreach (JsonObject plugin in network.Plugins.Reverse())
        {
            Execute("DEL", network.Derive(plugin, previous, attachment.CapabilityArguments), attachment, cancellationToken);
        }

        _cache.Remove(network.Name, attachment.Attachment);
    }

    internal void Check(NetworkList network, RuntimeAttachment attachment, CancellationToken cancellationToken)
    {
        if (network.Version < SpecificationVersion.V040)
        {
            throw new CniException(CniErrorCode.IncompatibleVersion, $"cniVersion: {network.Version} does not have CHECK");
        }

        if (network.DisableCheck)
        {
            return;
        }

        JsonNode previous = _cache.ReadResult(network.Name, attachment.Attachment)
            ?? throw new CniException(CniErrorCode.UnknownContainer, $"no result of ADD is kept for container {attachment.ContainerId}, interface {attachment.InterfaceName}, in network {network.Name}");
        foreach (JsonObject plugin in network.Plugins)
        {
            Execute("CHECK", network.Derive(plugin, previous, attachment.CapabilityArguments), attachment, cancellationToken);
        }
    }

    internal void CollectGarbage(NetworkList network, IReadOnlyCollection<CniAttachment> valid, CancellationToken cancellationToken)
    {
        if (network.DisableGarbageCollection)
        {
            return;
        }

        List<CniException> failures = [];
        HashSet<CniAttachment> keep = [.. valid];
        foreach (RuntimeAttachment stale in _cache.List(network.Name).Where(attachment => !keep.Contains(attachment.Attachment)))
        {
            Try(() => Delete(network, stale, cancellationToken));
        }

        if (network.Version >= SpecificationVersion.V110)
        {
            JsonArray attachments = [];
            foreach (CniAttachment attachment in valid)
            {
                attachments.Add((JsonNode)new JsonObject { ["containerID"] = attachment.ContainerId, ["ifname"] = attachment.InterfaceName });
            }

            foreach (JsonObject plugin in network.Plugins)
            {
                JsonObject derived = network.Derive(plugin, null, null);
                derived["cni.dev/valid-attachments"] = attachments.DeepClone();
                derived["cni.dev/attachments"] = attachments.DeepClone();
                Try(() => Execute("GC", derived, null, cancellationToken));
            }
        }

        if (failures.Count > 0)
        {
            throw new CniException(failures[0].Code, string.Join("; ", failures.Select(failure => failure.Message)), failures[0].Details, failures[0]);
        }

        void Try(Action action)
        {
            try
            {
                action();
            }
            catch (CniException exception)
            {
                failures.Add(exception);
            }
        }
    }

    internal void Status(NetworkList network, CancellationToken cancellationToken)
    {
        if (network.Version < SpecificationVersion.V110)
        {
            return;
        }

        foreach (JsonObject plugin in network.Plugins)
        {
            Execute("STATUS", network.Derive(plugin, null, null), null, cancellationToken);
        }
    }

    internal void Validate(NetworkList network, CancellationToken cancellationToken)
    {
        foreach (JsonObject plugin in network.Plugins)
        {
            string type = new ConfigurationObject(plugin).GetString("type") ?? "";
            JsonObject request = new() { ["cniVersion"] = network.Version.ToString() };
            byte[] output = PluginExecution.Run(PluginExecution.Find(type, options.BinDirectories), Encoding.UTF8.GetBytes(request.ToJsonString()), Variables("VERSION", null), cancellationToken);
            IReadOnlyList<string> spoken = ConfigurationObject.Parse(output, $"versions of {type}").GetStrings("supportedVersions");
            if (!spoken.Contains(network.Version.ToString()))
            {
                throw new CniException(CniErrorCode.IncompatibleVersion, $"plugin {type} does not speak {network.Version}", $"it speaks {string.Join(", ", spoken)}");
            }
        }
    }

    private byte[] Execute(string command, JsonObject configuration, RuntimeAttachment? attachment, CancellationToken cancellationToken)
    {
        string type = new ConfigurationObject(configuration).GetString("type") ?? "";
        string path = PluginExecution.Find(type, options.BinDirectories);
        try
        {
            return PluginExecution.Run(path, Encoding.UTF8.GetBytes(configuration.ToJsonString()), Variables(command, attachment), cancellationToken);
        }
        catch (CniException exception)
        {
            throw new CniException(exception.Code, $"{type}: {exception.Message}", exception.Details, exception);
        }
    }

    private Dictionary<string, string?> Variables(string command, RuntimeAttachment? attachment) => new()
    {
        ["CNI_COMMAND"] = command,
        ["CNI_PATH"] = string.Join(':', options.BinDirectories),
        ["CNI_CONTAINERID"] = attachment?.ContainerId,
        ["CNI_NETNS"] = attachment?.NetworkNamespace,
        ["CNI_IFNAME"] = attachment?.InterfaceName,
        ["CNI_ARGS"] = attachment is null ? null : string.Join(';', attachment.Arguments.Select(pair => $"{pair.Key}={pair.Value}")),
    };

    /// <summary>A result is passed on as the plugin wrote it, unknown keys and all; only one of another version is written anew.</summary>
    private static JsonObject Normalize(ConfigurationObject result, SpecificationVersion version) =>
        result.GetString("cniVersion") == version.ToString() ? result.Json : ResultJson.Write(ResultJson.Read(result), version);
}
