using Fairlead.Dns.Configured;
using Fairlead.Dns.Tests.Forwarding;

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
    }
}
