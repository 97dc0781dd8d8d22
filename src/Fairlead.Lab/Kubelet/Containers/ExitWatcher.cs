using System.Collections.Concurrent;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Kubelet.Containers;

/// <summary>How a container ended.</summary>
/// <param name="ExitCode">128 + signal when a signal ended it.</param>
/// <param name="At">When.</param>
/// <param name="Known">False when nobody was there to see it: the monitor died too.</param>
internal readonly record struct ContainerExit(int ExitCode, DateTimeOffset At, bool Known);

/// <summary>Notices containers' ends: conmon writes a file, which wakes us at once; a slow look round finds what no file tells.</summary>
internal sealed class ExitWatcher : IDisposable
{
    private static readonly TimeSpan LookRound = TimeSpan.FromSeconds(2);

    private readonly OciRuntime _runtime;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, Watched> _watched = new();
    private readonly FileSystemWatcher _files;
    private readonly ITimer _timer;

    public ExitWatcher(NodePaths paths, OciRuntime runtime, TimeProvider clock)
    {
        _runtime = runtime;
        _clock = clock;
        _files = new FileSystemWatcher(paths.Exits) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite };
        _files.Created += (_, change) => Look(change.Name);
        _files.Changed += (_, change) => Look(change.Name);
        _files.Renamed += (_, change) => Look(change.Name);
        _files.EnableRaisingEvents = true;
        _timer = clock.CreateTimer(_ => LookAtAll(), null, LookRound, LookRound);
    }

    /// <summary>Completes when the container has ended.</summary>
    /// <param name="id">The container.</param>
    /// <param name="process">Its first process.</param>
    /// <param name="isWatched">Whether its monitor is there: where process and monitor are gone, nobody will say how it ended.</param>
    public Task<ContainerExit> WaitAsync(string id, ProcessIdentity process, bool isWatched = true)
    {
        var watched = _watched.GetOrAdd(id, _ => new Watched(process));
        Look(id);
        if (!isWatched && !process.IsAlive)
        {
            Complete(id, watched, Unknown);
        }

        return watched.Ended.Task;
    }

    public void Dispose()
    {
        _timer.Dispose();
        _files.Dispose();
    }

    private void Look(string? id)
    {
        if (id is not null && _watched.TryGetValue(id, out var watched) && _runtime.ReadExit(id) is { } exit)
        {
            Complete(id, watched, new ContainerExit(exit.ExitCode, exit.At, Known: true));
        }
    }

    private void LookAtAll()
    {
        foreach (var (id, watched) in _watched)
        {
            Look(id);
            // conmon gets a full round to write what it saw.
            if (!watched.Process.IsAlive && watched.MissedRounds++ > 0)
            {
                Complete(id, watched, Unknown);
            }
        }
    }

    private ContainerExit Unknown => new(137, _clock.GetUtcNow(), Known: false);

    private void Complete(string id, Watched watched, ContainerExit exit)
    {
        if (_watched.TryRemove(id, out _))
        {
            watched.Ended.TrySetResult(exit);
        }
    }

    private sealed class Watched(ProcessIdentity process)
    {
        public ProcessIdentity Process { get; } = process;

        public int MissedRounds { get; set; }

        public TaskCompletionSource<ContainerExit> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
