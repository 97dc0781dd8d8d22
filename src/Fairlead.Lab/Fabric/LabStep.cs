namespace Fairlead.Lab.Fabric;

/// <summary>One step of a long command: reported when it starts, and again when it has ended.</summary>
/// <param name="Name">What is done, in the present tense, for a person: "make the network".</param>
/// <param name="Took">How long it took; null while it goes on.</param>
public sealed record LabStep(string Name, TimeSpan? Took);

/// <summary>Times steps and reports them.</summary>
public sealed class LabSteps(IProgress<LabStep> progress, TimeProvider time)
{
    private readonly List<LabStep> _done = [];

    /// <summary>The steps that have ended, in order.</summary>
    public IReadOnlyList<LabStep> Done => _done;

    /// <summary>Does one step.</summary>
    public async Task RunAsync(string name, Func<Task> action)
    {
        progress.Report(new LabStep(name, null));
        long start = time.GetTimestamp();
        await action().ConfigureAwait(false);
        var done = new LabStep(name, time.GetElapsedTime(start));
        _done.Add(done);
        progress.Report(done);
    }

    /// <summary>Does one step that blocks the calling thread.</summary>
    public void Run(string name, Action action)
    {
        progress.Report(new LabStep(name, null));
        long start = time.GetTimestamp();
        action();
        var done = new LabStep(name, time.GetElapsedTime(start));
        _done.Add(done);
        progress.Report(done);
    }
}
