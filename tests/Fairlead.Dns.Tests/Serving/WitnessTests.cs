using System.Text.RegularExpressions;
using Fairlead.TestSupport;

namespace Fairlead.Dns.Tests.Serving;

/// <summary>What the tools that everybody uses make of our answers.</summary>
public sealed class WitnessTests : IAsyncLifetime
{
    private readonly TestServer _server = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("kubernetes.default.svc.cluster.local A", "10.32.0.1")]
    [InlineData("KUBERNETES.Default.svc.cluster.LOCAL A", "10.32.0.1")]
    [InlineData("both.default.svc.cluster.local AAAA", "fd00:32::5")]
    [InlineData("dns-version.cluster.local TXT", "\"1.1.0\"")]
    [InlineData("_https._tcp.kubernetes.default.svc.cluster.local SRV", "0 100 443 kubernetes.default.svc.cluster.local.")]
    [InlineData("-x 10.32.0.1", "kubernetes.default.svc.cluster.local.")]
    [InlineData("-x fd00:32::5", "both.default.svc.cluster.local.")]
    [InlineData("inside.default.svc.cluster.local A", "kubernetes.default.svc.cluster.local. 10.32.0.1")]
    [InlineData("outside.default.svc.cluster.local A", "www.example.com. host.example.com. 192.0.2.80")]
    [InlineData("+tcp outside.default.svc.cluster.local A", "www.example.com. host.example.com. 192.0.2.80")]
    public void Dig_and_kdig_read(string question, string answer)
    {
        string Lines(string output) => string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.Equal(answer, Lines(_server.Dig($"+short {question}")));
        Assert.Equal(answer, Lines(_server.Kdig($"+short {question}")));
    }

    [Theory] // question                                          status      flags that must be there
    [InlineData("kubernetes.default.svc.cluster.local A",         "NOERROR",  "qr aa rd ra")]
    [InlineData("kubernetes.default.svc.cluster.local AAAA",      "NOERROR",  "qr aa rd ra")]
    [InlineData("nothing.default.svc.cluster.local A",            "NXDOMAIN", "qr aa rd ra")]
    [InlineData("+norecurse kubernetes.default.svc.cluster.local A", "NOERROR", "qr aa ra")]
    [InlineData("+cdflag kubernetes.default.svc.cluster.local A", "NOERROR",  "qr aa rd ra cd")]
    [InlineData("cluster.local AXFR",                             "",         "")]
    [InlineData("+opcode=notify cluster.local SOA",               "REFUSED",  "qr rd ra")]
    [InlineData("+opcode=update cluster.local SOA",               "NOTIMP",   "qr rd ra")]
    [InlineData("+edns=1 +noednsneg kubernetes.default.svc.cluster.local A", "BADVERS", "qr rd ra")]
    [InlineData("version.bind CH TXT",                            "REFUSED",  "qr rd ra")]
    public void Dig_sees_status(string question, string status, string flags)
    {
        string output = _server.Dig(question);
        if (status.Length == 0)
        {
            Assert.Contains("Transfer failed", output, StringComparison.Ordinal);
            return;
        }

        Assert.Contains($"status: {status},", output, StringComparison.Ordinal);
        Assert.Contains($";; flags: {flags};", output, StringComparison.Ordinal);
        Assert.DoesNotMatch("WARNING: (?!.local is reserved|EDNS query returned status NOTIMP)", output);
    }

    [Fact]
    public void The_case_of_a_question_comes_back()
    {
        string output = _server.Dig("kuBERnetes.DEFAULT.svc.cluster.local A");
        Assert.Matches(@"(?m)^;kuBERnetes\.DEFAULT\.svc\.cluster\.local\.\s+IN\s+A$", output);
        Assert.Matches(@"(?m)^kuBERnetes\.DEFAULT\.svc\.cluster\.local\.\s+5\s+IN\s+A\s+10\.32\.0\.1$", output);
    }

    [Fact]
    public void Dig_finds_its_cookie_good()
    {
        // dig sends its own first cookie, and says "good" only where the server's half came back with it.
        string first = _server.Dig("+cookie=0123456789abcdef kubernetes.default.svc.cluster.local A");
        Assert.Contains("(good)", first, StringComparison.Ordinal);
        string cookie = Regex.Match(first, "COOKIE: ([0-9a-f]{48})").Groups[1].Value;
        Assert.StartsWith("0123456789abcdef", cookie, StringComparison.Ordinal);
        Assert.Contains(cookie, _server.Dig($"+cookie={cookie} kubernetes.default.svc.cluster.local A"), StringComparison.Ordinal);
    }

    [Fact]
    public void Dnspython_reads_answers_strictly()
    {
        string script = Path.Combine(Path.GetTempPath(), $"fairlead-dns-{Guid.NewGuid():N}.py");
        File.WriteAllText(script, $"""
            import dns.message, dns.query, dns.flags, dns.rcode
            for name, type, code, count in [
                ('kubernetes.default.svc.cluster.local.', 'A', 'NOERROR', 1),
                ('kubernetes.default.svc.cluster.local.', 'AAAA', 'NOERROR', 0),
                ('_sql._tcp.db.default.svc.cluster.local.', 'SRV', 'NOERROR', 2),
                ('x.y.z.default.svc.cluster.local.', 'A', 'NXDOMAIN', 0),
                ('11.0.200.10.in-addr.arpa.', 'PTR', 'NOERROR', 1),
                ('outside.default.svc.cluster.local.', 'A', 'NOERROR', 3)]:
                for edns in (-1, 0):
                    for send in (dns.query.udp, dns.query.tcp):
                        q = dns.message.make_query(name, type, use_edns=edns, payload=1232)
                        r = send(q, '{_server.Endpoint.Address}', port={_server.Endpoint.Port}, timeout=20)
                        got = sum(len(s) for s in r.answer)
                        assert dns.rcode.to_text(r.rcode()) == code and got == count, (name, type, str(r))
                        assert (r.edns == 0) == (edns == 0)
                        assert count or r.authority[0].rdtype == dns.rdatatype.SOA
            print('read')
            """);
        try
        {
            Assert.Equal("read\n", Witness.Run(null, $"/usr/bin/python3 {script}"));
        }
        finally
        {
            File.Delete(script);
        }
    }
}
