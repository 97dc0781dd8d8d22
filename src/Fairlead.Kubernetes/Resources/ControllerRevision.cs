using System.Text.Json;

namespace Fairlead.Kubernetes;

/// <summary>A template of the past, kept for rollbacks.</summary>
/// <remarks>apps/v1 ControllerRevision.</remarks>
public sealed record ControllerRevision : IKubernetesObject<ControllerRevision>
{
    /// <inheritdoc/>
    public static ResourceKind<ControllerRevision> ResourceKind { get; } = new(new("apps", "v1", "controllerrevisions", "ControllerRevision", true));

    public string ApiVersion { get; init => field = value ?? "apps/v1"; } = "apps/v1";

    public string Kind { get; init => field = value ?? "ControllerRevision"; } = "ControllerRevision";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public JsonElement? Data { get; init; }

    public long Revision { get; init; }
}
