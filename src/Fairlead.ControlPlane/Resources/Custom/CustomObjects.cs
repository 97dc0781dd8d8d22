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
}
