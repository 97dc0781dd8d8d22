using Fairlead.Lab.Native;

namespace Fairlead.Lab.Fabric;

/// <summary>
/// A control group that holds processes of a lab, so that all of them can be found and ended, whatever became of their parents.
/// On cgroup v2 it is one directory; on v1 the freezer hierarchy decides who belongs to it, and the same path in other hierarchies is swept too.
/// Source: Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst.
/// </summary>
public sealed class LabCgroup
{
    private const string MountPoint = "/sys/fs/cgroup";

    private readonly string _path;

    private LabCgroup(string path) => _path = path;

    /// <summary>The group's path below a hierarchy's root: <c>/fairlead/demo/worker-0</c>.</summary>
    public string Name => _path;

    /// <summary>The file into which a process writes 0 to join the group.</summary>
    public string ProcessesFile => Path.Combine(Membership + _path, "cgroup.procs");

    private static bool IsUnified => File.Exists(Path.Combine(MountPoint, "cgroup.controllers"));

    private static string Membership => IsUnified ? MountPoint : Path.Combine(MountPoint, "freezer");

    /// <summary>The group of a whole lab, or of one host in it. Nothing is made yet.</summary>
    public static LabCgroup Of(string lab, string? host = null) => new(host is null ? $"/fairlead/{lab}" : $"/fairlead/{lab}/{host}");

    /// <summary>Makes the group, with those above it.</summary>
    public void Create() => Directory.CreateDirectory(Membership + _path);

    /// <summary>The ids of all processes in the group and the groups below it, in any hierarchy.</summary>
    public IReadOnlyList<int> Processes()
    {
        var found = new SortedSet<int>();
        foreach (string directory in Directories())
        {
            foreach (string line in ReadLines(Path.Combine(directory, "cgroup.procs")))
            {
                found.Add(int.Parse(line));
            }
        }

        return [.. found];
    }

    /// <summary>Removes the group and those below it; they must hold no process any more. What is gone already is no error.</summary>
    public void Remove()
    {
        foreach (string directory in Directories().OrderByDescending(directory => directory.Length))
        {
            TryRemove(directory);
        }

        // The group of all labs goes with the last of them.
        foreach (string hierarchy in Hierarchies())
        {
            TryRemove(Path.Combine(hierarchy, "fairlead"));
        }
    }

    private IEnumerable<string> Directories() => Hierarchies()
        .Select(hierarchy => hierarchy + _path)
        .Where(Directory.Exists)
        .SelectMany(top => Directory.GetDirectories(top, "*", SearchOption.AllDirectories).Prepend(top));

    private static IEnumerable<string> Hierarchies() => IsUnified
        ? [MountPoint]
        : Directory.GetDirectories(MountPoint).Where(hierarchy => File.Exists(Path.Combine(hierarchy, "cgroup.procs")));

    private static string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            // The group went away between the listing and the reading: nothing is in it.
            return [];
        }
    }

    private static void TryRemove(string directory)
    {
        try
        {
            if (Directory.Exists(directory))
            {
                // Not recursive: the files in it are the kernel's, and rmdir(2) is what removes a group.
                LibC.RemoveDirectory(directory);
            }
        }
        catch (IOException)
        {
            // Still busy; the caller tries again or reports what is left.
        }
    }
}
