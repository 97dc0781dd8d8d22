using System.Text.RegularExpressions;
using Fairlead.Kernel;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Fabric;

/// <summary>
/// Takes a lab down, in whatever state it is: everything of it is found by its name (control group, namespaces, directory), nothing by what some process remembers.
/// </summary>
public static partial class LabSweeper
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Takes the lab down and returns whether there was anything of it.</summary>
    /// <exception cref="LabException">Something can't be removed; the message names it.</exception>
    public static async Task<bool> DownAsync(string name, CancellationToken cancellationToken)
    {
        LabOptions.RequireName(name);
        using LabLock held = LabLock.Take(name);
        bool wasThere = await SweepAsync(name, cancellationToken).ConfigureAwait(false);
        held.Forget();
        return wasThere;
    }

    /// <summary>The same for a caller that holds the lab's lock.</summary>
    internal static async Task<bool> SweepAsync(string name, CancellationToken cancellationToken)
    {
        var paths = new LabPaths(name);
        LabCgroup cgroup = LabCgroup.Of(name);
        bool wasThere = Directory.Exists(paths.Root);

        wasThere |= await KillAllAsync(name, cgroup, cancellationToken).ConfigureAwait(false);
        foreach (string @namespace in NetworkNamespace.ListNamed().Where(candidate => IsOf(name, candidate)))
        {
            NetworkNamespace.DeleteNamed(@namespace);
            wasThere = true;
        }

        HostNamespaces.RemovePins(paths);
        cgroup.Remove();
        if (Directory.Exists(paths.Root))
        {
            Directory.Delete(paths.Root, recursive: true);
        }

        return wasThere;
    }

    /// <summary>Whether a network namespace is a lab's, or that of a pod in it. Another lab's name may begin with this one's: <c>fl-demo-2-router</c> is none of demo's.</summary>
    internal static bool IsOf(string lab, string @namespace) =>
        @namespace.StartsWith($"fl-{lab}-", StringComparison.Ordinal) && HostOrPod().IsMatch(@namespace.AsSpan($"fl-{lab}-".Length));

    [GeneratedRegex(@"^(router|internet|docker|client(-\d+)?|controller-\d+|worker-\d+)(_.*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex HostOrPod();

    /// <summary>Kills all processes of a group until there are none.</summary>
    internal static async Task<bool> KillAllAsync(string name, LabCgroup cgroup, CancellationToken cancellationToken)
    {
        bool any = false;
        long start = TimeProvider.System.GetTimestamp();
        while (cgroup.Processes() is { Count: > 0 } processes)
        {
            any = true;
            foreach (int process in processes)
            {
                _ = LibC.Kill(process, LibC.SIGKILL);
            }

            if (TimeProvider.System.GetElapsedTime(start) > s_patience)
            {
                throw new LabException($"lab {name}: processes {string.Join(", ", processes)} don't end although they were killed. See what they wait for (/proc/PID/stack), then run 'fairlead lab down --name {name}' again.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken).ConfigureAwait(false);
        }

        return any;
    }
}
