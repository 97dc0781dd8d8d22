using System.Collections.ObjectModel;

namespace Fairlead.Kubernetes;

/// <summary>Named configuration values.</summary>
/// <remarks>core/v1 ConfigMap.</remarks>
public sealed record ConfigMap : IKubernetesObject<ConfigMap>
{
    /// <inheritdoc/>
    public static ResourceKind<ConfigMap> ResourceKind { get; } = new(new("", "v1", "configmaps", "ConfigMap", true));

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "ConfigMap"; } = "ConfigMap";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public bool? Immutable { get; init; }

    public IReadOnlyDictionary<string, string> Data { get; init => field = value ?? ReadOnlyDictionary<string, string>.Empty; } = ReadOnlyDictionary<string, string>.Empty;

    public IReadOnlyDictionary<string, byte[]> BinaryData { get; init => field = value ?? ReadOnlyDictionary<string, byte[]>.Empty; } = ReadOnlyDictionary<string, byte[]>.Empty;
}
