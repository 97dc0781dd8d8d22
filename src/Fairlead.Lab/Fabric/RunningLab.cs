using System.ComponentModel;
using System.Globalization;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Fabric;

/// <summary>A lab that is up, seen from another process: by its definition, its control groups and /proc.</summary>
public sealed class RunningLab
{
    private const int NoSuchFile = 2; // ENOENT

    private RunningLab(LabDefinition definition)
    {
        Definition = definition;
        Topology = definition.Topology();
        Paths = new LabPaths(definition.Name);
    }

    /// <summary>What it was brought up with.</summary>
    public LabDefinition Definition { get; }

    /// <summary>Its hosts and addresses.</summary>
    public LabTopology Topology { get; }

    /// <summary>Its files.</summary>
    public LabPaths Paths { get; }

    /// <summary>Opens the lab of that name.</summary>
    /// <exception cref="LabException">There is none; the message says which there are.</exception>
    public static RunningLab Open(string name) => new(LabDefinition.Read(name));

    /// <summary>Every host with the daemons that it should run, and whether they do.</summary>
    public IEnumerable<HostStatus> Status() => Topology.Hosts.Select(host => new HostStatus(host, [.. LabDaemons.NamesOn(Topology, host).Select(name => StatusOf(host, name))]));

    /// <summary>Starts the daemons of a host that have ended, and says which.</summary>
    /// <exception cref="LabException">There is no such host.</exception>
    public IReadOnlyList<string> Start(string host)
    {
        LabHost target = Topology.Host(host);
        var daemons = new LabDaemons(Topology, Paths);
        var started = new List<string>();
        foreach (string daemon in LabDaemons.NamesOn(Topology, target))
        {
            if (LabDaemons.Cgroup(Topology.Name, target, daemon).Processes().Count == 0)
            {
                using LabSocket? socket = daemon == LabDaemons.ApiServer ? LabSocket.Listen(Definition.ApiPort) : null;
                started.Add($"{host}: {daemon} started, process {daemons.Start(target, daemon, socket?.Socket)}");
            }
        }

        return started.Count > 0 ? started : [$"{host}: nothing to start, every process runs"];
    }

    /// <summary>
    /// Lets a program take this process's place on a host: signals, the terminal and the exit code are the program's own.
    /// It counts as one of the host's processes, so that it ends with the host. Returns only by an exception.
    /// </summary>
    /// <exception cref="LabException">There is no such host or program.</exception>
    public void Execute(string host, IReadOnlyList<string> command)
    {
        LabHost target = Topology.Host(host);
        // 'lab exec worker-0 -- fairlead status' means this executable, wherever it was built.
        string path = $"{Environment.GetEnvironmentVariable("PATH")}:{Path.GetDirectoryName(Environment.ProcessPath)}";
        string[] environment =
        [
            .. Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().Where(static entry => (string)entry.Key != "PATH").Select(static entry => $"{entry.Key}={entry.Value}"),
            $"PATH={path}",
        ];
        LabCgroup group = LabDaemons.Cgroup(Topology.Name, target, "exec");
        group.Create();
        File.WriteAllText(group.ProcessesFile, "0");
        try
        {
            new HostNamespaces(Paths, target).Run(() =>
            {
                Spawn.Replace(Find(command[0], path), command, environment);
                return 0;
            });
        }
        catch (Win32Exception exception)
        {
            // As shells and `kubectl exec` have it: 127 for a program that isn't there, 126 for one that is and can't be executed.
            throw new LabException($"'{command[0]}' can't be run on {host}: {exception.Message}.", exception) { ExitCode = exception.NativeErrorCode == NoSuchFile ? 127 : 126 };
        }
    }

    /// <summary>As a shell finds a program, on whatever the calling thread sees as its files.</summary>
    private static string Find(string program, string path) => program.Contains('/', StringComparison.Ordinal)
        ? program
        : path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists) ?? program;

    private DaemonStatus StatusOf(LabHost host, string daemon)
    {
        string log = Paths.Log(LabDaemons.LogName(host, daemon));
        IReadOnlyList<int> processes = LabDaemons.Cgroup(Topology.Name, host, daemon).Processes();
        return processes.Count == 0
            ? new DaemonStatus(daemon, null, null, log)
            : new DaemonStatus(daemon, processes[0], ProportionalBytes(processes[0]), log);
    }

    /// <summary>Memory of a process with shared pages divided among those who share them (Pss). Source: proc_pid_smaps(5).</summary>
    private static long? ProportionalBytes(int process)
    {
        try
        {
            foreach (string line in File.ReadLines($"/proc/{process}/smaps_rollup"))
            {
                if (line.StartsWith("Pss:", StringComparison.Ordinal))
                {
                    return long.Parse(line.AsSpan(4, line.Length - 4 - " kB".Length).Trim(), CultureInfo.InvariantCulture) * 1024;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended in between, or only root may know.
        }

        return null;
    }
}

/// <summary>A host and its daemons.</summary>
/// <param name="Host">The host.</param>
/// <param name="Daemons">What should run on it.</param>
public sealed record HostStatus(LabHost Host, IReadOnlyList<DaemonStatus> Daemons);

/// <summary>One daemon of a host.</summary>
/// <param name="Name">Its name: apiserver, agent, node.</param>
/// <param name="ProcessId">Its process; null when it has ended.</param>
/// <param name="ProportionalBytes">Its share of the memory (Pss) in bytes.</param>
/// <param name="LogFile">Where its output is.</param>
public sealed record DaemonStatus(string Name, int? ProcessId, long? ProportionalBytes, string LogFile)
{
    /// <summary>Stands for a host without daemons.</summary>
    public static DaemonStatus None { get; } = new("", null, null, "");
}
