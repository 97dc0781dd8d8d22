using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Probes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>The probes of one attempt at running a container, from its start to its end, and what they have decided so far.</summary>
internal sealed class ContainerProbes : IDisposable
{
    private readonly NodeServices _node;
    private readonly Pod _pod;
    private readonly PodContainer _container;
    private readonly ProbeTarget _target;
    private readonly Action _decided;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;

    /// <summary>Starts asking.</summary>
    /// <param name="node">What asks.</param>
    /// <param name="pod">For events.</param>
    /// <param name="container">Which probes there are.</param>
    /// <param name="target">Whom they ask.</param>
    /// <param name="decided">Called when a verdict changes.</param>
    public ContainerProbes(NodeServices node, Pod pod, PodContainer container, ProbeTarget target, Action decided)
    {
        (_node, _pod, _container, _target, _decided) = (node, pod, container, target, decided);
        _stopped = _stop.Token;
        var spec = container.Spec;
        Started = spec.StartupProbe is null;
        Ready = Started && spec.ReadinessProbe is null;
        if (spec.StartupProbe is { } startup)
        {
            Run(startup, ProbeKind.Startup, Start);
        }
        else
        {
            RunOthers();
        }
    }

    /// <summary>The startup probe has succeeded, or there is none.</summary>
    public bool Started { get; private set; }

    /// <summary>The readiness probe succeeds, or there is none.</summary>
    public bool Ready { get; private set; }

    /// <summary>The probe that gave the container up; null while none did.</summary>
    public Probe? GaveUp { get; private set; }

    /// <summary>Asks no more.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private void Start(bool success)
    {
        if (!success)
        {
            GaveUp = _container.Spec.StartupProbe;
            return;
        }

        Started = true;
        Ready = _container.Spec.ReadinessProbe is null;
        RunOthers();
    }

    private void RunOthers()
    {
        if (_container.Spec.ReadinessProbe is { } readiness)
        {
            Run(readiness, ProbeKind.Readiness, success => Ready = success);
        }

        if (_container.Spec.LivenessProbe is { } liveness)
        {
            Run(liveness, ProbeKind.Liveness, success => GaveUp = success ? null : liveness);
        }
    }

    private void Run(Probe probe, ProbeKind kind, Action<bool> decided)
    {
        ProbeLoop loop = new()
        {
            Probe = probe,
            Kind = kind,
            Clock = _node.Clock,
            Ask = cancellation => _node.Probes.ProbeAsync(probe, _container.Spec, _target, cancellation),
            Failed = result => _node.Record(_pod, _container, "Warning", "Unhealthy", $"{kind} probe failed: {result.Output}"),
            Decided = success =>
            {
                decided(success);
                _decided();
            },
        };
        _ = Task.Run(async () =>
        {
            try
            {
                await loop.RunAsync(_stopped).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
            {
                // The container ended.
            }
        });
    }
}
