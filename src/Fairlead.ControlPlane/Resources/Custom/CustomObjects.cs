using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Schema;

namespace Fairlead.ControlPlane.Resources.Custom;

/// <summary>Objects of custom kinds: read without a Go type, then pruned and filled by their structural schema.</summary>
internal static class CustomObjects
{
    public static (JsonObject Value, IReadOnlyList<string> Strict) Decode(byte[] body, ResourceDefinition resource, Func<string, StatusException> failure)
    {
        List<string> strict = [];
        try
        {
            var value = UntypedJson.Parse(body, sort: true, strict) as JsonObject ?? throw failure("the document is not an object");
            DecodeMetadata(value, strict, failure);
            if (resource.CustomSchema is { } schema)
            {
                StructuralSchema.Prune(value, schema, strict);
                StructuralSchema.Default(value, schema);
            }

            return (value, strict);
        }
        catch (JsonException exception)
        {
            throw failure(exception.Message);
        }
    }

    /// <summary>Metadata has a Go type whatever the kind.</summary>
    private static void DecodeMetadata(JsonObject value, List<string> strict, Func<string, StatusException> failure)
    {
        if (value["metadata"] is not { } metadata)
        {
            return;
        }

        var result = JsonDecoder.Decode(SchemaRegistry.Default.Type("meta.v1.ObjectMeta"), metadata);
        value["metadata"] = result.Value ?? throw failure(result.Error ?? "");
        strict.AddRange(result.StrictErrors.Select(note => note.Replace(" field \"", " field \"metadata.", StringComparison.Ordinal)));
    }
}
