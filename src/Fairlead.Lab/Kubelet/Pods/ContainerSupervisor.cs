using System.Globalization;
using System.Text;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Containers;
using Fairlead.Lab.Kubelet.Images;
using Fairlead.Lab.Kubelet.Probes;
using Fairlead.Lab.Kubelet.Sandboxes;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>What a container needs from its pod in order to start.</summary>
internal sealed record PodSetting(Pod Pod, SandboxRecord Sandbox, IReadOnlyList<string> Addresses, IReadOnlyDictionary<string, string> Volumes, string HostName);

/// <summary>One container of a pod through all its attempts: starts it, has it probed, notices its end, stops it.</summary>
internal sealed class ContainerSupervisor(PodContainer container, NodeServices node, PodPaths paths, Action wake)
{
    private const int LongestMessage = 4096;
    private static readonly TimeSpan ConfigurationRetry = TimeSpan.FromSeconds(5);

    private readonly ContainerLauncher _launcher = new(node, paths);
    private readonly ImagePullBackOff _pulls = new();
    private ContainerProbes? _probes;
    private bool _failedPostStart;
    private int _backOffTold = -1;
    private Task _ended = Task.CompletedTask;

    /// <summary>What the pod asks for now; its image may change while it runs.</summary>
    public PodContainer Container { get; set; } = container;

    /// <summary>Finds the process of another container of the pod, for debugging containers that join its pid namespace.</summary>
    public Func<string?, int?>? TargetPid { get; init; }

    public ContainerRecord? Latest { get; private set; }

    public ContainerRecord? Previous { get; private set; }

    /// <summary>It runs, its postStart hook is through and its startup probe has succeeded.</summary>
    public bool Started => _probes is { Started: true };

    public bool Ready => _probes is { Ready: true };

    /// <summary>It is being started: until its postStart hook is through, the containers after it wait.</summary>
    public bool Starting { get; private set; }

    public bool Stopping { get; private set; }

    /// <summary>It is being started or stopped.</summary>
    public bool Busy => Starting || Stopping;

    public (string Reason, string Message)? Waiting { get; private set; }

    /// <summary>When to try again what failed before there was a container; null when nothing did.</summary>
    public DateTimeOffset? RetryAt { get; private set; }

    /// <summary>It runs, and is to be stopped: a probe or hook gave it up, or its image is not the one that the pod asks for any more.</summary>
    public bool IsToBeReplaced => !Busy && Latest is { IsRunning: true } && WhyReplaced is not null;

    /// <summary>How long it may take to stop when it is replaced; null for the pod's own grace period.</summary>
    public long? ReplacementGrace => _probes?.GaveUp?.TerminationGracePeriodSeconds;

    private string? WhyReplaced =>
        _failedPostStart ? "failed postStart hook"
        : _probes?.GaveUp is { } probe ? (probe == Container.Spec.StartupProbe ? "failed startup probe" : "failed liveness probe")
        : Latest?.Image != Container.Spec.Image ? "definition changed" : null;

    public ContainerView View(DateTimeOffset now) => new(Container, Latest, Started, Busy || RetryAt > now) { Starting = Starting };

    public ContainerObservation Observation(DateTimeOffset? backingOffUntil) => new(Container)
    {
        Latest = Latest,
        Previous = Previous,
        Started = Started,
        Ready = Ready,
        Waiting = Waiting,
        BackingOffUntil = backingOffUntil,
    };

    /// <summary>Takes up what a runtime before this one left of the container.</summary>
    public async Task AdoptAsync(PodSetting? setting, CancellationToken cancellationToken)
    {
        var records = await _launcher.RememberedAsync(Container.Name, cancellationToken).ConfigureAwait(false);
        Latest = records.Count > 0 ? records[^1] : null;
        Previous = records.Count > 1 ? records[^2] : null;
        if (Latest is { HasEnded: true } ended)
        {
            await _launcher.ForgetAsync(ended, cancellationToken).ConfigureAwait(false);
        }
        else if (Latest is { IsRunning: true } running)
        {
            _ended = WatchAsync(running, setting?.Pod, OciRuntime.IsMonitored(_launcher.PathsOf(running)));
            if (setting is not null && Latest is { IsRunning: true })
            {
                _probes = Probe(running, setting);
            }
        }
    }

    /// <summary>Starts the next attempt; failures become the container's state, never exceptions.</summary>
    public async Task StartAsync(PodSetting setting, CancellationToken cancellationToken)
    {
        Starting = true;
        (Waiting, RetryAt, _failedPostStart) = (null, null, false);
        try
        {
            await TryStartAsync(setting, cancellationToken).ConfigureAwait(false);
        }
        catch (ContainerConfigurationException problem)
        {
            node.Record(setting.Pod, Container, "Warning", "Failed", "Error: " + problem.Message);
            RetryLater("CreateContainerConfigError", problem.Message, ConfigurationRetry);
        }
#pragma warning disable CA1031 // Whatever it is, the pod's reader is told, and it is tried again; without a pause it would be tried again at once.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            node.Logger.PodStepFailed(setting.Pod.Metadata.Namespace, setting.Pod.Metadata.Name, $"start {Container.Name}", failure.Message);
            node.Record(setting.Pod, Container, "Warning", "Failed", "Error: " + failure.Message);
            RetryLater("CreateContainerError", failure.Message, ConfigurationRetry);
        }
        finally
        {
            Starting = false;
            wake();
        }
    }

    /// <summary>
    /// Stops it: the preStop hook, its stop signal, and SIGKILL once <paramref name="grace"/> is over. Returns when it has ended.
    /// Whoever comes while it is being stopped already only adds an end to the other's patience.
    /// </summary>
    public async Task StopAsync(PodSetting setting, CancellationToken grace)
    {
        if (Latest is not { IsRunning: true } running)
        {
            return;
        }

        var first = !Stopping;
        Stopping = true;
        try
        {
            if (first)
            {
                node.Record(setting.Pod, Container, "Normal", "Killing",
                    WhyReplaced is { } why && !setting.Pod.Metadata.IsDeleting ? $"Container {Container.Name} {why}, will be restarted" : $"Stopping container {Container.Name}");
                await PreStopAsync(running, setting, grace).ConfigureAwait(false);
                if (!grace.IsCancellationRequested)
                {
                    _ = running.Process.Signal(StopSignal(running));
                }
            }

            try
            {
                await _ended.WaitAsync(grace).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (grace.IsCancellationRequested)
            {
                await KillAsync(setting.Pod).ConfigureAwait(false);
            }
        }
        finally
        {
            Stopping = false;
            wake();
        }
    }

    /// <summary>What still runs of it is ended without ceremony.</summary>
    public async Task KillAsync(Pod pod)
    {
        if (Latest is { IsRunning: true } running)
        {
            await Cgroups.KillAsync(_launcher.CgroupOf(pod.Metadata.Uid, running), node.Clock, CancellationToken.None).ConfigureAwait(false);
            await _ended.ConfigureAwait(false);
        }
    }

    /// <summary>Tells the pod's readers that it waits for its back-off, once for each attempt.</summary>
    public void TellBackOff(Pod pod)
    {
        if (Latest is { } latest && latest.Attempt != _backOffTold)
        {
            _backOffTold = latest.Attempt;
            node.Record(pod, Container, "Warning", "BackOff",
                $"Back-off restarting failed container {Container.Name} in pod {pod.Metadata.Name}_{pod.Metadata.Namespace}({pod.Metadata.Uid})");
        }
    }

    private async Task TryStartAsync(PodSetting setting, CancellationToken cancellationToken)
    {
        var (pod, spec) = (setting.Pod, Container.Spec);
        var image = ImageReference.IsValid(spec.Image) ? node.Images.Find(spec.Image!) : null;
        if (ImageAvailability.Judge(spec.Image, spec.ImagePullPolicy, image is not null) is { } refusal)
        {
            var (reason, message, retry) = _pulls.Refuse(spec.Image ?? "", refusal, node.Clock.GetUtcNow(), (type, what, text) => node.Record(pod, Container, type, what, text));
            RetryLater(reason, message, retry);
            return;
        }

        node.Record(pod, Container, "Normal", "Pulled", $"Container image \"{spec.Image}\" already present on machine and can be accessed by the pod");
        var record = await _launcher.LaunchAsync(Container, setting, image, Latest, TargetPid?.Invoke(Container.TargetContainer), cancellationToken).ConfigureAwait(false);
        (Previous, Latest, _probes) = (Latest, record, null);
        if (!record.IsRunning)
        {
            return;
        }

        _ended = WatchAsync(record, pod);
        if (spec.Lifecycle?.PostStart is { } hook && await node.Probes.HookAsync(hook, spec, Target(record, setting), cancellationToken).ConfigureAwait(false) is { } failure)
        {
            node.Record(pod, Container, "Warning", "FailedPostStartHook", $"PostStartHook failed: {failure}");
            _failedPostStart = true;
            return;
        }

        var probes = Probe(record, setting);
        _probes = probes;
        if (Latest is not { IsRunning: true })
        {
            // It ended before there were probes to stop.
            probes.Dispose();
            _probes = null;
        }
    }

    private void RetryLater(string reason, string message, TimeSpan delay) => (Waiting, RetryAt) = ((reason, message), node.Clock.GetUtcNow() + delay);

    private ContainerProbes Probe(ContainerRecord record, PodSetting setting) => new(node, setting.Pod, Container, Target(record, setting), wake);

    private ProbeTarget Target(ContainerRecord record, PodSetting setting) =>
        new(record.Id, _launcher.PathsOf(record), setting.Addresses.Count > 0 ? setting.Addresses[0] : "127.0.0.1");

    private async Task WatchAsync(ContainerRecord record, Pod? pod, bool isMonitored = true)
    {
        var exit = await node.Exits.WaitAsync(record.Id, record.Process, isMonitored).ConfigureAwait(false);
        _probes?.Dispose();
        var files = _launcher.PathsOf(record);
        var ended = record with
        {
            FinishedAt = exit.At,
            ExitCode = exit.ExitCode,
            Reason = !exit.Known ? "ContainerStatusUnknown" : File.Exists(Path.Combine(files.Bundle, "oom")) ? "OOMKilled" : exit.ExitCode == 0 ? "Completed" : "Error",
            Message = TerminationMessage(files, exit.ExitCode),
        };
        _launcher.Save(ended);
        (Latest, _probes) = (ended, null);
        node.Logger.ContainerEnded(pod?.Metadata.Namespace ?? "", pod?.Metadata.Name ?? "", Container.Name, record.Attempt, exit.ExitCode, ended.Reason);
        await _launcher.ForgetAsync(ended, CancellationToken.None).ConfigureAwait(false);
        wake();
    }

    private async Task PreStopAsync(ContainerRecord running, PodSetting setting, CancellationToken grace)
    {
        if (Container.Spec.Lifecycle?.PreStop is not { } hook)
        {
            return;
        }

        try
        {
            if (await node.Probes.HookAsync(hook, Container.Spec, Target(running, setting), grace).ConfigureAwait(false) is { } failure)
            {
                node.Record(setting.Pod, Container, "Warning", "FailedPreStopHook", $"PreStopHook failed: {failure}");
            }
        }
        catch (OperationCanceledException) when (grace.IsCancellationRequested)
        {
            node.Record(setting.Pod, Container, "Warning", "FailedPreStopHook", "PreStopHook failed: grace period is over");
        }
    }

    /// <summary>What the container says about its end: its termination log, or (where it asks for that) the end of its log after a failure.</summary>
    private string? TerminationMessage(ContainerPaths files, int exitCode)
    {
        var message = File.Exists(files.TerminationLog) ? File.ReadAllText(files.TerminationLog, Encoding.UTF8) : "";
        if (message.Length == 0 && exitCode != 0 && Container.Spec.TerminationMessagePolicy == "FallbackToLogsOnError" && File.Exists(files.Log))
        {
            message = string.Join('\n', Logs.ContainerLog.Tail(files.Log, 80).Select(static line => line.Text));
        }

        return message.Length == 0 ? null : message.Length > LongestMessage ? message[^LongestMessage..] : message;
    }

    private static int StopSignal(ContainerRecord record) => record.StopSignal switch
    {
        "SIGHUP" => 1,
        "SIGINT" => 2,
        "SIGQUIT" => 3,
        "SIGKILL" => 9,
        "SIGUSR1" => 10,
        "SIGUSR2" => 12,
        "SIGWINCH" => 28,
        { } number when int.TryParse(number, CultureInfo.InvariantCulture, out var signal) => signal,
        _ => LibC.SIGTERM,
    };
}
