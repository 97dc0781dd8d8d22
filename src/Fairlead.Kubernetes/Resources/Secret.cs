using System.Collections.ObjectModel;

namespace Fairlead.Kubernetes;

/// <summary>Named secret values; <see cref="Data"/> holds bytes (base64 in JSON).</summary>
/// <remarks>core/v1 Secret.</remarks>
public sealed record Secret : IKubernetesObject<Secret>
{
    /// <inheritdoc/>
    public static ResourceKind<Secret> ResourceKind { get; } = new(new("", "v1", "secrets", "Secret", true));

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Secret"; } = "Secret";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public bool? Immutable { get; init; }

    public IReadOnlyDictionary<string, byte[]> Data { get; init => field = value ?? ReadOnlyDictionary<string, byte[]>.Empty; } = ReadOnlyDictionary<string, byte[]>.Empty;

    public IReadOnlyDictionary<string, string> StringData { get; init => field = value ?? ReadOnlyDictionary<string, string>.Empty; } = ReadOnlyDictionary<string, string>.Empty;

    public string? Type { get; init; }
}
