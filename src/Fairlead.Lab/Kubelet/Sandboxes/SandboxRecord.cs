namespace Fairlead.Lab.Kubelet.Sandboxes;

/// <summary>A pod's sandbox as remembered on disk: enough to adopt it, to show it, and to take it down without the API.</summary>
internal sealed record SandboxRecord
{
    public required string PodUid { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>Counts the sandboxes that this pod has had, from 0.</summary>
    public required int Attempt { get; init; }

    /// <summary>The sandbox's id, 64 hexadecimal digits: <c>CNI_CONTAINERID</c>.</summary>
    public required string Id { get; init; }

    public required int PausePid { get; init; }

    public required long PauseStartTicks { get; init; }

    /// <summary>The name under /run/netns; null for a pod in the node's own network.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>The pod's addresses, the first one primary; empty until the network was set up.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether CNI ADD has been called, so that DEL is owed.</summary>
    public bool NetworkAttached { get; init; }
}
