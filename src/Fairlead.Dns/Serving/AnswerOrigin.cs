namespace Fairlead.Dns.Serving;

/// <summary>Where an answer came from.</summary>
public enum AnswerOrigin : byte
{
    /// <summary>The server itself: an error, a refusal.</summary>
    Server,

    /// <summary>The cluster's objects.</summary>
    Cluster,

    /// <summary>The final name that a search path leads to, in the first trip.</summary>
    SearchPath,

    /// <summary>Names given in the configuration.</summary>
    Hosts,

    /// <summary>An upstream's answer, kept.</summary>
    Cache,

    /// <summary>An upstream's answer that is past its time, while the upstream doesn't answer (RFC 8767).</summary>
    Stale,

    /// <summary>An upstream, just now.</summary>
    Upstream,
}
