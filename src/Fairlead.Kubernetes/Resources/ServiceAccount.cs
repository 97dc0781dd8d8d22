namespace Fairlead.Kubernetes;

/// <summary>An identity for pods.</summary>
/// <remarks>core/v1 ServiceAccount.</remarks>
public sealed record ServiceAccount : IKubernetesObject<ServiceAccount>
{
    /// <inheritdoc/>
    public static ResourceKind<ServiceAccount> ResourceKind { get; } = new(new("", "v1", "serviceaccounts", "ServiceAccount", true));

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "ServiceAccount"; } = "ServiceAccount";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public IReadOnlyList<ObjectReference> Secrets { get; init => field = value ?? []; } = [];

    public IReadOnlyList<LocalObjectReference> ImagePullSecrets { get; init => field = value ?? []; } = [];

    public bool? AutomountServiceAccountToken { get; init; }
}

/// <summary>Asks for a service account token; posted to the token subresource.</summary>
/// <remarks>authentication.k8s.io/v1 TokenRequest.</remarks>
public sealed record TokenRequest : IKubernetesObject<TokenRequest>
{
    /// <inheritdoc/>
    public static ResourceKind<TokenRequest> ResourceKind { get; } = new(new("authentication.k8s.io", "v1", "tokenrequests", "TokenRequest", true));

    public string ApiVersion { get; init => field = value ?? "authentication.k8s.io/v1"; } = "authentication.k8s.io/v1";

    public string Kind { get; init => field = value ?? "TokenRequest"; } = "TokenRequest";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public TokenRequestSpec Spec { get; init => field = value ?? TokenRequestSpec.Empty; } = TokenRequestSpec.Empty;

    public TokenRequestStatus Status { get; init => field = value ?? TokenRequestStatus.Empty; } = TokenRequestStatus.Empty;
}

/// <summary>Audiences, lifetime in seconds, and the object that the token dies with.</summary>
/// <remarks>authentication.k8s.io/v1 TokenRequestSpec.</remarks>
public sealed record TokenRequestSpec
{
    internal static TokenRequestSpec Empty { get; } = new();

    public IReadOnlyList<string> Audiences { get; init => field = value ?? []; } = [];

    public long? ExpirationSeconds { get; init; }

    public BoundObjectReference? BoundObjectRef { get; init; }
}

/// <summary>The object that a token is bound to.</summary>
/// <remarks>authentication.k8s.io/v1 BoundObjectReference.</remarks>
public sealed record BoundObjectReference
{
    public string? Kind { get; init; }

    public string? ApiVersion { get; init; }

    public string? Name { get; init; }

    public string? Uid { get; init; }
}

/// <summary>The token, and when it ends.</summary>
/// <remarks>authentication.k8s.io/v1 TokenRequestStatus.</remarks>
public sealed record TokenRequestStatus
{
    internal static TokenRequestStatus Empty { get; } = new();

    public string Token { get; init => field = value ?? ""; } = "";

    public DateTimeOffset? ExpirationTimestamp { get; init; }
}
