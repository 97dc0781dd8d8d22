using System.Text.RegularExpressions;
using Fairlead.Dns.Configured;
using Fairlead.Dns.Telemetry;
using Fairlead.Dns.Tests.Forwarding;
using Fairlead.Dns.Tests.Serving;

namespace Fairlead.Dns.Tests;

/// <summary>Numbers that tell what was asked of whom.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task Hits_misses_and_upstreams_are_counted()
    {
        await using ScriptedUpstream upstream = ScriptedUpstream.Plain();
        await using ConfiguredHandler handler = Tests.Configured.Handler($"cache\nforward . {upstream.Address}");
        foreach ((string name, string type) in (ReadOnlySpan<(string, string)>)[("a", "A"), ("a", "A"), ("a", "A"), ("b", "AAAA"), ("b", "AAAA")])
        {
            MessageText.Ask(handler, name + ".example.com", type);
        }

        string[] lines = ConfiguredMetrics.Write(handler).Split('\n');
        Assert.Contains("coredns_cache_hits_total{server=\"dns://:53\",zones=\".\",type=\"success\"} 2", lines);
        Assert.Contains("coredns_cache_hits_total{server=\"dns://:53\",zones=\".\",type=\"denial\"} 1", lines);
        Assert.Contains("coredns_cache_misses_total{server=\"dns://:53\",zones=\".\"} 2", lines);
        Assert.Contains("coredns_cache_entries{server=\"dns://:53\",zones=\".\",type=\"success\"} 1", lines);
        Assert.Contains($"coredns_proxy_request_duration_seconds_count{{proxy_name=\"forward\",to=\"{upstream.Address}\"}} 2", lines);
        Assert.Contains("fairlead_dns_forward_loop 0", lines);
        Assert.Contains("coredns_plugin_enabled{server=\"dns://:53\",zone=\".\",name=\"cache\"} 1", lines);
        Assert.Contains("coredns_plugin_enabled{server=\"dns://:53\",zone=\".\",name=\"forward\"} 1", lines);
        Assert.Contains("coredns_reload_failed_total 0", lines);
        Assert.Contains($"coredns_reload_version_info{{hash=\"sha512\",value=\"{handler.Configuration.Hash.ToLowerInvariant()}\"}} 1", lines);
    }

    [Theory] // what panels of CoreDNS's dashboards ask for
    [InlineData("coredns_dns_requests_total", "server zone proto family type")]
    [InlineData("coredns_dns_responses_total", "server zone rcode plugin origin")]
    [InlineData("coredns_dns_request_duration_seconds_bucket", "server zone le")]
    [InlineData("coredns_dns_request_size_bytes_bucket", "server zone proto le")]
    [InlineData("coredns_dns_response_size_bytes_bucket", "server zone proto le")]
    [InlineData("coredns_panics_total", "")]
    [InlineData("coredns_build_info", "version revision goversion")]
    [InlineData("coredns_plugin_enabled", "server zone name")]
    [InlineData("coredns_cache_hits_total", "server zones type")]
    [InlineData("coredns_cache_misses_total", "server zones")]
    [InlineData("coredns_cache_entries", "server zones type")]
    [InlineData("coredns_proxy_request_duration_seconds_bucket", "proxy_name to le")]
    [InlineData("coredns_proxy_healthcheck_failures_total", "proxy_name to")]
    [InlineData("coredns_forward_healthcheck_broken_total", "")]
    [InlineData("coredns_forward_max_concurrent_rejects_total", "")]
    [InlineData("coredns_reload_failed_total", "")]
    [InlineData("coredns_reload_version_info", "hash value")]
    [InlineData("process_resident_memory_bytes", "")]
    [InlineData("process_cpu_seconds_total", "")]
    public async Task A_dashboard_finds(string name, string labels)
    {
        await using ScriptedUpstream upstream = ScriptedUpstream.Plain();
        await using ConfiguredHandler handler = Tests.Configured.Handler($"cache\nforward . {upstream.Address}");
        await using TestServer server = new(handler);
        server.Dig("www.example.com A");
        server.Dig("+tcp www.example.com A");
        string text = DnsMetricsText.Write(server.Server) + ConfiguredMetrics.Write(handler);
        string[] samples = [.. text.Split('\n').Where(l => l.StartsWith(name + "{", StringComparison.Ordinal) || l.StartsWith(name + " ", StringComparison.Ordinal))];
        Assert.NotEmpty(samples);
        Assert.All(samples, s => Assert.Equal(labels, string.Join(' ', Regex.Matches(s, "([a-z_]+)=\"").Select(m => m.Groups[1].Value))));

        // One head for each family, before its samples.
        string[] families = [.. text.Split('\n').Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal))];
        Assert.Equal(families.Distinct(), families);
    }
}
