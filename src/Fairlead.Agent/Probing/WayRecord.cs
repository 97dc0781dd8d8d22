namespace Fairlead.Agent.Probing;

/// <summary>
/// What was found of a way lately, and whether that is sure enough to be said. A machine that has too much to do loses packets as a broken way does, but not again and
/// again over seconds; so what is bad is looked at again, with growing pauses, before anybody is told.
/// </summary>
/// <param name="Found">What was found last; null: nothing yet.</param>
/// <param name="Times">How many times in a row it was of this kind.</param>
internal sealed record WayRecord(PathFinding? Found, int Times)
{
    private const int MostDoublings = 8;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);

    /// <summary>Of a way that is new.</summary>
    public static WayRecord Empty { get; } = new(null, 0);

    /// <summary>Whether it may be told: that it is clear at once, all else when it has been found often enough.</summary>
    public bool IsSure => Found is not null && Times >= TimesUntilSure(Found);

    /// <summary>How long to wait before the way is looked at again.</summary>
    /// <param name="interval">The wait for a way that is clear, and the longest for all others.</param>
    public TimeSpan Pause(TimeSpan interval)
    {
        TimeSpan pause = FirstPause * Math.Pow(2, Math.Clamp(Times - 1, 0, MostDoublings));
        return Found is PathFinding.Clear || pause > interval ? interval : pause;
    }

    /// <summary>The record after another look.</summary>
    public WayRecord Then(PathFinding found) => new(found, IsLike(found) ? Times + 1 : 1);

    /// <summary>Whether a look that finds the way narrow will be the one that is told, so that it is worth asking how narrow, and where.</summary>
    public bool IsSureAfter(PathFinding found) => Then(found).IsSure;

    private bool IsLike(PathFinding found) => (Found, found) switch
    {
        (PathFinding.Narrow before, PathFinding.Narrow now) => before.Told == now.Told,
        _ => Found?.GetType() == found.GetType(),
    };

    /// <summary>That somebody on the way says no can't be an accident, but the way may be just changing. A node that is silent may be starting.</summary>
    private static int TimesUntilSure(PathFinding found) => found switch
    {
        PathFinding.Clear => 1,
        PathFinding.Narrow { Told: true } => 2,
        PathFinding.Narrow => 3,
        _ => 4,
    };
}
