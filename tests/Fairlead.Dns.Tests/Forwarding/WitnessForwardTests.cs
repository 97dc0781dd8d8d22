using Fairlead.Dns.Configured;
using Fairlead.Dns.Tests.Serving;

namespace Fairlead.Dns.Tests.Forwarding;

/// <summary>dig on one side, dnspython on the other, this server between them.</summary>
public sealed class WitnessForwardTests(WitnessUpstream upstream) : IClassFixture<WitnessUpstream>
{
    private static readonly (string Question, string Answer)[] Records =
    [
        ("www.example.com A", "192.0.2.80"),
        ("www.example.com AAAA", "2001:db8::80"),
        ("mail.example.com MX", "10 www.example.com."),
        ("_http._tcp.example.com SRV", "0 0 80 www.example.com."),
        ("text.example.com TXT", "\"one\" \"two\""),
        ("naptr.example.com NAPTR", "100 10 \"u\" \"sip+E2U\" \"!^.*$!sip:info@example.com!\" ."),
        ("svc.example.com HTTPS", "1 . alpn=\"h2\""),
        ("caa.example.com CAA", "0 issue \"ca.example.net\""),
    ];

    [Theory] // how                                                              over what
    [InlineData("forward . {0}",                                                  "UDP")]
    [InlineData("cache\nforward . {0}",                                           "UDP, kept")]
    [InlineData("forward . {0} {{\n force_tcp\n}}",                               "TCP")]
    [InlineData("forward . tls://127.0.0.1%dns.example:{1} {{\n tls {2}\n}}",     "TLS, name behind the address")]
    [InlineData("forward . tls://127.0.0.1:{1} {{\n tls {2}\n tls_servername dns.example\n}}", "TLS")]
    public async Task Answers_pass_as_they_are(string lines, string how)
    {
        await using ConfiguredHandler handler = Tests.Configured.Handler(string.Format(System.Globalization.CultureInfo.InvariantCulture, lines, upstream.Address, upstream.TlsPort, upstream.Certificate));
        await using TestServer server = new(handler);
        string questions = Path.GetTempFileName();
        File.WriteAllLines(questions, Records.Select(r => r.Question));
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(Records.Select(r => r.Answer), Lines(server.Dig($"+short -f {questions}")));
        }

        File.Delete(questions);
        string nothing = server.Dig("nothing.example.com A");
        Assert.True(nothing.Contains("status: NXDOMAIN", StringComparison.Ordinal) && nothing.Contains("SOA", StringComparison.Ordinal), how);
        string nodata = server.Dig("text.example.com A");
        Assert.True(nodata.Contains("status: NOERROR", StringComparison.Ordinal) && nodata.Contains("ANSWER: 0, AUTHORITY: 1", StringComparison.Ordinal), how);
    }

    [Fact]
    public async Task What_is_too_long_for_a_datagram_comes_whole_over_TCP()
    {
        await using ConfiguredHandler handler = Tests.Configured.Handler($"cache\nforward . {upstream.Address}");
        await using TestServer server = new(handler);
        Assert.Equal(120, Lines(server.Dig("+short many.example.com A")).Length);
        Assert.Contains(";; flags: qr tc rd ra;", server.Dig("+ignore many.example.com A"), StringComparison.Ordinal);
        Assert.Equal(120, Lines(server.Dig("+tcp +short many.example.com A")).Length);
    }

    [Theory] // identity                                                       why not
    [InlineData("tls {0}\n tls_servername other.example",                       "another name")]
    [InlineData("tls {0}",                                                      "no name, and the certificate doesn't have the address")]
    [InlineData("tls_servername dns.example",                                   "nobody vouches for the certificate")]
    public async Task A_TLS_upstream_must_be_who_it_is_said_to_be(string identity, string why)
    {
        await using ConfiguredHandler handler = Tests.Configured.Handler(
            $"forward . tls://127.0.0.1:{upstream.TlsPort} {{\n {string.Format(System.Globalization.CultureInfo.InvariantCulture, identity, upstream.Certificate)}\n}}");
        Assert.True(MessageText.Ask(handler, "www.example.com", "A") == "SERVFAIL", why);
    }

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
