using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>One observation about an object: type, True/False/Unknown, why, and since when.</summary>
/// <remarks>meta.k8s.io/v1 Condition.</remarks>
public sealed record Condition
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Status { get; init => field = value ?? ""; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ObservedGeneration { get; init; }

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string Reason { get; init => field = value ?? ""; } = "";

    public string Message { get; init => field = value ?? ""; } = "";
}
