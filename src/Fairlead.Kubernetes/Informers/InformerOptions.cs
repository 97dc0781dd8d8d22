namespace Fairlead.Kubernetes;

/// <summary>What an informer holds, and how it behaves when the server does not.</summary>
public sealed record InformerOptions
{
    /// <summary>Which objects.</summary>
    public ListOptions Selection { get; init; } = new();

    /// <summary>How often every object is announced again; zero for never.</summary>
    public TimeSpan ResyncPeriod { get; init; } = TimeSpan.Zero;

    /// <summary>The first pause after a failure; it doubles up to <see cref="LongestRetry"/>, with up to half of it added by chance.</summary>
    public TimeSpan ShortestRetry { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest pause between two tries.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromSeconds(10);
}
