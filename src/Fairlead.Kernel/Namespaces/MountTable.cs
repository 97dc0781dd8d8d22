using System.Text;

namespace Fairlead.Kernel;

/// <summary>What is mounted in the calling thread's mount namespace (proc_pid_mountinfo(5)).</summary>
public static class MountTable
{
    /// <summary>All mount points, in the order in which they were mounted; one with several mounts over one another stands there as often.</summary>
    public static IEnumerable<string> Points() => File.ReadLines("/proc/thread-self/mountinfo").Select(static line => Unescape(line.Split(' ')[4]));

    /// <summary>The mount points at or below a directory, deepest first.</summary>
    public static IReadOnlyList<string> Below(string directory)
    {
        string prefix = directory.TrimEnd('/') + "/";
        return [.. Points().Where(point => point.StartsWith(prefix, StringComparison.Ordinal) || point + "/" == prefix).OrderByDescending(static point => point.Length)];
    }

    /// <summary>Spaces and the like stand there as three octal digits.</summary>
    private static string Unescape(string path)
    {
        if (!path.Contains('\\', StringComparison.Ordinal))
        {
            return path;
        }

        StringBuilder plain = new(path.Length);
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] == '\\' && i + 3 < path.Length)
            {
                plain.Append((char)Convert.ToInt32(path.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                plain.Append(path[i]);
            }
        }

        return plain.ToString();
    }
}
