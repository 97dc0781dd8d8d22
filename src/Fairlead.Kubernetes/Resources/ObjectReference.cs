namespace Fairlead.Kubernetes;

/// <summary>A reference to any object.</summary>
/// <remarks>core/v1 ObjectReference.</remarks>
public sealed record ObjectReference
{
    public string? Kind { get; init; }

    public string? Namespace { get; init; }

    public string? Name { get; init; }

    public string? Uid { get; init; }

    public string? ApiVersion { get; init; }

    public string? ResourceVersion { get; init; }

    public string? FieldPath { get; init; }
}
