namespace Fairlead.Lab.Kubelet.Images;

/// <summary>An image that was loaded from an archive: where its layers lie and what its configuration asks for.</summary>
public sealed record StoredImage
{
    /// <summary>The names under which pods may ask for it, each in full: <c>docker.io/library/web:1</c>.</summary>
    public required IReadOnlyList<string> References { get; init; }

    /// <summary>The digest of its configuration, <c>sha256:…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The directories of its layers, the bottom one first.</summary>
    public required IReadOnlyList<string> Layers { get; init; }

    /// <summary>The program and its first arguments; a pod's <c>command</c> replaces it.</summary>
    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    /// <summary>Further arguments; a pod's <c>args</c> replace them.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Variables as <c>NAME=value</c>.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary><c>user[:group]</c>, names or numbers; null for root.</summary>
    public string? User { get; init; }

    /// <summary>The directory in which the program starts; null for the root.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The signal that asks the program to end, by name or number; null for SIGTERM.</summary>
    public string? StopSignal { get; init; }

    /// <summary>The size of its layers in bytes.</summary>
    public long Size { get; init; }
}
