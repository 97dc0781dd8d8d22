namespace Fairlead.Kubernetes;

/// <summary>The API's own answer to what cannot be done, or to a deletion.</summary>
/// <remarks>meta.k8s.io/v1 Status.</remarks>
public sealed record KubernetesStatus
{
    /// <summary><c>Success</c> or <c>Failure</c>.</summary>
    public string? Status { get; init; }

    /// <summary>A sentence for people.</summary>
    public string? Message { get; init; }

    /// <summary>A word for programs, such as <c>AlreadyExists</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>The HTTP status code.</summary>
    public int? Code { get; init; }

    /// <summary>Which object, and what exactly was wrong.</summary>
    public StatusDetails? Details { get; init; }
}

/// <summary>Which object a status is about, and the causes.</summary>
public sealed record StatusDetails
{
    /// <summary>The object's name.</summary>
    public string? Name { get; init; }

    /// <summary>The object's API group.</summary>
    public string? Group { get; init; }

    /// <summary>The object's kind or resource.</summary>
    public string? Kind { get; init; }

    /// <summary>The object's UID.</summary>
    public string? Uid { get; init; }

    /// <summary>After how many seconds to try again, where the server says so.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>What was wrong, field by field.</summary>
    public IReadOnlyList<StatusCause> Causes { get; init => field = value ?? []; } = [];
}

/// <summary>One thing that was wrong.</summary>
public sealed record StatusCause
{
    /// <summary>A word for programs, such as <c>FieldValueInvalid</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>A sentence for people.</summary>
    public string? Message { get; init; }

    /// <summary>The field's path.</summary>
    public string? Field { get; init; }
}
