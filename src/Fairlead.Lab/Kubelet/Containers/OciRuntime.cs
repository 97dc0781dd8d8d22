using System.Buffers;
using System.Text;
using System.Text.Json;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Kubelet.Containers;

/// <summary>
/// crun and conmon, the way that other runtimes use them: crun makes the container and goes; conmon stays with it, writes its log and its exit
/// code, and so outlives whoever started it.
/// </summary>
internal sealed class OciRuntime(NodePaths paths)
{
    private const string Crun = "/usr/bin/crun";
    private const string Conmon = "/usr/bin/conmon";

    /// <summary>crun's own version, for the node's status: <c>crun://1.8.1</c>.</summary>
    public static async Task<string> VersionAsync(CancellationToken cancellationToken)
    {
        var (_, output, _) = await CommandLine.RunAsync(Crun, ["--version"], cancellationToken).ConfigureAwait(false);
        return "crun://" + output.Split('\n')[0].Split(' ')[^1].Trim();
    }

    /// <summary>Creates a container from its bundle, watched by a conmon in the given cgroup; its process waits to be started.</summary>
    /// <returns>The container's first process.</returns>
    /// <exception cref="ContainerRuntimeException">crun refused.</exception>
    public async Task<ProcessIdentity> CreateAsync(string id, ContainerPaths container, string monitorCgroup, bool terminal, bool stdin, bool stdinOnce)
    {
        List<string> arguments =
        [
            "conmon", "-b", container.Bundle, "-c", id, "-n", id, "-u", SocketName(id), "-r", Crun,
            "--runtime-arg=--root=" + paths.Crun, "--runtime-arg=--cgroup-manager=cgroupfs",
            "-p", container.PidFile, "-P", container.MonitorPidFile, "-l", "k8s-file:" + container.Log,
            "--exit-dir", paths.Exits, "--persist-dir", container.Bundle, "--socket-dir-path", paths.Sockets, "--no-sync-log",
        ];
        if (terminal)
        {
            arguments.Add("-t");
        }

        if (stdin)
        {
            arguments.Add("-i");
            if (!stdinOnce)
            {
                arguments.Add("--leave-stdin-open");
            }
        }

        var answer = await Task.Run(() => StartMonitor(arguments, monitorCgroup)).ConfigureAwait(false);
        var (pid, message) = ReadAnswer(answer);
        return pid > 0 && ProcessIdentity.Of(pid) is { } process ? process : throw new ContainerRuntimeException("create container", message);
    }

    /// <summary>Lets a created container's process run.</summary>
    public Task StartAsync(string id, CancellationToken cancellationToken) => RunAsync("start container", ["start", id], cancellationToken);

    /// <summary>Forgets a container, ending it first if need be. Quiet when crun does not know it.</summary>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        if (Directory.Exists(Path.Combine(paths.Crun, id)))
        {
            _ = await CommandLine.RunAsync(Crun, ["--root=" + paths.Crun, "--cgroup-manager=cgroupfs", "delete", "--force", id], cancellationToken).ConfigureAwait(false);
        }

        File.Delete(Path.Combine(paths.Sockets, SocketName(id)));
        File.Delete(Path.Combine(paths.Exits, id));
    }

    /// <summary>The arguments with which crun runs one more process in a container; with a console socket, in a terminal that is handed over there.</summary>
    public IReadOnlyList<string> ExecArguments(string id, ExecDescription description, string? consoleSocket = null) =>
        ["--root=" + paths.Crun, "--log=" + description.Log, "exec", "--process=" + description.Path, .. consoleSocket is null ? (string[])[] : ["--console-socket=" + consoleSocket], id];

    /// <summary>The name under which a container's attach socket is found: short, for a socket's path may have 107 bytes (unix(7)).</summary>
    public static string SocketName(string id) => id[..16];

    /// <summary>The program to which <see cref="ExecArguments"/> belong.</summary>
    public static string Executable => Crun;

    /// <summary>Runs a command in a container and takes what it says; the exit code is the command's own.</summary>
    public async Task<(int ExitCode, string Output, string Error)> ExecAsync(string id, ContainerPaths container, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using var description = await ExecDescription.WriteAsync(container, command, terminal: false, cancellationToken).ConfigureAwait(false);
        var (exitCode, output, error) = await CommandLine.RunAsync(Crun, ExecArguments(id, description), cancellationToken).ConfigureAwait(false);
        return description.Failure(exitCode) is { } failure ? (failure.ExitCode, output, error + failure.Message) : (exitCode, output, error);
    }

    /// <summary>The exit code that conmon wrote, with the time; null while the container runs.</summary>
    public (int ExitCode, DateTimeOffset At)? ReadExit(string id)
    {
        var file = Path.Combine(paths.Exits, id);
        try
        {
            var text = File.ReadAllText(file);
            return int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var code)
                ? (code, new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero))
                : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Whether a container's conmon lives, which will write down how the container ends.</summary>
    public static bool IsMonitored(ContainerPaths container)
    {
        try
        {
            return File.ReadAllText($"/proc/{File.ReadAllText(container.MonitorPidFile).Trim()}/comm").Trim() == "conmon";
        }
        catch (IOException)
        {
            return false; // Never started, or gone.
        }
    }

    private async Task RunAsync(string step, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var (exitCode, output, error) = await CommandLine
            .RunAsync(Crun, ["--root=" + paths.Crun, "--cgroup-manager=cgroupfs", .. arguments], cancellationToken).ConfigureAwait(false);
        if (exitCode != 0)
        {
            throw new ContainerRuntimeException(step, error.Length > 0 ? error : output);
        }
    }

    /// <summary>
    /// conmon waits on one pipe until it is in its cgroup, forks, and says on the other what became of <c>crun create</c>
    /// (conmon.c: <c>_OCI_STARTPIPE</c>, <c>_OCI_SYNCPIPE</c>).
    /// </summary>
    private static unsafe byte[] StartMonitor(IReadOnlyList<string> arguments, string cgroup)
    {
        var sync = stackalloc int[2];
        var start = stackalloc int[2];
        if (LibC.Pipe2(sync, LibC.O_CLOEXEC) != 0 || LibC.Pipe2(start, LibC.O_CLOEXEC) != 0)
        {
            throw LibC.Failure("make conmon's pipes");
        }

        try
        {
            const string path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
            // Numbers that no descriptor of ours has: one that stood at its target would be closed by its own close-on-exec flag.
            const int syncNumber = 250, startNumber = 251;
            var pid = Spawn.Start(Conmon, arguments, [path, $"_OCI_SYNCPIPE={syncNumber}", $"_OCI_STARTPIPE={startNumber}"], (sync[1], syncNumber), (start[0], startNumber));
            Cgroups.Add(cgroup, pid);
            byte go = 1;
            _ = LibC.Write(start[1], &go, 1);
            _ = LibC.Close(sync[1]);
            sync[1] = -1;
            _ = Spawn.Reap(pid);
            return ReadToEnd(sync[0]);
        }
        finally
        {
            foreach (var descriptor in (ReadOnlySpan<int>)[sync[0], sync[1], start[0], start[1]])
            {
                if (descriptor >= 0)
                {
                    _ = LibC.Close(descriptor);
                }
            }
        }
    }

    private static unsafe byte[] ReadToEnd(int descriptor)
    {
        ArrayBufferWriter<byte> all = new();
        var buffer = stackalloc byte[1024];
        nint count;
        while ((count = LibC.Read(descriptor, buffer, 1024)) > 0)
        {
            all.Write(new ReadOnlySpan<byte>(buffer, (int)count));
            if (buffer[count - 1] == '\n')
            {
                break; // conmon keeps its end open for as long as the container lives.
            }
        }

        return all.WrittenSpan.ToArray();
    }

    private static (int Pid, string Message) ReadAnswer(byte[] answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            var pid = json.RootElement.TryGetProperty("pid", out var number) ? number.GetInt32()
                : json.RootElement.TryGetProperty("data", out number) ? number.GetInt32() : -1;
            return (pid, json.RootElement.TryGetProperty("message", out var text) ? text.GetString() ?? "" : "");
        }
        catch (JsonException)
        {
            return (-1, Encoding.UTF8.GetString(answer));
        }
    }
}
