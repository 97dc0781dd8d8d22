using Fairlead.Kernel;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Kubelet.Sandboxes;

/// <summary>
/// The process that holds a pod's network, ipc and uts namespaces while containers come and go. It is the machine's own sleep(1) under
/// another name: 150 KB of memory that is its own, no code of ours that could fail.
/// </summary>
internal static class PauseProcess
{
    /// <summary>What a pause process of this node is called in <c>ps</c>, up to the pod's name.</summary>
    public static string Title(string lab, string node) => $"fairlead-pause [{lab}/{node}]";

    /// <summary>Starts one in namespaces of its own.</summary>
    /// <param name="executable">A link named <c>pause</c> to sleep(1); its name is what <c>comm</c> shows.</param>
    /// <param name="title">The first argument, for people who read <c>ps</c>.</param>
    /// <param name="hostName">The pod's host name, set in the new uts namespace.</param>
    /// <param name="network">The pod's network namespace; null for the node's own.</param>
    /// <param name="flags">Which other namespaces are new: CLONE_NEW… of clone(2).</param>
    /// <param name="sysctls">Namespaced sysctls by their dotted name, set before anything runs in the pod.</param>
    /// <exception cref="IOException">A namespace, the host name or a sysctl was refused.</exception>
    public static Task<ProcessIdentity> StartAsync(string executable, string title, string hostName, NetworkNamespace? network, int flags, IEnumerable<KeyValuePair<string, string>> sysctls) =>
        DedicatedThread.RunAsync("sandbox", () => network is null ? Start(executable, title, hostName, flags, sysctls) : network.Run(() => Start(executable, title, hostName, flags, sysctls)));

    /// <summary>Ends one and reaps it if it is our child.</summary>
    public static void Stop(ProcessIdentity pause)
    {
        if (pause.Signal(LibC.SIGKILL))
        {
            _ = Spawn.Reap(pause.Pid);
        }
    }

    private static ProcessIdentity Start(string executable, string title, string hostName, int flags, IEnumerable<KeyValuePair<string, string>> sysctls)
    {
        if (flags != 0 && LibC.Unshare(flags) != 0)
        {
            throw LibC.Failure("make the pod's namespaces");
        }

        if ((flags & LibC.CLONE_NEWUTS) != 0)
        {
            LibC.SetHostName(hostName);
        }

        foreach (var (name, value) in sysctls)
        {
            // The kernel answers for the namespaces of the thread that opens the file (proc_sys(5)).
            File.WriteAllText("/proc/sys/" + name.Replace('.', '/'), value);
        }

        // In a pid namespace of its own it is the one that inherits orphans: an ignored SIGCHLD makes the kernel reap them (wait(2)).
        // exec -a, which dash has not, keeps the title by which it is found.
        var pid = (flags & LibC.CLONE_NEWPID) == 0
            ? Spawn.Start(executable, [title, "infinity"], [])
            : Spawn.Start("/bin/bash", [title, "-c", "trap '' CHLD; exec -a \"$0\" \"$1\" infinity", title, executable], []);
        return ProcessIdentity.Of(pid) ?? throw new IOException($"the pause process {pid} of {title} ended at once");
    }
}
