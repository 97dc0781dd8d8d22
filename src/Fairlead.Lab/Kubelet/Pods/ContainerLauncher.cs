using System.Globalization;
using System.Security.Cryptography;
using Fairlead.Lab.Kubelet.Containers;
using Fairlead.Lab.Kubelet.Images;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>
/// Makes and forgets the attempts of one container on disk and in crun: record, root file system, bundle, process. Each step is on disk before the next
/// one, so that whoever comes after a crash finds it.
/// </summary>
internal sealed class ContainerLauncher(NodeServices node, PodPaths paths)
{
    /// <summary>Starts the attempt that follows <paramref name="latest"/>. A command that can't be run is an attempt that has ended (<c>StartError</c>).</summary>
    /// <param name="container">What the pod asks for.</param>
    /// <param name="setting">Where it starts.</param>
    /// <param name="image">The loaded image; null for the machine's own root.</param>
    /// <param name="latest">The attempt before; null for the first.</param>
    /// <param name="targetPid">The process whose pid namespace a debugging container joins.</param>
    /// <param name="cancellationToken">Gives up before there is a container.</param>
    /// <exception cref="ContainerConfigurationException">Something that the container refers to is missing.</exception>
    public async Task<ContainerRecord> LaunchAsync(
        PodContainer container, PodSetting setting, StoredImage? image, ContainerRecord? latest, int? targetPid, CancellationToken cancellationToken)
    {
        var (pod, spec) = (setting.Pod, container.Spec);
        DownwardFields fields = new(pod, node.Options.NodeName, node.HostAddresses, setting.Addresses, node.MachineMemory, Environment.ProcessorCount);
        var services = ServiceVariables.Of(await node.Services(cancellationToken).ConfigureAwait(false), pod.Metadata.Namespace, pod.Spec.EnableServiceLinks != false);
        var environment = await ContainerEnvironment.BuildAsync(spec, fields, services, node.Configuration, cancellationToken).ConfigureAwait(false);
        ContainerRecord record = new()
        {
            Name = container.Name,
            Role = container.Role,
            Attempt = latest is null ? 0 : latest.Attempt + 1,
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
            SandboxAttempt = setting.Sandbox.Attempt,
            Image = spec.Image!,
            ImageId = image?.Id ?? ImageReference.Normalize(spec.Image!),
            StopSignal = spec.Lifecycle?.StopSignal ?? image?.StopSignal,
            CreatedAt = node.Clock.GetUtcNow(),
            BackOffSeconds = latest is null ? 0 : PodDecision.NextBackOff(latest),
            Tty = spec.Tty,
        };
        LaunchContext context = new()
        {
            Pod = pod,
            Paths = paths,
            ContainerPaths = PathsOf(record),
            Volumes = setting.Volumes,
            Environment = environment,
            HostName = setting.HostName,
            CgroupPath = CgroupOf(pod.Metadata.Uid, record),
            PausePid = setting.Sandbox.PausePid,
            TargetPid = targetPid,
            Image = image,
            Responder = node.Options.Responder,
            QualityOfService = ResourceBounds.QualityOfService(pod),
            MachineMemory = node.MachineMemory,
        };
        await node.StartGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await RunAsync(record, container, context, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            node.StartGate.Release();
        }
    }

    /// <summary>The attempts that are remembered, the oldest first; one that never got to its first instruction is removed.</summary>
    public async Task<IReadOnlyList<ContainerRecord>> RememberedAsync(string containerName, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(paths.Containers, containerName);
        if (!Directory.Exists(directory))
        {
            return [];
        }

        var records = Directory.GetDirectories(directory)
            .Select(static attempt => AtomicFile.Read(Path.Combine(attempt, "container.json"), KubeletJson.Default.ContainerRecord))
            .OfType<ContainerRecord>().OrderBy(static r => r.Attempt).ToList();
        if (records is [.., { StartedAt: null, FinishedAt: null } unfinished])
        {
            await DiscardAsync(unfinished).ConfigureAwait(false);
            records.RemoveAt(records.Count - 1);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return records;
    }

    /// <summary>Drops what an attempt that ended no longer needs; its record and log stay until the attempt after next.</summary>
    public async Task ForgetAsync(ContainerRecord ended, CancellationToken cancellationToken)
    {
        await node.Runtime.DeleteAsync(ended.Id, cancellationToken).ConfigureAwait(false);
        RootFileSystem.Remove(PathsOf(ended));
        foreach (var old in Directory.GetDirectories(Path.Combine(paths.Containers, ended.Name)))
        {
            var attempt = int.Parse(Path.GetFileName(old), CultureInfo.InvariantCulture);
            if (attempt < ended.Attempt - 1)
            {
                File.Delete(paths.Container(ended.Name, attempt).Log);
                Directory.Delete(old, recursive: true);
            }
        }
    }

    public void Save(ContainerRecord record) => AtomicFile.Write(PathsOf(record).Record, record, KubeletJson.Default.ContainerRecord);

    public ContainerPaths PathsOf(ContainerRecord record) => paths.Container(record.Name, record.Attempt);

    /// <summary>The cgroup of an attempt.</summary>
    public string CgroupOf(string podUid, ContainerRecord record) => $"{node.Sandboxes.CgroupOf(podUid)}/{record.Id}";

    private async Task<ContainerRecord> RunAsync(ContainerRecord record, PodContainer container, LaunchContext context, CancellationToken cancellationToken)
    {
        var (pod, files) = (context.Pod, context.ContainerPaths);
        Directory.CreateDirectory(files.Bundle);
        Directory.CreateDirectory(Path.GetDirectoryName(files.Log)!);
        await File.WriteAllBytesAsync(files.TerminationLog, [], cancellationToken).ConfigureAwait(false);
        File.SetUnixFileMode(files.TerminationLog, (UnixFileMode)0b110_110_110);
        Save(record);
        try
        {
            if (context.Image is null)
            {
                RootFileSystem.MountMachine(files, node.HiddenDirectories);
            }
            else
            {
                RootFileSystem.MountImage(files, context.Image.Layers.Reverse());
            }

            var launch = ContainerSpecification.Build(container, context);
            await File.WriteAllBytesAsync(files.Configuration, OciConfiguration.Write(launch), cancellationToken).ConfigureAwait(false);
            var process = await node.Runtime.CreateAsync(
                record.Id, files, node.Sandboxes.SandboxCgroupOf(pod.Metadata.Uid), launch.Terminal, container.Spec.Stdin, container.Spec.StdinOnce).ConfigureAwait(false);
            node.Record(pod, container, "Normal", "Created", "Container created");
            await node.Runtime.StartAsync(record.Id, cancellationToken).ConfigureAwait(false);
            record = record with { Pid = process.Pid, StartTicks = process.StartTicks, StartedAt = node.Clock.GetUtcNow() };
            Save(record);
            node.Record(pod, container, "Normal", "Started", "Container started");
            node.Logger.ContainerStarted(pod.Metadata.Namespace, pod.Metadata.Name, container.Name, record.Attempt, record.Pid);
            return record;
        }
        catch (ContainerRuntimeException refused)
        {
            var now = node.Clock.GetUtcNow();
            record = record with { StartedAt = now, FinishedAt = now, ExitCode = 128, Reason = "StartError", Message = refused.Message };
            Save(record);
            node.Record(pod, container, "Warning", "Failed", "Error: " + refused.Message);
            await ForgetAsync(record, CancellationToken.None).ConfigureAwait(false);
            return record;
        }
        catch
        {
            await DiscardAsync(record).ConfigureAwait(false);
            throw;
        }
    }

    private async Task DiscardAsync(ContainerRecord record)
    {
        await node.Runtime.DeleteAsync(record.Id, CancellationToken.None).ConfigureAwait(false);
        RootFileSystem.Remove(PathsOf(record));
        Directory.Delete(PathsOf(record).Bundle, recursive: true);
    }
}
