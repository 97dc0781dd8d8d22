using System.Security.Cryptography;
using Fairlead.Kernel;
using Fairlead.Kubernetes;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Kubelet.Sandboxes;

/// <summary>Makes and unmakes pods' sandboxes: the pause process with the pod's namespaces, their name, their network.</summary>
internal sealed class PodSandboxes(NodeRuntimeOptions options, NodePaths paths, PodNetwork network)
{
    /// <summary>The cgroup of a pod's containers and its sandbox.</summary>
    public string CgroupOf(string uid) => $"{options.Cgroup}/pod{uid}";

    /// <summary>The cgroup of what belongs to the sandbox itself: the pause process and the containers' monitors.</summary>
    public string SandboxCgroupOf(string uid) => CgroupOf(uid) + "/sandbox";

    /// <summary>Reads back what a runtime before this one left.</summary>
    public SandboxRecord? Find(string uid) => AtomicFile.Read(paths.Pod(uid).Sandbox, KubeletJson.Default.SandboxRecord);

    /// <summary>Whether the sandbox still holds its namespaces.</summary>
    public static bool IsAlive(SandboxRecord sandbox) => Pause(sandbox).IsAlive;

    /// <summary>The process that holds the namespaces.</summary>
    public static ProcessIdentity Pause(SandboxRecord sandbox) => new(sandbox.PausePid, sandbox.PauseStartTicks);

    /// <summary>Makes a sandbox without network yet; each step is on disk before the next one, so that nothing is lost to a crash between them.</summary>
    public async Task<SandboxRecord> CreateAsync(Pod pod, int attempt, string hostName, DateTimeOffset now)
    {
        var spec = pod.Spec;
        var flags = (spec.HostNetwork ? 0 : LibC.CLONE_NEWUTS)
            | (spec.HostIpc ? 0 : LibC.CLONE_NEWIPC)
            | (spec.ShareProcessNamespace == true ? LibC.CLONE_NEWPID : 0);
        string? name = null;
        List<KeyValuePair<string, string>> sysctls = [];
        if (!spec.HostNetwork)
        {
            // As other runtimes do: ports below 1024 and ping are a pod's own affair.
            sysctls.Add(new("net.ipv4.ip_unprivileged_port_start", "0"));
            sysctls.Add(new("net.ipv4.ping_group_range", "0 2147483647"));
        }

        sysctls.AddRange(spec.SecurityContext?.Sysctls.Select(static s => new KeyValuePair<string, string>(s.Name, s.Value)) ?? []);
        PreparePauseExecutable();
        var title = $"{PauseProcess.Title(options.LabName, options.NodeName)} {pod.Metadata.Namespace}/{pod.Metadata.Name}";
        using var network = spec.HostNetwork ? null : MakeNamespace(pod, out name);
        var pause = await PauseProcess.StartAsync(paths.Pause, title, hostName, network, flags, sysctls).ConfigureAwait(false);
        Cgroups.Add(SandboxCgroupOf(pod.Metadata.Uid), pause.Pid);
        SandboxRecord sandbox = new()
        {
            PodUid = pod.Metadata.Uid,
            Namespace = pod.Metadata.Namespace,
            Name = pod.Metadata.Name,
            Attempt = attempt,
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
            PausePid = pause.Pid,
            PauseStartTicks = pause.StartTicks,
            NetworkNamespace = name,
            CreatedAt = now,
        };
        Save(sandbox);
        return sandbox;
    }

    /// <summary>Connects a sandbox to the network.</summary>
    public async Task<SandboxRecord> AttachAsync(Pod pod, SandboxRecord sandbox, CancellationToken cancellationToken)
    {
        if (sandbox.NetworkNamespace is null)
        {
            return sandbox;
        }

        sandbox = sandbox with { NetworkAttached = true };
        Save(sandbox);
        sandbox = sandbox with { Addresses = await network.AttachAsync(pod, sandbox, cancellationToken).ConfigureAwait(false) };
        Save(sandbox);
        return sandbox;
    }

    /// <summary>Takes a sandbox down: its network first, while the namespace is there, then name and process.</summary>
    public async Task RemoveAsync(Pod pod, SandboxRecord sandbox, CancellationToken cancellationToken)
    {
        if (sandbox.NetworkAttached)
        {
            await network.DetachAsync(pod, sandbox, cancellationToken).ConfigureAwait(false);
        }

        if (sandbox.NetworkNamespace is { } name)
        {
            NetworkNamespace.DeleteNamed(name);
        }

        PauseProcess.Stop(Pause(sandbox));
        File.Delete(paths.Pod(sandbox.PodUid).Sandbox);
    }

    /// <summary>What the names of the node's pods' network namespaces start with.</summary>
    public static string NamePrefix(string lab, string node) => $"fl-{lab}-{node}_";

    /// <summary>Makes the pod's network namespace under a name that tells lab, node and pod.</summary>
    private NetworkNamespace MakeNamespace(Pod pod, out string? name)
    {
        // Neither part can hold an underscore, so no two pods of a node share a name, except for one that goes and its successor.
        var wanted = $"{NamePrefix(options.LabName, options.NodeName)}{pod.Metadata.Namespace}_{pod.Metadata.Name}";
        for (var suffix = 0; ; suffix++)
        {
            name = suffix == 0 ? wanted : $"{wanted}-{suffix}";
            try
            {
                return NetworkNamespace.CreateNamed(name);
            }
            catch (KernelException taken) when (taken.Error == Errno.Exists)
            {
                // The next one may be free.
            }
        }
    }

    private void Save(SandboxRecord sandbox) => AtomicFile.Write(paths.Pod(sandbox.PodUid).Sandbox, sandbox, KubeletJson.Default.SandboxRecord);

    private void PreparePauseExecutable()
    {
        if (new FileInfo(paths.Pause).LinkTarget is null)
        {
            try
            {
                File.CreateSymbolicLink(paths.Pause, "/usr/bin/sleep");
            }
            catch (IOException) when (File.Exists(paths.Pause))
            {
                // Another pod's sandbox made it meanwhile.
            }
        }
    }
}
