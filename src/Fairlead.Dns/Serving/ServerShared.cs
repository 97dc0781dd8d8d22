
namespace Fairlead.Dns.Serving;

/// <summary>What the threads of a server have in common.</summary>
internal sealed class ServerShared
{
    private readonly Lock _gate = new();
    private QueryEngine[] _engines = [];

    public CookieJar Cookies { get; } = new();

    public required int AmplificationBytesPerSecond { get; init; }

    /// <summary>Hears of what no handler should throw.</summary>
    public required Action<DnsQuery, Exception> Fault { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>The engines of all threads, for whoever adds up what they counted.</summary>
    public IReadOnlyList<QueryEngine> Engines => Volatile.Read(ref _engines);

    public void Register(QueryEngine engine)
    {
        lock (_gate)
        {
            Volatile.Write(ref _engines, [.. _engines, engine]);
        }
    }

    public uint Seconds() => (uint)Time.GetUtcNow().ToUnixTimeSeconds();
}
