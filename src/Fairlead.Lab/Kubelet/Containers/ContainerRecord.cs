using Fairlead.Lab.Native;

namespace Fairlead.Lab.Kubelet.Containers;

/// <summary>The three lists of a pod's specification that a container may come from.</summary>
internal enum ContainerRole
{
    /// <summary>From <c>initContainers</c>; those with restart policy Always are sidecars.</summary>
    Init,

    /// <summary>From <c>containers</c>.</summary>
    Regular,

    /// <summary>From <c>ephemeralContainers</c>.</summary>
    Ephemeral,
}

/// <summary>One attempt at running a container, as remembered on disk beside its bundle.</summary>
internal sealed record ContainerRecord
{
    public required string Name { get; init; }

    public required ContainerRole Role { get; init; }

    /// <summary>How often the container was started before: the <c>restartCount</c> that the API shows.</summary>
    public required int Attempt { get; init; }

    /// <summary>64 hexadecimal digits; the name under which crun knows it.</summary>
    public required string Id { get; init; }

    /// <summary>Which of the pod's sandboxes it belongs to.</summary>
    public required int SandboxAttempt { get; init; }

    public required string Image { get; init; }

    public string ImageId { get; init; } = "";

    /// <summary>The signal that asks it to end, as the pod or its image says; null for SIGTERM.</summary>
    public string? StopSignal { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public int Pid { get; init; }

    public long StartTicks { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>Why it ended, as the API says it: <c>Completed</c>, <c>Error</c>, <c>OOMKilled</c>, <c>StartError</c>.</summary>
    public string? Reason { get; init; }

    public string? Message { get; init; }

    /// <summary>Seconds to wait after this attempt's end before the next one starts.</summary>
    public int BackOffSeconds { get; init; }

    /// <summary>Whether it has a terminal of its own.</summary>
    public bool Tty { get; init; }

    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsRunning => StartedAt is not null && FinishedAt is null;

    [System.Text.Json.Serialization.JsonIgnore]
    public bool HasEnded => FinishedAt is not null;

    [System.Text.Json.Serialization.JsonIgnore]
    public ProcessIdentity Process => new(Pid, StartTicks);
}
