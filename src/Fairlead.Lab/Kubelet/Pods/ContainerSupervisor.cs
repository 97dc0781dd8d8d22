using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Containers;
using Fairlead.Lab.Kubelet.Images;
using Fairlead.Lab.Kubelet.Native;
using Fairlead.Lab.Kubelet.Probes;
using Fairlead.Lab.Kubelet.Sandboxes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>What a container needs from its pod in order to start.</summary>
internal sealed record PodSetting(Pod Pod, SandboxRecord Sandbox, IReadOnlyList<string> Addresses, IReadOnlyDictionary<string, string> Volumes, string HostName);

/// <summary>One container of a pod through all its attempts: starts it, probes it, notices its end, stops it.</summary>
internal sealed class ContainerSupervisor(PodContainer container, NodeServices node, PodPaths paths, Action wake)
{
    private const int LongestMessage = 4096;
    private static readonly TimeSpan ConfigurationRetry = TimeSpan.FromSeconds(5);

    private CancellationTokenSource? _probing;
    private Task _ended = Task.CompletedTask;

    /// <summary>What the pod asks for now; its image may change while it runs.</summary>
    public PodContainer Container { get; set; } = container;

    public ContainerRecord? Latest { get; private set; }

    public ContainerRecord? Previous { get; private set; }

    /// <summary>It runs, its postStart hook is through and its startup probe has succeeded.</summary>
    public bool Started { get; private set; }

    public bool Ready { get; private set; }

    /// <summary>It is being started or stopped.</summary>
    public bool Busy { get; private set; }

    public (string Reason, string Message)? Waiting { get; private set; }

    /// <summary>When to try again what failed before there was a container; null when nothing did.</summary>
    public DateTimeOffset? RetryAt { get; private set; }

    /// <summary>A liveness or startup probe gave it up: it is to be stopped, and its policy decides about the rest.</summary>
    public string? Condemned { get; private set; }

    /// <summary>It runs, and is to be stopped: a probe gave it up, or its image is not the one that the pod asks for any more.</summary>
    public bool IsToBeReplaced => !Busy && Latest is { IsRunning: true } running && (Condemned is not null || running.Image != Container.Spec.Image);

    public ContainerView View(DateTimeOffset now) => new(Container, Latest, Started, Busy || RetryAt > now);

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
        var directory = Path.Combine(paths.Containers, Container.Name);
        if (!Directory.Exists(directory))
        {
            return;
        }

        var records = Directory.GetDirectories(directory)
            .Select(attempt => AtomicFile.Read(Path.Combine(attempt, "container.json"), KubeletJson.Default.ContainerRecord))
            .OfType<ContainerRecord>().OrderBy(static r => r.Attempt).ToList();
        if (records is [.., { StartedAt: null, FinishedAt: null } unfinished])
        {
            // Its maker died between creating and starting it: it never ran a single instruction of its own.
            await node.Runtime.DeleteAsync(unfinished.Id, cancellationToken).ConfigureAwait(false);
            RootFileSystem.Remove(Paths(unfinished));
            Directory.Delete(Paths(unfinished).Bundle, recursive: true);
            records.RemoveAt(records.Count - 1);
        }

        Latest = records.LastOrDefault();
        Previous = records.Count > 1 ? records[^2] : null;
        if (Latest is { HasEnded: true } ended)
        {
            await ForgetAsync(ended, cancellationToken).ConfigureAwait(false);
        }
        else if (Latest is { IsRunning: true } running)
        {
            Watch(running, setting?.Pod);
            if (setting is not null)
            {
                StartProbes(running, setting);
            }
        }
    }

    /// <summary>Starts the next attempt; failures become the container's state, never exceptions.</summary>
    public async Task StartAsync(PodSetting setting, CancellationToken cancellationToken)
    {
        Busy = true;
        (Waiting, RetryAt, Condemned) = (null, null, null);
        try
        {
            await TryStartAsync(setting, cancellationToken).ConfigureAwait(false);
        }
        catch (ContainerConfigurationException problem)
        {
            node.Record(setting.Pod, Container, "Warning", "Failed", "Error: " + problem.Message);
            (Waiting, RetryAt) = (("CreateContainerConfigError", problem.Message), node.Clock.GetUtcNow() + ConfigurationRetry);
        }
#pragma warning disable CA1031 // Whatever it is, the pod's reader is told, and it is tried again; without a pause it would be tried again at once.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            node.Logger.PodStepFailed(setting.Pod.Metadata.Namespace, setting.Pod.Metadata.Name, $"start {Container.Name}", failure.Message);
            node.Record(setting.Pod, Container, "Warning", "Failed", "Error: " + failure.Message);
            (Waiting, RetryAt) = (("CreateContainerError", failure.Message), node.Clock.GetUtcNow() + ConfigurationRetry);
        }
        finally
        {
            Busy = false;
            wake();
        }
    }

    /// <summary>Stops it: the preStop hook, its stop signal, and SIGKILL once <paramref name="grace"/> is over. Returns when it has ended.</summary>
    public async Task StopAsync(PodSetting setting, CancellationToken grace)
    {
        if (Latest is not { IsRunning: true } running)
        {
            return;
        }

        Busy = true;
        try
        {
            node.Record(setting.Pod, Container, "Normal", "Killing", Condemned is { } why ? $"Container {Container.Name} {why}, will be restarted"
                : running.Image != Container.Spec.Image ? $"Container {Container.Name} definition changed, will be restarted"
                : $"Stopping container {Container.Name}");
            if (Container.Spec.Lifecycle?.PreStop is { } hook)
            {
                await PreStopAsync(hook, running, setting, grace).ConfigureAwait(false);
            }

            if (!grace.IsCancellationRequested)
            {
                _ = running.Process.Signal(StopSignal());
            }

            try
            {
                await _ended.WaitAsync(grace).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (grace.IsCancellationRequested)
            {
                await Cgroups.KillAsync(CgroupOf(setting.Pod, running), node.Clock, CancellationToken.None).ConfigureAwait(false);
                await _ended.ConfigureAwait(false);
            }
        }
        finally
        {
            Busy = false;
            wake();
        }
    }

    /// <summary>The latest attempt is over because its sandbox is: what still runs of it is ended without ceremony.</summary>
    public async Task KillAsync(Pod pod)
    {
        if (Latest is { IsRunning: true } running)
        {
            await Cgroups.KillAsync(CgroupOf(pod, running), node.Clock, CancellationToken.None).ConfigureAwait(false);
            await _ended.ConfigureAwait(false);
        }
    }

    private async Task TryStartAsync(PodSetting setting, CancellationToken cancellationToken)
    {
        var (pod, spec) = (setting.Pod, Container.Spec);
        if (!ImageReference.IsValid(spec.Image))
        {
            node.Record(pod, Container, "Warning", "InspectFailed", $"Failed to apply default image tag \"{spec.Image}\": couldn't parse image name: invalid reference format");
            (Waiting, RetryAt) = (("InvalidImageName", $"Failed to apply default image tag \"{spec.Image}\": couldn't parse image name: invalid reference format"), node.Clock.GetUtcNow() + ConfigurationRetry);
            return;
        }

        var image = node.Images.Find(spec.Image!);
        node.Record(pod, Container, "Normal", "Pulled", $"Container image \"{spec.Image}\" already present on machine");
        DownwardFields fields = new(pod, node.Options.NodeName, node.HostAddresses, setting.Addresses, node.MachineMemory, Environment.ProcessorCount);
        var services = ServiceVariables.Of(await node.Services(cancellationToken).ConfigureAwait(false), pod.Metadata.Namespace, pod.Spec.EnableServiceLinks != false);
        var environment = await ContainerEnvironment.BuildAsync(spec, fields, services, node.Configuration, cancellationToken).ConfigureAwait(false);
        ContainerRecord record = new()
        {
            Name = Container.Name,
            Role = Container.Role,
            Attempt = Latest is null ? 0 : Latest.Attempt + 1,
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
            SandboxAttempt = setting.Sandbox.Attempt,
            Image = spec.Image!,
            ImageId = image?.Id ?? ImageReference.Normalize(spec.Image!),
            CreatedAt = node.Clock.GetUtcNow(),
            BackOffSeconds = Latest is null ? 0 : PodDecision.NextBackOff(Latest),
            Tty = spec.Tty,
        };
        await node.StartGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            record = await LaunchAsync(record, setting, image, environment, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            node.StartGate.Release();
        }

        if (record.IsRunning && spec.Lifecycle?.PostStart is { } hook
            && await node.Probes.HookAsync(hook, spec, record.Id, Address(setting), cancellationToken).ConfigureAwait(false) is { } failure)
        {
            node.Record(pod, Container, "Warning", "FailedPostStartHook", $"PostStartHook failed: {failure}");
            Condemned = "failed postStart hook";
            return;
        }

        if (record.IsRunning)
        {
            StartProbes(record, setting);
        }
    }

    private async Task<ContainerRecord> LaunchAsync(
        ContainerRecord record, PodSetting setting, StoredImage? image, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var (pod, files) = (setting.Pod, Paths(record));
        Directory.CreateDirectory(files.Bundle);
        Directory.CreateDirectory(Path.GetDirectoryName(files.Log)!);
        await File.WriteAllBytesAsync(files.TerminationLog, [], cancellationToken).ConfigureAwait(false);
        File.SetUnixFileMode(files.TerminationLog, (UnixFileMode)0b110_110_110);
        Save(record);
        try
        {
            if (image is null)
            {
                RootFileSystem.MountMachine(files, node.HiddenDirectories);
            }
            else
            {
                RootFileSystem.MountImage(files, image.Layers.Reverse());
            }

            var launch = ContainerSpecification.Build(Container, new LaunchContext
            {
                Pod = pod,
                Paths = paths,
                ContainerPaths = files,
                Volumes = setting.Volumes,
                Environment = environment,
                HostName = setting.HostName,
                CgroupPath = CgroupOf(pod, record),
                PausePid = setting.Sandbox.PausePid,
                TargetPid = TargetPid?.Invoke(Container.TargetContainer),
                Image = image,
                Responder = node.Options.Responder,
                QualityOfService = ResourceBounds.QualityOfService(pod),
                MachineMemory = node.MachineMemory,
            });
            await File.WriteAllBytesAsync(files.Configuration, OciConfiguration.Write(launch), cancellationToken).ConfigureAwait(false);
            var process = await node.Runtime.CreateAsync(
                record.Id, files, node.Sandboxes.SandboxCgroupOf(pod.Metadata.Uid), launch.Terminal, Container.Spec.Stdin, Container.Spec.StdinOnce).ConfigureAwait(false);
            node.Record(pod, Container, "Normal", "Created", $"Created container: {Container.Name}");
            await node.Runtime.StartAsync(record.Id, cancellationToken).ConfigureAwait(false);
            record = record with { Pid = process.Pid, StartTicks = process.StartTicks, StartedAt = node.Clock.GetUtcNow() };
            Save(record);
            (Previous, Latest) = (Latest, record);
            node.Record(pod, Container, "Normal", "Started", $"Started container {Container.Name}");
            node.Logger.ContainerStarted(pod.Metadata.Namespace, pod.Metadata.Name, Container.Name, record.Attempt, record.Pid);
            Watch(record, pod);
        }
        catch (Exception refused) when (refused is ContainerRuntimeException)
        {
            var now = node.Clock.GetUtcNow();
            record = record with { StartedAt = now, FinishedAt = now, ExitCode = 128, Reason = "StartError", Message = refused.Message };
            Save(record);
            (Previous, Latest) = (Latest, record);
            node.Record(pod, Container, "Warning", "Failed", "Error: " + refused.Message);
            await ForgetAsync(record, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            await node.Runtime.DeleteAsync(record.Id, CancellationToken.None).ConfigureAwait(false);
            RootFileSystem.Remove(files);
            Directory.Delete(files.Bundle, recursive: true);
            throw;
        }

        return record;
    }

    /// <summary>Finds the process of another container of the pod, for debugging containers that join its pid namespace.</summary>
    public Func<string?, int?>? TargetPid { get; init; }

    private void Watch(ContainerRecord record, Pod? pod) => _ended = WatchAsync(record, pod);

    private async Task WatchAsync(ContainerRecord record, Pod? pod)
    {
        var exit = await node.Exits.WaitAsync(record.Id, record.Process).ConfigureAwait(false);
        _probing?.Cancel();
        (Started, Ready) = (false, false);
        var files = Paths(record);
        var ended = record with
        {
            FinishedAt = exit.At,
            ExitCode = exit.ExitCode,
            Reason = !exit.Known ? "ContainerStatusUnknown" : File.Exists(Path.Combine(files.Bundle, "oom")) ? "OOMKilled" : exit.ExitCode == 0 ? "Completed" : "Error",
            Message = TerminationMessage(files, exit.ExitCode),
        };
        Save(ended);
        Latest = ended;
        node.Logger.ContainerEnded(pod?.Metadata.Namespace ?? "", pod?.Metadata.Name ?? "", Container.Name, record.Attempt, exit.ExitCode, ended.Reason);
        await ForgetAsync(ended, CancellationToken.None).ConfigureAwait(false);
        wake();
    }

    /// <summary>Drops what a container that ended no longer needs; its record and log stay until the attempt after next.</summary>
    private async Task ForgetAsync(ContainerRecord ended, CancellationToken cancellationToken)
    {
        await node.Runtime.DeleteAsync(ended.Id, cancellationToken).ConfigureAwait(false);
        RootFileSystem.Remove(Paths(ended));
        var attempts = Path.Combine(paths.Containers, Container.Name);
        foreach (var old in Directory.GetDirectories(attempts).Where(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture) < ended.Attempt - 1))
        {
            File.Delete(paths.Container(Container.Name, int.Parse(Path.GetFileName(old), CultureInfo.InvariantCulture)).Log);
            Directory.Delete(old, recursive: true);
        }
    }

    private void StartProbes(ContainerRecord record, PodSetting setting)
    {
        var spec = Container.Spec;
        CancellationTokenSource probing = new();
        _probing = probing;
        Started = spec.StartupProbe is null;
        Ready = Started && spec.ReadinessProbe is null;
        if (spec.StartupProbe is { } startup)
        {
            Run(startup, ProbeKind.Startup, success =>
            {
                if (success)
                {
                    Started = true;
                    Ready = spec.ReadinessProbe is null;
                    RunOthers();
                }
                else
                {
                    Condemned = "failed startup probe";
                }
            });
        }
        else
        {
            RunOthers();
        }

        void RunOthers()
        {
            if (spec.ReadinessProbe is { } readiness)
            {
                Run(readiness, ProbeKind.Readiness, success => Ready = success);
            }

            if (spec.LivenessProbe is { } liveness)
            {
                Run(liveness, ProbeKind.Liveness, success => Condemned = success ? null : "failed liveness probe");
            }
        }

        void Run(Probe probe, ProbeKind kind, Action<bool> decided) => _ = Task.Run(async () =>
        {
            ProbeLoop loop = new()
            {
                Probe = probe,
                Kind = kind,
                Clock = node.Clock,
                Ask = cancellation => node.Probes.ProbeAsync(probe, spec, record.Id, Address(setting), cancellation),
                Failed = result => node.Record(setting.Pod, Container, "Warning", "Unhealthy", $"{kind} probe failed: {result.Output}"),
                Decided = success =>
                {
                    decided(success);
                    wake();
                },
            };
            try
            {
                await loop.RunAsync(probing.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (probing.IsCancellationRequested)
            {
                // The container ended.
            }
        });
    }

    private async Task PreStopAsync(LifecycleHandler hook, ContainerRecord running, PodSetting setting, CancellationToken grace)
    {
        try
        {
            if (await node.Probes.HookAsync(hook, Container.Spec, running.Id, Address(setting), grace).ConfigureAwait(false) is { } failure)
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

    private int StopSignal() => Container.Spec.Lifecycle?.StopSignal switch
    {
        "SIGHUP" => 1,
        "SIGINT" => 2,
        "SIGQUIT" => 3,
        "SIGKILL" => 9,
        "SIGUSR1" => 10,
        "SIGUSR2" => 12,
        "SIGWINCH" => 28,
        _ => LibC.SIGTERM,
    };

    private string CgroupOf(Pod pod, ContainerRecord record) => $"{node.Sandboxes.CgroupOf(pod.Metadata.Uid)}/{record.Id}";

    private static string Address(PodSetting setting) => setting.Addresses.Count > 0 ? setting.Addresses[0] : "127.0.0.1";

    private ContainerPaths Paths(ContainerRecord record) => paths.Container(record.Name, record.Attempt);

    private void Save(ContainerRecord record) => AtomicFile.Write(Paths(record).Record, record, KubeletJson.Default.ContainerRecord);
}
