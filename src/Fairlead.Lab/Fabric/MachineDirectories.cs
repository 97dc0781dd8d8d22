using Fairlead.Kernel;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Fabric;

/// <summary>
/// Directories that have to exist on the machine as mount points for the hosts' own (/etc/cni and such). Those that we made are noted, and
/// go when the last lab has gone; those that were there before stay.
/// </summary>
internal static class MachineDirectories
{
    /// <summary>Makes a directory, with those above it that are missing.</summary>
    public static void Make(string directory)
    {
        var missing = new Stack<string>();
        for (string? path = directory; path is not null && !Directory.Exists(path); path = Path.GetDirectoryName(path))
        {
            missing.Push(path);
        }

        // Noted before it is made: after a crash in between, a note too many does no harm.
        File.AppendAllLines(LabPaths.MadeDirectories, missing);
        foreach (string path in missing)
        {
            Directory.CreateDirectory(path);
        }
    }

    /// <summary>Removes what <see cref="Make"/> made, as far as it is empty, deepest first; and our own directory with it.</summary>
    public static void RemoveMade()
    {
        if (File.Exists(LabPaths.MadeDirectories))
        {
            foreach (string directory in File.ReadAllLines(LabPaths.MadeDirectories).OrderByDescending(path => path.Length))
            {
                if (directory == NetworkNamespace.NamedDirectory && Directory.Exists(directory) && Directory.GetFiles(directory).Length == 0)
                {
                    // The kernel keeps names of namespaces under a mount of the directory on itself (ip-netns(8)).
                    Mounts.UnmountAll(directory);
                }

                _ = LibC.RemoveDirectory(directory);
            }

            File.Delete(LabPaths.MadeDirectories);
        }

        for (string? path = LabPaths.AllLabs; path is not null && path.StartsWith("/var/lib/fairlead", StringComparison.Ordinal); path = Path.GetDirectoryName(path))
        {
            // Only where it is empty: rmdir(2) leaves everything else alone.
            _ = LibC.RemoveDirectory(path);
        }
    }
}
