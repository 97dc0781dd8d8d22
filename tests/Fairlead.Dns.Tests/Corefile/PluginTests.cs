using System.Net;
using Fairlead.Dns.Caching;
using Fairlead.Dns.Forwarding;
using Fairlead.Dns.Rewriting;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Tests;

/// <summary>What each plugin's words mean, and what is said of words that mean nothing.</summary>
public sealed class PluginTests
{
    [Fact]
    public void Cache_keeps_what_it_is_told()
    {
        CacheOptions cache = Load("cache 60 example.org {\n success 5000 3600 10\n denial 2500 30\n prefetch 10 1m 20%\n serve_stale 2h verified\n servfail 1s\n disable denial a.example.org\n}").Cache!;
        Assert.Equal("example.org.", Assert.Single(cache.Zones).ToString());
        Assert.Equal(new(5000, TimeSpan.FromHours(1), TimeSpan.FromSeconds(10)), cache.Success);
        Assert.Equal(new(2500, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5)), cache.Denial);
        Assert.Equal(new(10, TimeSpan.FromMinutes(1), 20), cache.Prefetch);
        Assert.Equal((TimeSpan.FromHours(2), true), (cache.ServeStale, cache.VerifiesStale));
        Assert.Equal(TimeSpan.FromSeconds(1), cache.ServerFailure);
        Assert.Equal("a.example.org.", Assert.Single(cache.DenialDisabled).ToString());
        Assert.Empty(cache.SuccessDisabled);
    }

    [Fact]
    public void A_time_to_live_of_two_seconds_bounds_the_least_too() =>
        Assert.Equal(new(9984, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2)), Load("cache 2").Cache!.Success);

    [Fact]
    public void Forward_asks_whom_it_is_told()
    {
        ForwardOptions forward = Assert.Single(Load(
            "forward example.org 10.0.0.10 10.0.0.11:1053 [2003::1]:53 2003::2 tls://9.9.9.9%dns.quad9.net tls://9.9.9.10%dns.quad9.net:10853 dns://192.0.2.1 {\n"
            + " except a.example.org b.example.org\n policy sequential\n max_fails 3\n expire 20s\n health_check 5s no_rec domain example.org\n force_tcp\n prefer_udp\n"
            + " max_concurrent 100\n failover SERVFAIL REFUSED\n next NXDOMAIN\n}").Forwards);
        Assert.Equal(
            ["10.0.0.10:53", "10.0.0.11:1053", "[2003::1]:53", "[2003::2]:53", "9.9.9.9:853", "9.9.9.10:10853", "192.0.2.1:53"], forward.Upstreams.Select(u => u.ToString()));
        Assert.Equal(["dns.quad9.net", "dns.quad9.net"], forward.Upstreams.Where(u => u.IsTls).Select(u => u.ServerName!));
        Assert.Equal((UpstreamPolicy.Sequential, 3, TimeSpan.FromSeconds(20), 100), (forward.Policy, forward.MaximumFailures, forward.Expire, forward.MaximumConcurrent));
        Assert.Equal(new(TimeSpan.FromSeconds(5), RecursionDesired: false, DnsName.Parse("example.org")), forward.HealthCheck);
        Assert.Equal(UpstreamProtocol.ForceTcp, forward.Protocol);
        Assert.Equal([ResponseCode.ServerFailure, ResponseCode.Refused], forward.FailoverCodes);
        Assert.True(forward.Takes(DnsName.Parse("www.example.org.").Wire));
        Assert.False(forward.Takes(DnsName.Parse("www.a.example.org.").Wire));
        Assert.False(forward.Takes(DnsName.Parse("example.com.").Wire));
    }

    [Theory] // rule                                                                       name                               becomes
    [InlineData("name foo.example.com foo.default.svc.cluster.local",                      "foo.example.com.",                "foo.default.svc.cluster.local.")]
    [InlineData("name exact foo.example.com foo.default.svc.cluster.local",                "bar.example.com.",                null)]
    [InlineData("stop name suffix .schmoogle.com. .google.com.",                           "www.schmoogle.com.",              "www.google.com.")]
    [InlineData("name suffix .coredns.rocks .default.svc.cluster.local answer auto",       "web.coredns.rocks.",              "web.default.svc.cluster.local.")]
    [InlineData("name prefix old- new-",                                                   "old-web.example.org.",            "new-web.example.org.")]
    [InlineData("name substring service.us-west-1.example.org service.us-west-1.consul",   "ftp.service.us-west-1.example.org.", "ftp.service.us-west-1.consul.")]
    [InlineData(@"name regex (.*)-(us-west-1)\.example\.org {1}.service.{2}.consul",       "ftp-us-west-1.example.org.",      "ftp.service.us-west-1.consul.")]
    [InlineData(@"name regex (.*)-(us-west-1)\.example\.org {1}.service.{2}.consul",       "ftp-us-east-1.example.org.",      null)]
    public void A_name_becomes(string rule, string name, string? expected)
    {
        NameRewrite rewrite = Assert.IsType<NameRewrite>(Assert.Single(Load("rewrite " + rule).Rewrites));
        Assert.Equal(expected, rewrite.Match.Rewrite(name, rewrite.To));
    }

    [Fact]
    public void Rewrites_may_stand_in_braces()
    {
        NameRewrite rewrite = Assert.IsType<NameRewrite>(Assert.Single(Load(
            "rewrite continue {\n name regex (.*)-(us-west-1)\\.coredns\\.rocks {1}.service.{2}.consul\n answer name (.*)\\.service\\.(us-west-1)\\.consul {1}-{2}.coredns.rocks\n}").Rewrites));
        Assert.True(rewrite.Continues);
        Assert.Equal("{1}-{2}.coredns.rocks.", Assert.Single(rewrite.Answers).To);
        TtlRewrite ttl = Assert.IsType<TtlRewrite>(Assert.Single(Load("rewrite ttl suffix example.org 30-300").Rewrites));
        Assert.Equal((30u, 300u), (ttl.Least, ttl.Most));
    }

    [Fact]
    public void Hosts_mixes_lines_and_options()
    {
        Dns.Hosts.HostsOptions hosts = Load("hosts nodes example.org {\n 10.0.0.1 a.example.org b.example.org\n fd00::1 a.example.org\n ttl 60\n reload 0\n no_reverse\n fallthrough\n}").Hosts!;
        Assert.Equal(["10.0.0.1 a.example.org b.example.org", "fd00::1 a.example.org"], hosts.Lines);
        Assert.Equal((60u, TimeSpan.Zero, true), (hosts.Ttl, hosts.Reload, hosts.NoReverse));
        Assert.EndsWith("/nodes", hosts.Path, StringComparison.Ordinal);
        Assert.True(hosts.Fallthrough.Applies(DnsName.Parse("x.example.org.").Wire));
    }

    [Fact]
    public void A_log_line_is_CoreDNSs()
    {
        QueryLogEntry entry = new()
        {
            Remote = new(IPAddress.IPv6Loopback, 50759),
            Name = "example.org.",
            Type = RecordType.A,
            Class = RecordClass.Internet,
            Id = 29008,
            Size = 41,
            BufferSize = 4096,
            ResponseFlags = (HeaderFlags)0x81a0,
            ResponseSize = 68,
            AnswerCount = 1,
            Duration = TimeSpan.FromTicks(379902),
        };
        Assert.Equal("[::1]:50759 - 29008 \"A IN example.org. udp 41 false 4096\" NOERROR qr,rd,ra,ad 68 0.0379902s", Assert.Single(Load("log").Logs).Format.Write(entry));
        LogOptions log = Assert.Single(Load("log example.org \"{proto} Request: {name} {type} {>id}\" {\n class denial error\n minDuration 1s\n}").Logs);
        Assert.Equal("udp Request: example.org. A 29008", log.Format.Write(entry));
        Assert.Equal(ResponseClasses.Denial | ResponseClasses.Error, log.Classes);
        Assert.Equal(ResponseClasses.Success, entry.ResponseClass);
    }

    [Theory] // line                                   what is said
    [InlineData("cash 30",                              "there is no plugin 'cash'; did you mean 'cache'?")]
    [InlineData("file db.example.org",                  "the plugin file isn't supported: forward the zone to a server that has it")]
    [InlineData("proxy . 8.8.8.8",                      "the plugin proxy isn't supported: it has left CoreDNS too: write forward, which takes the same addresses")]
    [InlineData("cache thirty",                         null)]
    [InlineData("cache 0",                              "cache's time to live is '0': give a whole number from 1 to 604800")]
    [InlineData("cache {\n prefetch 5 1m 5%\n}",        "prefetch's percentage is '5': give a whole number from 10 to 90")]
    [InlineData("cache {\n servfail 6m\n}",             "servfail is 6m: at most 5m (RFC 2308, section 7.1)")]
    [InlineData("cache {\n sucess 5\n}",                "cache has no option 'sucess'; did you mean 'success'? Its options: success, denial, prefetch, serve_stale, servfail, disable")]
    [InlineData("cache\ncache 10",                      "cache stands in this server block already; once is all it can")]
    [InlineData("forward .",                            "forward: takes FROM TO…, as in 'forward . /etc/resolv.conf' or 'forward example.org 10.0.0.53'")]
    [InlineData("forward . dns.google",                 "'dns.google' is no upstream: write an address (10.0.0.53, [fd00::53]:5353), tls://ADDRESS, or a file like /etc/resolv.conf")]
    [InlineData("forward . https://9.9.9.9",            "'https://9.9.9.9': upstreams are spoken to over UDP, TCP and TLS (tls://), not https")]
    [InlineData("forward . 1.1.1.1 {\n policy fastest\n}", "policy is 'fastest': write random, round_robin or sequential")]
    [InlineData("forward . 1.1.1.1 {\n health_check 5\n}", "health_check is '5': give a duration such as 30s, 500ms or 1h30m")]
    [InlineData("kubernetes in-addr.arpa",              "kubernetes: no zone for Services: name the cluster's domain, such as 'kubernetes cluster.local in-addr.arpa ip6.arpa'")]
    [InlineData("kubernetes cluster.local {\n pods all\n}", "pods is 'all': write disabled, insecure or verified")]
    [InlineData("hosts {\n 10.0.0.1\n}",                "hosts: 10.0.0.1 has no name beside it")]
    [InlineData("rewrite name regex ((( x",             null)]
    [InlineData("rewrite edns0 local set 0xffee x",     "rewrite edns0 isn't supported: name, type, class and ttl are")]
    [InlineData("log . \"{nome}\"",                     null)]
    [InlineData("reload 1s",                            "reload's interval is 1s: at least 2s")]
    [InlineData("autopath @etcd",                       "autopath: only @kubernetes knows search paths, not '@etcd'")]
    [InlineData("acl {\n allow 10.0.0.0/8\n}",          "'10.0.0.0/8' stands before 'type' or 'net': write 'allow type A net 10.0.0.0/8'")]
    [InlineData("template ANY A {\n answer \"x\"\n}",   "template: answer isn't supported, only codes without records are; hosts and rewrite give fixed addresses")]
    public void A_wrong_line_says(string line, string? expected)
    {
        if (line == "cache thirty")
        {
            // A word that is no number is a zone, as in CoreDNS.
            Assert.Equal("thirty.", Assert.Single(Load(line).Cache!.Zones).ToString());
            return;
        }

        CorefileException error = Assert.Throws<CorefileException>(() => Load(line));
        Assert.InRange(error.Line, 2, 4);
        if (expected is not null)
        {
            Assert.Equal(expected, error.Problem);
        }
    }

    [Theory]
    [InlineData("tls://.:853 {\n log\n}",               "'tls://.:853': the server answers over UDP and TCP only; write dns://.:853, and put what ends TLS in front of it")]
    [InlineData(".:dns {\n log\n}",                     "'.:dns': 'dns' is no port; give 1 to 65535, as in '.:53'")]
    [InlineData("a..b {\n log\n}",                      "'a..b' names no zone: write a domain such as cluster.local, '.', or a range such as 10.0.0.0/24")]
    public void A_wrong_key_says(string text, string expected)
    {
        using CorefileFolder folder = new(text);
        Assert.Equal($"{folder.CorefilePath}:1: {expected}", Assert.Throws<CorefileException>(() => folder.Load()).Message);
    }

    [Fact]
    public void Two_blocks_with_the_same_key_say_so()
    {
        using CorefileFolder folder = new("a.org {\n log\n}\nb.org a.org {\n log\n}\n");
        Assert.Equal(
            $"{folder.CorefilePath}:4: 'a.org' on port 53 is answered by the block at {folder.CorefilePath}:1 already: merge them",
            Assert.Throws<CorefileException>(() => folder.Load()).Message);
    }

    [Fact]
    public void A_file_that_holds_no_certificate_is_named()
    {
        using CorefileFolder folder = new(". {\n forward . tls://192.0.2.1 {\n  tls empty\n }\n}\n");
        folder.Write("empty", "");
        Assert.StartsWith($"{folder.CorefilePath}:3: tls: empty", Assert.Throws<CorefileException>(() => folder.Load()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plugins_without_effect_are_named()
    {
        using CorefileFolder folder = new(". {\n debug\n kubernetes cluster.local {\n  upstream\n }\n}\n");
        Assert.Equal([2, 4], folder.Load().Warnings.Select(w => w.Line));
    }

    private static ServerBlock Load(string lines)
    {
        using CorefileFolder folder = new($". {{\n{lines}\n}}\n");
        return Assert.Single(folder.Load().Servers);
    }
}
