using System.Text.Json.Serialization;

namespace Fairlead.Lab.Faults;

/// <summary>A fault that lasts, as it is written down before it is done.</summary>
public sealed record FaultRecord
{
    /// <summary>Its number in the lab: 1, 2 …</summary>
    public required int Id { get; init; }

    /// <summary>What is done.</summary>
    public required Fault Fault { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it undoes itself; null: never.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>What was there before, to be put back.</summary>
    public IReadOnlyDictionary<string, string> Before { get; init; } = new Dictionary<string, string>();
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FaultRecord))]
internal sealed partial class FaultJson : JsonSerializerContext;
