using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Kubernetes;

/// <summary>A change to an object, in one of the four forms that the API takes.</summary>
public sealed class Patch
{
    private Patch(string contentType, byte[] body, string? query)
    {
        ContentType = contentType;
        Body = body;
        Query = query;
    }

    internal string ContentType { get; }

    internal byte[] Body { get; }

    internal string? Query { get; }

    /// <summary>JSON merge patch (RFC 7386): null removes, lists are replaced whole.</summary>
    public static Patch Merge(JsonObject change) => new("application/merge-patch+json", Bytes(change), null);

    /// <summary>Strategic merge patch: lists with merge keys are merged by element.</summary>
    public static Patch Strategic(JsonObject change) => new("application/strategic-merge-patch+json", Bytes(change), null);

    /// <summary>JSON patch (RFC 6902): a list of operations.</summary>
    public static Patch Json(JsonArray operations) => new("application/json-patch+json", Bytes(operations), null);

    /// <summary>Server-side apply: the fields that <paramref name="manager"/> wants, all of them.</summary>
    /// <param name="desired">The object with apiVersion and kind, and only the manager's own fields.</param>
    /// <param name="manager">The field manager.</param>
    /// <param name="force">Whether to take fields from other managers.</param>
    public static Patch Apply(JsonObject desired, string manager, bool force = true) =>
        new("application/apply-patch+yaml", Bytes(desired), $"fieldManager={Uri.EscapeDataString(manager)}{(force ? "&force=true" : "")}");

    private static byte[] Bytes(JsonNode node)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            node.WriteTo(writer);
        }

        return stream.ToArray();
    }
}
