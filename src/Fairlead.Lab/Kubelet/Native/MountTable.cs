using System.Text;

namespace Fairlead.Lab.Kubelet.Native;

/// <summary>What is mounted in the calling thread's mount namespace (proc_pid_mountinfo(5)).</summary>
internal static class MountTable
{
    /// <summary>The mount points at or below a directory, deepest first.</summary>
    public static IReadOnlyList<string> Below(string directory)
    {
        var prefix = directory.TrimEnd('/') + "/";
        return [.. File.ReadLines("/proc/thread-self/mountinfo")
            .Select(static line => Unescape(line.Split(' ')[4]))
            .Where(point => point.StartsWith(prefix, StringComparison.Ordinal) || point + "/" == prefix)
            .OrderByDescending(static point => point.Length)];
    }

    private static string Unescape(string path)
    {
        if (!path.Contains('\\', StringComparison.Ordinal))
        {
            return path;
        }

        StringBuilder plain = new(path.Length);
        for (var i = 0; i < path.Length; i++)
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
