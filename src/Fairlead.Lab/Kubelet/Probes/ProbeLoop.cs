using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Probes;

/// <summary>The three questions that probes ask.</summary>
internal enum ProbeKind
{
    Startup,
    Readiness,
    Liveness,
}

/// <summary>Repeats one probe of one container and says when its verdict changes: after so many successes or failures in a row.</summary>
internal sealed class ProbeLoop
{
    /// <summary>The probe.</summary>
    public required Probe Probe { get; init; }

    /// <summary>Which question it asks.</summary>
    public required ProbeKind Kind { get; init; }

    /// <summary>Asks once.</summary>
    public required Func<CancellationToken, Task<ProbeResult>> Ask { get; init; }

    /// <summary>Told about each failure, for events.</summary>
    public required Action<ProbeResult> Failed { get; init; }

    /// <summary>Told about a verdict; false ends a loop of a startup or liveness probe, for the container is going to be stopped.</summary>
    public required Action<bool> Decided { get; init; }

    /// <summary>The clock of delays and periods.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Runs until cancelled, or until there is nothing more to find out.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var period = TimeSpan.FromSeconds(Probe.PeriodSeconds > 0 ? Probe.PeriodSeconds : 10);
        await Task.Delay(TimeSpan.FromSeconds(Probe.InitialDelaySeconds), Clock, cancellationToken).ConfigureAwait(false);
        var needed = (Success: Math.Max(Probe.SuccessThreshold, 1), Failure: Probe.FailureThreshold > 0 ? Probe.FailureThreshold : 3);
        bool? verdict = Kind == ProbeKind.Liveness ? true : null;
        var (inARow, last) = (0, false);
        while (true)
        {
            var result = await Ask(cancellationToken).ConfigureAwait(false);
            if (!result.Success)
            {
                Failed(result);
            }

            (inARow, last) = (result.Success == last ? inARow + 1 : 1, result.Success);
            if (inARow >= (last ? needed.Success : needed.Failure) && verdict != last)
            {
                verdict = last;
                Decided(last);
                if (Kind == ProbeKind.Startup || (Kind == ProbeKind.Liveness && !last))
                {
                    return;
                }
            }

            await Task.Delay(period, Clock, cancellationToken).ConfigureAwait(false);
        }
    }
}
