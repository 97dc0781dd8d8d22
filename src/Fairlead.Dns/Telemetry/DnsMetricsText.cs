using System.Globalization;
using System.Text;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Telemetry;

/// <summary>What the server counted, under the names that CoreDNS gives, so that dashboards and alerts go on working; beside them a few that CoreDNS has no name for.</summary>
public static class DnsMetricsText
{
    /// <summary>Writes Prometheus' text format (version 0.0.4).</summary>
    public static string Write(DnsServer server)
    {
        WorkerStatistics[] all = [.. server.Engines.Select(e => e.Statistics)];
        StringBuilder text = new();
        string labels = $"server=\"dns://{server.Endpoints.FirstOrDefault()}\",zone=\".\"";
        Requests(text, all, labels);
        Responses(text, all, labels);
        Head(text, "coredns_dns_request_duration_seconds", "histogram", "Time from a query to its answer.");
        Histogram(text, "coredns_dns_request_duration_seconds", labels, WorkerStatistics.DurationBounds, Sum(all, s => s.Durations), all.Sum(s => s.DurationSum));
        Sizes(text, "coredns_dns_request_size_bytes", "Sizes of queries.", labels, Sum(all, s => s.RequestSizes), Sum(all, s => s.RequestSizeSums));
        Sizes(text, "coredns_dns_response_size_bytes", "Sizes of answers.", labels, Sum(all, s => s.ResponseSizes), Sum(all, s => s.ResponseSizeSums));
        One(text, "coredns_panics_total", "counter", "Queries at which a handler failed; their clients got SERVFAIL.", server.Faults);
        Process(text);
        One(text, "fairlead_dns_ignored_packets_total", "counter", "Packets that were no queries.", all.Sum(s => s.Ignored));
        One(text, "fairlead_dns_limited_answers_total", "counter", "Answers cut because their receiver's address could be a lie.", all.Sum(s => s.Limited));
        One(text, "fairlead_dns_connections", "gauge", "TCP connections.", server.Connections);
        One(text, "fairlead_dns_pending_queries", "gauge", "Queries on their way to upstreams.", server.Pending);
        return text.ToString();
    }

    private static void Requests(StringBuilder text, WorkerStatistics[] all, string labels)
    {
        Head(text, "coredns_dns_requests_total", "counter", "Queries.");
        long[] requests = Sum(all, s => s.Requests);
        foreach (DnsTransport transport in (ReadOnlySpan<DnsTransport>)[DnsTransport.Udp, DnsTransport.Tcp])
        {
            foreach (bool ipv6 in (bool[])[false, true])
            {
                for (int type = 0; type <= WorkerStatistics.Types.Length; type++)
                {
                    long count = requests[WorkerStatistics.RequestIndex(transport, ipv6, type)];
                    if (count > 0)
                    {
                        string name = type < WorkerStatistics.Types.Length ? WorkerStatistics.Types[type].ToString().ToUpperInvariant() : "other";
                        text.Append(CultureInfo.InvariantCulture,
                            $"coredns_dns_requests_total{{{labels},proto=\"{Written(transport)}\",family=\"{(ipv6 ? 2 : 1)}\",type=\"{name}\"}} {count}\n");
                    }
                }
            }
        }
    }

    private static void Responses(StringBuilder text, WorkerStatistics[] all, string labels)
    {
        Head(text, "coredns_dns_responses_total", "counter", "Answers.");
        long[] responses = Sum(all, s => s.Responses);
        for (int code = 0; code < WorkerStatistics.Codes; code++)
        {
            for (int origin = 0; origin < WorkerStatistics.OriginCount; origin++)
            {
                long count = responses[(code * WorkerStatistics.OriginCount) + origin];
                if (count > 0)
                {
                    text.Append(CultureInfo.InvariantCulture,
                        $"coredns_dns_responses_total{{{labels},rcode=\"{Codes.Name((ResponseCode)code)}\",plugin=\"{Plugin((AnswerOrigin)origin)}\",origin=\"{((AnswerOrigin)origin).ToString().ToLowerInvariant()}\"}} {count}\n");
                }
            }
        }
    }

    private static void Sizes(StringBuilder text, string name, string help, string labels, long[] buckets, long[] sums)
    {
        Head(text, name, "histogram", help);
        foreach (DnsTransport transport in (ReadOnlySpan<DnsTransport>)[DnsTransport.Udp, DnsTransport.Tcp])
        {
            Histogram(
                text, name, $"{labels},proto=\"{Written(transport)}\"", WorkerStatistics.SizeBounds,
                buckets.AsSpan((int)transport * WorkerStatistics.SizeBuckets, WorkerStatistics.SizeBuckets), sums[(int)transport]);
        }
    }

    private static void Histogram(StringBuilder text, string name, string labels, double[] bounds, ReadOnlySpan<long> buckets, double sum)
    {
        long below = 0;
        for (int i = 0; i < bounds.Length; i++)
        {
            below += buckets[i];
            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels},le=\"{bounds[i]}\"}} {below}\n");
        }

        below += buckets[^1];
        text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels},le=\"+Inf\"}} {below}\n{name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {below}\n");
    }

    /// <summary>What every program that Prometheus watches tells of itself; dashboards of CoreDNS show it beside the rest.</summary>
    private static void Process(StringBuilder text)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetCurrentProcess();
        Value(text, "process_resident_memory_bytes", "gauge", "Memory in use.", process.WorkingSet64);
        Value(text, "process_virtual_memory_bytes", "gauge", "Addresses in use.", process.VirtualMemorySize64);
        Value(text, "process_cpu_seconds_total", "counter", "Time on processors.", process.TotalProcessorTime.TotalSeconds);
        Value(text, "process_start_time_seconds", "gauge", "When it started, in seconds since 1970.", new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0);
        Head(text, "coredns_build_info", "gauge", "Which program this is.");
        string version = typeof(DnsMetricsText).Assembly.GetName().Version?.ToString(3) ?? "";
        text.Append(CultureInfo.InvariantCulture, $"coredns_build_info{{version=\"{version}\",revision=\"\",goversion=\"\"}} 1\n");
    }

    private static string Written(DnsTransport transport) => transport == DnsTransport.Udp ? "udp" : "tcp";

    /// <summary>The plugin of CoreDNS that would have given the answer.</summary>
    private static string Plugin(AnswerOrigin origin) => origin switch
    {
        AnswerOrigin.Cluster => "kubernetes",
        AnswerOrigin.SearchPath => "autopath",
        AnswerOrigin.Hosts => "hosts",
        AnswerOrigin.Cache or AnswerOrigin.Stale => "cache",
        AnswerOrigin.Upstream => "forward",
        _ => "",
    };

    private static void Value(StringBuilder text, string name, string type, string help, double value)
    {
        Head(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private static void One(StringBuilder text, string name, string type, string help, long value)
    {
        Head(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private static void Head(StringBuilder text, string name, string type, string help) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static long[] Sum(WorkerStatistics[] all, Func<WorkerStatistics, long[]> part)
    {
        long[] sum = new long[part(all[0]).Length];
        foreach (WorkerStatistics one in all)
        {
            long[] numbers = part(one);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += numbers[i];
            }
        }

        return sum;
    }
}
