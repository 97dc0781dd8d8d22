using System.Globalization;
using Fairlead.Kernel;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Kubelet;

/// <summary>
/// Cgroups by their path in every hierarchy of the machine: version 1 has one per controller, version 2 one for all (cgroups(7)).
/// Everything that a node starts is in one of its cgroups, so whoever cleans up finds it.
/// </summary>
internal static class Cgroups
{
    private const string Mount = "/sys/fs/cgroup";

    /// <summary>Whether the machine has only the second version.</summary>
    public static bool IsUnified { get; } = File.Exists(Mount + "/cgroup.controllers");

    /// <summary>
    /// crun 1.8 refuses a machine that has controllers on both versions at once. In a mount namespace of its own the node can look away from the
    /// second version's mount; then crun uses the first.
    /// </summary>
    /// <exception cref="InvalidOperationException">The machine is of that kind, and this process is in the machine's own mount namespace, where nothing is to be touched.</exception>
    public static void HideSecondVersion()
    {
        const string second = Mount + "/unified";
        var controllers = second + "/cgroup.controllers";
        if (IsUnified || !File.Exists(controllers) || string.IsNullOrWhiteSpace(File.ReadAllText(controllers)))
        {
            return;
        }

        if (IsMachineMountNamespace())
        {
            throw new InvalidOperationException(
                $"{second} has controllers of its own, which crun refuses, and hiding it takes a mount namespace of the node's own; this process is in the machine's.");
        }

        Mounts.Propagate(second, MountPropagation.Private);
        Mounts.UnmountAll(second);
    }

    private static bool IsMachineMountNamespace()
    {
        try
        {
            return new FileInfo("/proc/1/ns/mnt").LinkTarget is { } machine && machine == new FileInfo("/proc/self/ns/mnt").LinkTarget;
        }
        catch (Exception denied) when (denied is IOException or UnauthorizedAccessException)
        {
            return false; // Init may be out of our sight; whoever starts a node gives it a mount namespace of its own.
        }
    }

    /// <summary>Puts a process into a cgroup, made if need be, of the hierarchy that serves for finding processes again.</summary>
    public static void Add(string cgroup, int pid)
    {
        var directory = Mount + (IsUnified ? "" : "/freezer") + cgroup;
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "cgroup.procs"), pid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The processes in a cgroup and below it, in any hierarchy.</summary>
    public static IReadOnlySet<int> Processes(string cgroup)
    {
        HashSet<int> found = [];
        foreach (var hierarchy in Hierarchies())
        {
            foreach (var directory in Tree(hierarchy + cgroup))
            {
                foreach (var line in ReadLines(Path.Combine(directory, "cgroup.procs")))
                {
                    found.Add(int.Parse(line, CultureInfo.InvariantCulture));
                }
            }
        }

        return found;
    }

    /// <summary>Ends every process in a cgroup and below, until none is left.</summary>
    public static async Task KillAsync(string cgroup, TimeProvider clock, CancellationToken cancellationToken)
    {
        // Zero stands for a process outside of this pid namespace.
        while (Processes(cgroup).Where(static pid => pid > 0 && pid != Environment.ProcessId).ToArray() is { Length: > 0 } processes)
        {
            foreach (var pid in processes)
            {
                _ = LibC.Kill(pid, LibC.SIGKILL);
                _ = Spawn.Reap(pid, block: false);
            }

            if (processes.All(static pid => ProcessIdentity.Of(pid) is null))
            {
                return; // Only zombies that somebody else has to reap.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Removes a cgroup and those below from every hierarchy; what is still busy stays.</summary>
    public static void Remove(string cgroup)
    {
        foreach (var hierarchy in Hierarchies())
        {
            foreach (var directory in Tree(hierarchy + cgroup).Reverse())
            {
                try
                {
                    Directory.Delete(directory);
                }
                catch (IOException)
                {
                    // Busy: a zombie is still in it. The parent's removal, or the next clean-up, takes it along.
                }
            }
        }
    }

    /// <summary>Whether the cgroup is still there in any hierarchy.</summary>
    public static bool Exists(string cgroup) => Hierarchies().Any(hierarchy => Directory.Exists(hierarchy + cgroup));

    private static string[] Hierarchies() => IsUnified
        ? [Mount]
        : Directory.Exists(Mount) ? Directory.GetDirectories(Mount) : [];

    private static IEnumerable<string> Tree(string root)
    {
        if (!Directory.Exists(root))
        {
            yield break;
        }

        yield return root;
        string[] children;
        try
        {
            children = Directory.GetDirectories(root);
        }
        catch (DirectoryNotFoundException)
        {
            yield break;
        }

        foreach (var child in children)
        {
            foreach (var below in Tree(child))
            {
                yield return below;
            }
        }
    }

    private static string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            return []; // Gone between listing and reading.
        }
    }
}
