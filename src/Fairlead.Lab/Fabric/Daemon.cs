using System.Globalization;
using System.Net.Sockets;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Fabric;

/// <summary>A process of the lab that outlives the command which starts it: a session of its own, its output in a log file, a member of a control group.</summary>
public sealed record Daemon
{
    /// <summary>A runtime that compiles while it runs leaves a pipe and a socket in /tmp for debuggers, also when it is killed. Who wants to look inside sets it to 1.</summary>
    private const string Diagnostics = "DOTNET_EnableDiagnostics";

    /// <summary>The executable and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The file to which standard output and standard error are appended.</summary>
    public required string LogFile { get; init; }

    /// <summary>The group that it joins before its first instruction.</summary>
    public required LabCgroup Cgroup { get; init; }

    /// <summary>A listening socket to hand over the way systemd does: descriptor 3, LISTEN_FDS, LISTEN_PID. Source: sd_listen_fds(3).</summary>
    public Socket? ListeningSocket { get; init; }

    /// <summary>
    /// Starts it in the namespaces of the calling thread and returns its process id.
    /// A shell that replaces itself joins the control group and fills in LISTEN_PID, which only the process itself knows in time.
    /// </summary>
    /// <exception cref="IOException">The log can't be opened, or the kernel refused.</exception>
    public int Start()
    {
        string prepare = $"echo 0 > '{Cgroup.ProcessesFile}' && ";
        if (ListeningSocket is not null)
        {
            prepare += "export LISTEN_FDS=1 LISTEN_PID=$$ && ";
        }

        string[] environment = [.. Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key}={entry.Value}"))];
        if (Environment.GetEnvironmentVariable(Diagnostics) is null)
        {
            environment = [.. environment, Diagnostics + "=0"];
        }

        int log = LibC.Open(LogFile, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_APPEND | LibC.O_CLOEXEC, 0b110_100_100);
        if (log < 0)
        {
            throw LibC.Failure($"open {LogFile}");
        }

        try
        {
            const int output = 1, errors = 2, firstListening = 3;
            (int, int)[] descriptors = [(log, output), (log, errors), .. ListeningSocket is null ? ((int, int)[])[] : [((int)ListeningSocket.Handle, firstListening)]];
            return Spawn.Start("/bin/sh", ["/bin/sh", "-c", prepare + "exec \"$@\"", "sh", .. Command], environment, descriptors);
        }
        finally
        {
            _ = LibC.Close(log);
        }
    }
}
