using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Cni;

/// <summary>
/// What ADD gave, kept for CHECK, DEL and GC: one file per attachment, named and written as libcni does, so that either can go on from the
/// other's. Files appear whole (written beside, then renamed).
/// </summary>
internal sealed class ResultCache(string directory)
{
    private const string Kind = "cniCacheV1";

    private string Results => Path.Combine(directory, "results");

    public void Write(NetworkList network, RuntimeAttachment attachment, JsonNode result)
    {
        JsonObject json = new()
        {
            ["kind"] = Kind,
            ["containerId"] = attachment.ContainerId,
            ["config"] = Convert.ToBase64String(network.Source),
            ["ifName"] = attachment.InterfaceName,
            ["networkName"] = network.Name,
        };
        if (attachment.NetworkNamespace.Length > 0)
        {
            json["netns"] = attachment.NetworkNamespace;
        }

        if (attachment.Arguments.Count > 0)
        {
            JsonArray pairs = [];
            foreach ((string name, string value) in attachment.Arguments)
            {
                pairs.Add((JsonNode)new JsonArray(JsonValue.Create(name), JsonValue.Create(value)));
            }

            json["cniArgs"] = pairs;
        }

        if (attachment.CapabilityArguments is { Count: > 0 } capabilities)
        {
            json["capabilityArgs"] = capabilities.DeepClone();
        }

        json["result"] = result.DeepClone();

        Directory.CreateDirectory(Results);
        string path = PathOf(network.Name, attachment.Attachment);
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        File.WriteAllText(temporary, json.ToJsonString());
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The result that was kept; nothing when there is none or the file is torn.</summary>
    public JsonNode? ReadResult(string network, CniAttachment attachment) => ReadFile(PathOf(network, attachment))?.Json["result"];

    /// <summary>Forgets an attachment; it may be forgotten already.</summary>
    public void Remove(string network, CniAttachment attachment)
    {
        if (Directory.Exists(Results))
        {
            File.Delete(PathOf(network, attachment));
        }
    }

    /// <summary>The attachments of a network that were added and not deleted.</summary>
    public IReadOnlyList<RuntimeAttachment> List(string network)
    {
        List<RuntimeAttachment> attachments = [];
        if (!Directory.Exists(Results))
        {
            return attachments;
        }

        foreach (string path in Directory.EnumerateFiles(Results, $"{network}-*").Where(path => !path.EndsWith(".tmp", StringComparison.Ordinal)))
        {
            if (ReadFile(path) is { } json && json.GetString("kind") == Kind && json.GetString("networkName") == network)
            {
                attachments.Add(new RuntimeAttachment
                {
                    ContainerId = json.GetString("containerId") ?? "",
                    NetworkNamespace = json.GetString("netns") ?? "",
                    InterfaceName = json.GetString("ifName") ?? "",
                    Arguments = [.. json.GetArray("cniArgs").OfType<JsonArray>().Where(pair => pair.Count == 2)
                        .Select(pair => KeyValuePair.Create((string?)pair[0] ?? "", (string?)pair[1] ?? ""))],
                    CapabilityArguments = json.GetObject("capabilityArgs")?.Json,
                });
            }
        }

        return attachments;
    }

    private static ConfigurationObject? ReadFile(string path)
    {
        try
        {
            return ConfigurationObject.Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or CniException or JsonException)
        {
            return null;
        }
    }

    private string PathOf(string network, CniAttachment attachment) =>
        Path.Combine(Results, $"{network}-{attachment.ContainerId}-{attachment.InterfaceName}");
}
