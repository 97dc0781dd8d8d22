namespace Fairlead.Dns.Forwarding;

/// <summary>An upstream gave no answer that can be used. Ordinary: the next one is asked.</summary>
/// <param name="upstream">Which.</param>
/// <param name="problem">What happened.</param>
/// <param name="inner">What the socket said.</param>
internal sealed class UpstreamException(UpstreamAddress upstream, string problem, Exception? inner = null) : Exception($"{upstream}: {problem}", inner)
{
    /// <summary>Whether a connection was closed on us that had served before: that says nothing about the upstream's health.</summary>
    public bool WasIdle { get; init; }
}
