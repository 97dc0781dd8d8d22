using System.Globalization;
using System.Text.RegularExpressions;
using Fairlead.Dns.Configured;
using Fairlead.Dns.Tests.Forwarding;
using Fairlead.Dns.Tests.Serving;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Dns.Tests;

/// <summary>Lines that <c>log</c> writes of queries that dig sends.</summary>
public sealed class LogTests
{
    [Theory]
    //           log                                                        dig                                   line
    [InlineData("log",                                                     "www.example.com A +noedns",          """[INFO] 127.0.0.1:PORT - ID "A IN www.example.com. udp 33 false 512" NOERROR qr,rd,ra 49 DURATION""")]
    [InlineData("log",                                                     "www.example.com A +tcp +bufsize=1400 +dnssec +nocookie", """[INFO] 127.0.0.1:PORT - ID "A IN www.example.com. tcp 44 true 1400" NOERROR qr,rd,ra 60 DURATION""")]
    [InlineData("log . {combined}",                                        "www.example.com A +noedns",          """[INFO] 127.0.0.1:PORT - ID "A IN www.example.com. udp 33 false 512" NOERROR qr,rd,ra 49 DURATION "0" """)]
    [InlineData("log . \"{remote} asks {proto} {name} {type}: {rcode}\"",  "WWW.example.com AAAA",               "[INFO] 127.0.0.1 asks udp www.example.com. AAAA: NOERROR")]
    [InlineData("log . {\n class denial\n}",                               "www.example.com AAAA +noedns",       """[INFO] 127.0.0.1:PORT - ID "AAAA IN www.example.com. udp 33 false 512" NOERROR qr,rd,ra 105 DURATION""")]
    [InlineData("log . {\n class denial error\n}",                         "www.example.com A",                  null)]
    [InlineData("log example.org",                                         "www.example.com A",                  null)]
    [InlineData("log example.com \"{name}\"",                              "www.example.com A",                  "[INFO] www.example.com.")]
    public async Task A_query_is_a_line(string log, string dig, string? line)
    {
        await using ScriptedUpstream upstream = ScriptedUpstream.Plain();
        using CorefileFolder folder = new($". {{\n{log}\nforward . {upstream.Address}\n}}\n");
        StringWriter output = new(CultureInfo.InvariantCulture);
        await using QueryLines lines = new(output);
        await using (ConfiguredHandler handler = new(folder.Load(), 53, null, TimeProvider.System, NullLogger.Instance, lines))
        await using (TestServer server = new(handler))
        {
            server.Dig(dig);
        }

        await lines.DisposeAsync();
        string written = Regex.Replace(Regex.Replace(output.ToString(), @":\d+ - \d+ ", ":PORT - ID "), @"\d\.\d+s", "DURATION");
        Assert.Equal(line is null ? "" : line.TrimEnd() + "\n", written);
    }
}
