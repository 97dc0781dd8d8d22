using Fairlead.Lab.Kubelet.Containers;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>What is known of one container when a decision is made.</summary>
/// <param name="Container">What the pod asks for.</param>
/// <param name="Latest">Its latest attempt; null before the first.</param>
/// <param name="Started">Whether it runs, its postStart hook is through and its startup probe (if any) has succeeded.</param>
/// <param name="Busy">Whether it is being started or stopped just now.</param>
internal sealed record ContainerView(PodContainer Container, ContainerRecord? Latest, bool Started, bool Busy)
{
    public bool IsRunning => Latest is { IsRunning: true };

    /// <summary>It is being started: its postStart hook holds up the containers after it.</summary>
    public bool Starting { get; init; }
}

/// <summary>What to do next for a pod.</summary>
internal sealed record PodDecision
{
    /// <summary>Containers to start now.</summary>
    public IReadOnlyList<PodContainer> Start { get; init; } = [];

    /// <summary>Containers to stop now: sidecars of a pod whose work is done, last one first.</summary>
    public IReadOnlyList<PodContainer> Stop { get; init; } = [];

    /// <summary>Containers that wait for their back-off to pass.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> BackingOff { get; init; } = new Dictionary<string, DateTimeOffset>();

    /// <summary>The pod's final phase once nothing will be started any more; null while it lives.</summary>
    public string? FinalPhase { get; init; }

    /// <summary>Decides from the pod's policy and what its containers have done; pure.</summary>
    public static PodDecision Decide(string restartPolicy, IReadOnlyList<ContainerView> views, int sandboxAttempt, DateTimeOffset now)
    {
        List<PodContainer> start = [];
        Dictionary<string, DateTimeOffset> backingOff = [];
        var regular = views.Where(static v => v.Container.Role == ContainerRole.Regular).ToArray();
        var final = FinalPhaseOf(restartPolicy, regular);
        var initialized = regular.Any(v => v.Latest?.SandboxAttempt == sandboxAttempt);
        var initFailed = false;
        if (final is null)
        {
            var ready = Initialize();
            if (initFailed)
            {
                final = "Failed";
            }
            else if (ready)
            {
                // One after the other, in the order of the specification.
                foreach (var view in regular)
                {
                    if (view.Starting || Consider(view, RestartsAfter(restartPolicy, view)))
                    {
                        break;
                    }
                }
            }

            foreach (var view in views.Where(static v => v.Container.Role == ContainerRole.Ephemeral && v.Latest is null && !v.Busy))
            {
                start.Add(view.Container);
            }
        }

        return new PodDecision
        {
            Start = final is null ? start : [],
            BackingOff = backingOff,
            FinalPhase = final,
            Stop = final is null ? [] : [.. views.Where(static v => v.IsRunning && !v.Busy).Select(static v => v.Container).Reverse()],
        };

        bool Initialize()
        {
            foreach (var view in views.Where(static v => v.Container.Role == ContainerRole.Init))
            {
                if (view.Container.IsSidecar)
                {
                    Consider(view, restarts: true);
                    if (!initialized && !(view.IsRunning && view.Started))
                    {
                        return false;
                    }
                }
                else if (!initialized && !(view.Latest is { HasEnded: true, ExitCode: 0 } done && done.SandboxAttempt == sandboxAttempt))
                {
                    initFailed = restartPolicy == "Never" && view.Latest is { HasEnded: true, ExitCode: not 0 } failed && failed.SandboxAttempt == sandboxAttempt;
                    Consider(view, restarts: !initFailed);
                    return false;
                }
            }

            return true;
        }

        bool Consider(ContainerView view, bool restarts)
        {
            if (view.Busy || view.IsRunning || (view.Latest is { HasEnded: false }) || (view.Latest is not null && !restarts))
            {
                return false;
            }

            if (view.Latest is { FinishedAt: { } end } latest && end.AddSeconds(latest.BackOffSeconds) is var due && due > now && latest.SandboxAttempt == sandboxAttempt)
            {
                backingOff[view.Container.Name] = due;
                return false;
            }

            start.Add(view.Container);
            return true;
        }
    }

    /// <summary>The back-off that follows an attempt: none after the first failure, then 10 s, doubling up to 5 minutes; 10 minutes of running clear it.</summary>
    public static int NextBackOff(ContainerRecord previous)
    {
        var ran = previous.FinishedAt - previous.StartedAt ?? TimeSpan.Zero;
        return ran >= TimeSpan.FromMinutes(10) ? 0 : previous.BackOffSeconds == 0 ? 10 : Math.Min(previous.BackOffSeconds * 2, 300);
    }

    private static bool RestartsAfter(string restartPolicy, ContainerView view) => (view.Container.Spec.RestartPolicy ?? restartPolicy) switch
    {
        "Never" => false,
        "OnFailure" => view.Latest?.ExitCode is not 0,
        _ => true,
    };

    private static string? FinalPhaseOf(string restartPolicy, ContainerView[] regular) =>
        !regular.All(v => v.Latest is { HasEnded: true } && !v.Busy && !RestartsAfter(restartPolicy, v)) ? null
        : regular.All(static v => v.Latest!.ExitCode == 0) ? "Succeeded" : "Failed";
}
