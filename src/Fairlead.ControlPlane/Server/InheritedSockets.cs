using System.Globalization;

namespace Fairlead.ControlPlane.Server;

/// <summary>Listening sockets from the parent process: sd_listen_fds(3), file descriptors from 3 on.</summary>
internal static class InheritedSockets
{
    private const int First = 3;

    public static IReadOnlyList<int> Handles()
    {
        var forWhom = Environment.GetEnvironmentVariable("LISTEN_PID");
        var count = Environment.GetEnvironmentVariable("LISTEN_FDS");
        if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var sockets) || sockets > 64
            || (!string.IsNullOrEmpty(forWhom) && forWhom != Environment.ProcessId.ToString(CultureInfo.InvariantCulture)))
        {
            return [];
        }

        return [.. Enumerable.Range(First, sockets)];
    }
}
