using System.Diagnostics;
using System.Globalization;
using Fairlead.Dns.Cluster;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Telemetry;

/// <summary>
/// The last queries of all threads, as lines, and what can be seen in them: who asks most, and who asks for what nobody has. It reads what the threads keep anyway; they don't notice.
/// </summary>
public sealed class QueryLog
{
    private const int StormCount = 200;
    private const double StormShare = 0.5;

    private readonly DnsServer _server;
    private readonly ClusterZone? _zone;
    private readonly TimeProvider _time;

    /// <summary>A log of a server's queries.</summary>
    /// <param name="server">The server.</param>
    /// <param name="zone">Who knows pods by their addresses; null: addresses are shown alone.</param>
    /// <param name="time">The clock of the lines.</param>
    public QueryLog(DnsServer server, ClusterZone? zone, TimeProvider? time = null)
    {
        (_server, _zone, _time) = (server, zone, time ?? TimeProvider.System);
    }

    /// <summary>The queries that are still kept, oldest first.</summary>
    public IReadOnlyList<QueryRecord> Recent() => new Reader(_server).Read();

    /// <summary>Lines as they come, until cancelled; first those that are kept.</summary>
    /// <param name="follow">Whether to go on when the kept ones are told.</param>
    /// <param name="pod">Only this pod's: NAME, NAMESPACE/NAME, or an address; null: everybody's.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<string> LinesAsync(bool follow, string? pod, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Reader reader = new(_server);
        while (true)
        {
            foreach (QueryRecord record in reader.Read())
            {
                if (pod is null || Who(record.Client).Split(' ').Any(w => w == pod || w.EndsWith("/" + pod, StringComparison.Ordinal)))
                {
                    yield return Line(record);
                }
            }

            if (!follow)
            {
                yield break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Who asked most of the queries that are kept, and storms of names that nobody has, as lines.</summary>
    public IEnumerable<string> Talkers(int top = 10)
    {
        IReadOnlyList<QueryRecord> recent = Recent();
        if (recent.Count == 0)
        {
            yield return "no queries yet";
            yield break;
        }

        TimeSpan span = Stopwatch.GetElapsedTime(recent.Min(r => r.Timestamp), Stopwatch.GetTimestamp());
        yield return string.Create(CultureInfo.InvariantCulture, $"the last {recent.Count} queries, {span.TotalSeconds:F1} s");
        foreach (IGrouping<NetAddress, QueryRecord> client in recent.GroupBy(r => r.Client).OrderByDescending(g => g.Count()).Take(top))
        {
            int count = client.Count();
            int none = client.Count(r => r.Code == ResponseCode.NameError);
            IGrouping<DnsName, QueryRecord> most = client.GroupBy(r => r.Name).MaxBy(g => g.Count())!;
            yield return string.Create(CultureInfo.InvariantCulture, $"{count,6} {100.0 * count / recent.Count,5:F1} %  NXDOMAIN {100.0 * none / count,3:F0} %  {Who(client.Key)}  mostly {most.Key}");
            if (none >= StormCount && none >= StormShare * count)
            {
                IGrouping<DnsName, QueryRecord> name = client.Where(r => r.Code == ResponseCode.NameError).GroupBy(r => Domain(r.Name)).MaxBy(g => g.Count())!;
                yield return string.Create(CultureInfo.InvariantCulture, $"       NXDOMAIN storm: {Who(client.Key)} asks for names below {name.Key} that nobody has, {none} of its last {count} queries");
            }
        }
    }

    /// <summary>One query, as a line.</summary>
    public string Line(QueryRecord record)
    {
        DateTimeOffset at = _time.GetUtcNow() - Stopwatch.GetElapsedTime(record.Timestamp);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{at:HH:mm:ss.fff} {Who(record.Client)} {record.Transport.ToString().ToLowerInvariant()} {record.Name} {record.Type.ToString().ToUpperInvariant()} {Codes.Name(record.Code)} {record.Origin.ToString().ToLowerInvariant()} {record.Length} B {record.Duration.TotalMicroseconds:F0} µs");
    }

    private string Who(NetAddress client) => _zone?.FindPod(client) is { } pod ? $"{pod.Namespace}/{pod.Name} {client}" : client.ToString();

    /// <summary>The name without its first label: what the made-up names of a storm have in common.</summary>
    private static DnsName Domain(DnsName name) => name.LabelCount > 1 ? name.Parent : name;

    /// <summary>A place in each thread's ring.</summary>
    private sealed class Reader(DnsServer server)
    {
        private readonly Dictionary<QueryRing, long> _positions = [];

        public List<QueryRecord> Read()
        {
            List<QueryRecord> records = [];
            foreach (QueryEngine engine in server.Engines)
            {
                long position = _positions.GetValueOrDefault(engine.Ring);
                engine.Ring.Read(ref position, records);
                _positions[engine.Ring] = position;
            }

            records.Sort(static (a, b) => a.Timestamp.CompareTo(b.Timestamp));
            return records;
        }
    }
}
