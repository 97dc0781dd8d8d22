using System.Globalization;
using System.Text;
using Fairlead.Dns.Caching;
using Fairlead.Dns.Forwarding;

namespace Fairlead.Dns.Configured;

/// <summary>Metrics of what a Corefile configures, in Prometheus' text format, with CoreDNS's names where they mean the same.</summary>
public static class ConfiguredMetrics
{
    /// <summary>Writes all of them.</summary>
    /// <param name="handler">What answers.</param>
    /// <param name="watch">Who follows the Corefile; null: there is none.</param>
    public static string Write(ConfiguredHandler handler, CorefileWatch? watch = null)
    {
        StringBuilder text = new();
        Family(text, "coredns_plugin_enabled", "gauge", "Which plugins a server block has", handler.Rows.SelectMany(r => r.Server.Zones.SelectMany(z => r.Server.Plugins.Select(p =>
            ($"server=\"{r.Server.ServerLabel}\",zone=\"{z}\",name=\"{p}\"", 1.0)))));
        Family(text, "coredns_reload_failed_total", "counter", "How often a Corefile that changed couldn't be followed", [("", watch?.Failures ?? 0)]);
        Family(text, "coredns_reload_version_info", "gauge", "Which Corefile is in use", [($"hash=\"sha512\",value=\"{handler.Configuration.Hash.ToLowerInvariant()}\"", 1)]);
        (string Labels, CacheHandler Cache)[] caches =
            [.. handler.Rows.Where(r => r.Cache is not null).Select(r => ($"server=\"{r.Server.ServerLabel}\",zones=\"{string.Join(',', r.Server.Zones)}\"", r.Cache!))];
        Family(text, "coredns_cache_entries", "gauge", "Answers that are kept", caches.SelectMany(c => ((string, double)[])
            [($"{c.Labels},type=\"success\"", c.Cache.SuccessCount), ($"{c.Labels},type=\"denial\"", c.Cache.DenialCount)]));
        Family(text, "coredns_cache_hits_total", "counter", "Questions answered from the cache", caches.SelectMany(c => ((string, double)[])
            [($"{c.Labels},type=\"success\"", c.Cache.Statistics.SuccessHits), ($"{c.Labels},type=\"denial\"", c.Cache.Statistics.DenialHits)]));
        Family(text, "coredns_cache_misses_total", "counter", "Questions that the cache had no answer to", caches.Select(c => (c.Labels, (double)c.Cache.Statistics.Misses)));
        Family(text, "coredns_cache_requests_total", "counter", "Questions that came to the cache", caches.Select(c =>
            (c.Labels, (double)(c.Cache.Statistics.SuccessHits + c.Cache.Statistics.DenialHits + c.Cache.Statistics.Misses))));
        Family(text, "coredns_cache_prefetch_total", "counter", "Answers fetched again before clients asked for them", caches.Select(c => (c.Labels, (double)c.Cache.Statistics.Prefetches)));
        Family(text, "coredns_cache_served_stale_total", "counter", "Answers given past their time", caches.Select(c => (c.Labels, (double)c.Cache.Statistics.Stale)));
        Family(text, "coredns_cache_evictions_total", "counter", "Answers that went before their time", caches.SelectMany(c => ((string, double)[])
            [($"{c.Labels},type=\"success\"", c.Cache.SuccessEvictions), ($"{c.Labels},type=\"denial\"", c.Cache.DenialEvictions)]));
        Family(text, "fairlead_dns_shared_questions_total", "counter", "Questions that waited for the answer of an equal one", caches.Select(c => (c.Labels, (double)c.Cache.Shared)));

        ForwardHandler[] forwards = [.. handler.Rows.SelectMany(r => r.Forwards)];
        Upstreams(text, [.. forwards.SelectMany(f => f.Upstreams)]);
        Family(text, "coredns_forward_healthcheck_broken_total", "counter", "Questions for which no upstream was healthy", [("", forwards.Sum(f => f.AllDown))]);
        Family(text, "coredns_forward_max_concurrent_rejects_total", "counter", "Questions refused because too many were asked at once", [("", forwards.Sum(f => f.Rejects))]);
        Family(text, "coredns_hosts_entries", "gauge", "Names from hosts files", handler.Rows.Where(r => r.Hosts is not null).Select(r => ("", (double)r.Hosts!.Count)));
        Family(text, "fairlead_dns_log_lines_dropped_total", "counter", "Lines of the query log that were left out because nobody took them", [("", handler.LinesDropped)]);
        Family(text, "fairlead_dns_forward_loop", "gauge", "Whether upstreams ask this server, so that nothing is forwarded", [("", handler.Problems.Any() ? 1 : 0)]);
        return text.ToString();
    }

    private static void Upstreams(StringBuilder text, Upstream[] upstreams)
    {
        (string Labels, UpstreamStatistics Statistics, bool IsHealthy)[] all =
            [.. upstreams.DistinctBy(u => u.Address).Select(u => ($"proxy_name=\"forward\",to=\"{u.Address}\"", u.Statistics, u.IsHealthy))];
        Family(text, "fairlead_dns_upstream_healthy", "gauge", "Whether an upstream counts as healthy", all.Select(u => (u.Labels, u.IsHealthy ? 1.0 : 0)));
        Family(text, "fairlead_dns_upstream_failures_total", "counter", "Attempts without an answer", all.Select(u => (u.Labels, (double)u.Statistics.Failures)));
        Family(text, "coredns_proxy_healthcheck_failures_total", "counter", "Health checks without an answer", all.Select(u => (u.Labels, (double)u.Statistics.HealthCheckFailures)));
        Family(text, "coredns_proxy_conn_cache_misses_total", "counter", "Connections opened", all.Select(u => (u.Labels, (double)u.Statistics.Connections)));
        text.Append("# HELP coredns_proxy_request_duration_seconds From the question to an upstream's answer\n# TYPE coredns_proxy_request_duration_seconds histogram\n");
        foreach ((string labels, UpstreamStatistics statistics, _) in all)
        {
            long sum = 0;
            for (int i = 0; i <= UpstreamStatistics.Bounds.Length; i++)
            {
                sum += statistics.Bucket(i);
                string bound = i < UpstreamStatistics.Bounds.Length ? UpstreamStatistics.Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                text.Append(CultureInfo.InvariantCulture, $"coredns_proxy_request_duration_seconds_bucket{{{labels},le=\"{bound}\"}} {sum}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"coredns_proxy_request_duration_seconds_sum{{{labels}}} {statistics.TotalSeconds}\n");
            text.Append(CultureInfo.InvariantCulture, $"coredns_proxy_request_duration_seconds_count{{{labels}}} {sum}\n");
        }
    }

    private static void Family(StringBuilder text, string name, string type, string help, IEnumerable<(string Labels, double Value)> values)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
        foreach ((string labels, double value) in values)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}{(labels.Length > 0 ? $"{{{labels}}}" : "")} {value}\n");
        }
    }
}
