using System.Globalization;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Containers;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>What a pod's status is made from.</summary>
internal sealed record PodObservation
{
    public required IReadOnlyList<ContainerObservation> Containers { get; init; }

    public required IReadOnlyList<string> HostAddresses { get; init; }

    public IReadOnlyList<string> PodAddresses { get; init; } = [];

    public DateTimeOffset? StartTime { get; init; }

    /// <summary>The sandbox is there and has its network.</summary>
    public bool SandboxReady { get; init; }

    /// <summary>The phase that was decided for good, with why where there is a why (<c>DeadlineExceeded</c>, <c>Evicted</c>).</summary>
    public string? FinalPhase { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}

/// <summary>Makes a pod's status in the API's words from what was observed; pure.</summary>
internal static class PodStatusBuilder
{
    private static readonly string[] OwnConditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

    public static PodStatus Build(Pod pod, PodObservation observed, DateTimeOffset now)
    {
        var init = observed.Containers.Where(static c => c.Container.Role == ContainerRole.Init).ToArray();
        var regular = observed.Containers.Where(static c => c.Container.Role == ContainerRole.Regular).ToArray();
        var started = regular.Any(static c => c.Latest is not null);
        var phase = observed.FinalPhase ?? (started ? "Running" : "Pending");
        return new PodStatus
        {
            ObservedGeneration = pod.Metadata.Generation,
            Phase = phase,
            Reason = observed.Reason,
            Message = observed.Message,
            HostIP = observed.HostAddresses.Count > 0 ? observed.HostAddresses[0] : null,
            HostIPs = [.. observed.HostAddresses.Select(static a => new HostIP { IP = a })],
            PodIP = observed.PodAddresses.Count > 0 ? observed.PodAddresses[0] : null,
            PodIPs = [.. observed.PodAddresses.Select(static a => new PodIP { IP = a })],
            StartTime = observed.StartTime is { } start ? Seconds(start) : null,
            QosClass = ResourceBounds.QualityOfService(pod),
            Conditions = Conditions(pod, observed, init, regular, phase, now),
            InitContainerStatuses = [.. init.Select(c => Status(pod, c, phase, IsInitialized(init, started)))],
            ContainerStatuses = [.. regular.Select(c => Status(pod, c, phase, IsInitialized(init, started)))],
            EphemeralContainerStatuses = [.. observed.Containers.Where(static c => c.Container.Role == ContainerRole.Ephemeral).Select(c => Status(pod, c, phase, true))],
        };
    }

    private static bool IsInitialized(IReadOnlyList<ContainerObservation> init, bool started) =>
        started || init.All(static c => c.Container.IsSidecar ? c.Started : c.Latest is { HasEnded: true, ExitCode: 0 });

    private static ContainerStatus Status(Pod pod, ContainerObservation observed, string phase, bool initialized)
    {
        var spec = observed.Container.Spec;
        var latest = observed.Latest;
        // What was never started and never will be waits for nothing: the pod's own reason is what people are shown.
        var state = latest is null && phase is ("Succeeded" or "Failed")
            ? new ContainerState()
            : State(pod, observed, initialized || observed.Container.Role == ContainerRole.Init);
        // While it waits for its next attempt, the latest one has become the last one.
        var last = state.Waiting is not null && latest is { HasEnded: true } ? latest : observed.Previous;
        var running = state.Running is not null;
        return new ContainerStatus
        {
            Name = observed.Container.Name,
            State = state,
            LastTerminationState = last is { HasEnded: true } ? new ContainerState { Terminated = Terminated(last) } : new ContainerState(),
            Ready = observed.Container.Role == ContainerRole.Ephemeral ? false
                : observed.Container is { Role: ContainerRole.Init, IsSidecar: false } ? latest is { HasEnded: true, ExitCode: 0 }
                : running && observed.Ready && phase is not ("Succeeded" or "Failed"),
            Started = observed.Container is { Role: ContainerRole.Init, IsSidecar: false } ? (running ? observed.Started : false) : running && observed.Started,
            RestartCount = latest?.Attempt ?? 0,
            Image = spec.Image ?? "",
            ImageID = latest?.ImageId ?? "",
            ContainerID = latest is null ? null : ContainerId(latest),
            AllocatedResources = spec.Resources?.Requests ?? new Dictionary<string, Quantity>(),
            Resources = spec.Resources,
        };
    }

    private static ContainerState State(Pod pod, ContainerObservation observed, bool mayStart)
    {
        if (observed.Latest is { IsRunning: true } running)
        {
            return new ContainerState { Running = new ContainerStateRunning { StartedAt = Seconds(running.StartedAt!.Value) } };
        }

        if (observed.Waiting is { } waiting)
        {
            return Waiting(waiting.Reason, waiting.Message);
        }

        if (observed.BackingOffUntil is not null && observed.Latest is { } crashed)
        {
            var delay = crashed.BackOffSeconds >= 60 ? $"{crashed.BackOffSeconds / 60}m{crashed.BackOffSeconds % 60}s" : $"{crashed.BackOffSeconds.ToString(CultureInfo.InvariantCulture)}s";
            return Waiting("CrashLoopBackOff", $"back-off {delay} restarting failed container={observed.Container.Name} pod={pod.Metadata.Name}_{pod.Metadata.Namespace}({pod.Metadata.Uid})");
        }

        return observed.Latest is { HasEnded: true } ended
            ? new ContainerState { Terminated = Terminated(ended) }
            : Waiting(mayStart ? "ContainerCreating" : "PodInitializing", null);
    }

    private static ContainerState Waiting(string reason, string? message) => new() { Waiting = new ContainerStateWaiting { Reason = reason, Message = message } };

    private static ContainerStateTerminated Terminated(ContainerRecord ended) => new()
    {
        ExitCode = ended.ExitCode ?? 0,
        Reason = ended.Reason,
        Message = ended.Message,
        StartedAt = ended.StartedAt is { } start ? Seconds(start) : null,
        FinishedAt = ended.FinishedAt is { } end ? Seconds(end) : null,
        ContainerID = ContainerId(ended),
    };

    private static List<PodCondition> Conditions(
        Pod pod, PodObservation observed, IReadOnlyList<ContainerObservation> init, IReadOnlyList<ContainerObservation> regular, string phase, DateTimeOffset now)
    {
        var ended = phase is "Succeeded" or "Failed";
        var initialized = IsInitialized(init, regular.Any(static c => c.Latest is not null));
        var notInitialized = init.Where(static c => c.Container.IsSidecar ? !c.Started : c.Latest is not { HasEnded: true, ExitCode: 0 }).Select(static c => c.Container.Name).ToArray();
        var notReady = regular.Concat(init.Where(static c => c.Container.IsSidecar))
            .Where(static c => c.Latest is not { IsRunning: true } || !c.Ready).Select(static c => c.Container.Name).ToArray();
        var containersReady = !ended && notReady.Length == 0;
        var closedGates = pod.Spec.ReadinessGates
            .Where(gate => !pod.Status.Conditions.Any(c => c.Type == gate.ConditionType && c.Status == "True")).Select(static g => g.ConditionType).ToArray();
        (string?, string?) why = ended && phase == "Succeeded" ? ("PodCompleted", null)
            : ended ? ("PodFailed", null)
            : containersReady ? (null, null)
            : ("ContainersNotReady", $"containers with unready status: [{string.Join(' ', notReady)}]");
        (string?, string?) whyNotReady = containersReady && closedGates.Length > 0
            ? ("ReadinessGatesNotReady", string.Join(", ", closedGates.Select(static g => $"corresponding condition of pod readiness gate \"{g}\" does not exist.")))
            : why;
        List<PodCondition> conditions =
        [
            Condition("PodReadyToStartContainers", observed.SandboxReady, null, null),
            Condition("Initialized", initialized, initialized ? (ended && phase == "Succeeded" ? "PodCompleted" : null) : "ContainersNotInitialized",
                initialized ? null : $"containers with incomplete status: [{string.Join(' ', notInitialized)}]"),
            Condition("Ready", containersReady && closedGates.Length == 0, whyNotReady.Item1, whyNotReady.Item2),
            Condition("ContainersReady", containersReady, why.Item1, why.Item2),
            Condition("PodScheduled", true, null, null),
        ];
        conditions.AddRange(pod.Status.Conditions.Where(static c => !OwnConditions.Contains(c.Type)));
        return conditions;

        PodCondition Condition(string type, bool status, string? reason, string? message)
        {
            var text = status ? "True" : "False";
            var before = pod.Status.Conditions.FirstOrDefault(c => c.Type == type);
            return new PodCondition
            {
                Type = type,
                Status = text,
                ObservedGeneration = pod.Metadata.Generation,
                Reason = reason,
                Message = message,
                LastTransitionTime = before?.Status == text ? before.LastTransitionTime : Seconds(now),
            };
        }
    }

    /// <summary>How the API names a container: its runtime, then its id.</summary>
    public static string ContainerId(ContainerRecord record) => "crun://" + record.Id;

    /// <summary>The API's times have no fractions.</summary>
    private static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
