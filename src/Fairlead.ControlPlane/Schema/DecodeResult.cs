using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema;

/// <summary>A request body after decoding.</summary>
internal sealed class DecodeResult
{
    /// <summary>The object in canonical form: known fields only, in Go's order, empty ones as Go leaves them. Null after an error.</summary>
    public JsonObject? Value { get; init; }

    /// <summary>Why the body is no object of this type, in the API's words; null when it is one.</summary>
    public string? Error { get; init; }

    /// <summary>Unknown and duplicate fields, as <c>unknown field "spec.foo"</c>; the caller decides whether they matter.</summary>
    public IReadOnlyList<string> StrictErrors { get; init; } = [];

    /// <summary>The error text of <c>fieldValidation=Strict</c>.</summary>
    public string StrictError => "strict decoding error: " + string.Join(", ", StrictErrors);
}
