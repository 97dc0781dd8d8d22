using Fairlead.Lab.Kubelet.Containers;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>All that a pod's status tells about one container.</summary>
internal sealed record ContainerObservation(PodContainer Container)
{
    public ContainerRecord? Latest { get; init; }

    /// <summary>The attempt before the latest, where one ended.</summary>
    public ContainerRecord? Previous { get; init; }

    /// <summary>The startup probe has succeeded, or there is none, and the postStart hook is through.</summary>
    public bool Started { get; init; }

    /// <summary>The readiness probe succeeds, or there is none.</summary>
    public bool Ready { get; init; }

    /// <summary>Why it does not run now and will be tried again, with a sentence: <c>CreateContainerConfigError</c>, <c>ErrImagePull</c>.</summary>
    public (string Reason, string Message)? Waiting { get; init; }

    /// <summary>When its back-off ends; null when it is in none.</summary>
    public DateTimeOffset? BackingOffUntil { get; init; }
}
