using Fairlead.Dns.Configured;
using Fairlead.Dns.Tests.Forwarding;

namespace Fairlead.Dns.Tests.Filtering;

/// <summary>Who may ask what (<c>acl</c>).</summary>
public sealed class AccessTests
{
    private const string Rules = """
        acl example.com {
          allow type A net 10.1.0.0/16
          filter type AAAA net 10.0.0.0/8 fd00::/8
          drop net 10.9.0.0/16
          block net 10.0.0.0/8
        }
        acl example.org {
          block type TXT
        }
        forward . ADDRESS
        """;

    [Theory] //  from           asks for a name      type    gets
    [InlineData("10.1.0.5",    "www.example.com",  "A",    "NOERROR www.example.com. A 192.0.2.1")]
    [InlineData("10.2.0.5",    "www.example.com",  "A",    "REFUSED")]
    [InlineData("10.1.0.5",    "www.example.com",  "AAAA", "NODATA")]
    [InlineData("fd00::5",     "www.example.com",  "AAAA", "NODATA")]
    [InlineData("10.9.0.5",    "www.example.com",  "A",    "REFUSED")] // silence would make it ask again
    [InlineData("192.0.2.9",   "www.example.com",  "A",    "NOERROR www.example.com. A 192.0.2.1")] // no rule is about it
    [InlineData("10.2.0.5",    "www.example.net",  "A",    "NOERROR www.example.net. A 192.0.2.1")] // nor about the name
    [InlineData("192.0.2.9",   "www.example.org",  "TXT",  "REFUSED")]
    [InlineData("192.0.2.9",   "www.example.org",  "A",    "NOERROR www.example.org. A 192.0.2.1")]
    public async Task A_client_gets(string from, string name, string type, string answer)
    {
        await using ScriptedUpstream upstream = ScriptedUpstream.Plain("192.0.2.1");
        await using ConfiguredHandler handler = Tests.Configured.Handler(Rules.Replace("ADDRESS", upstream.Address.ToString(), StringComparison.Ordinal));
        Assert.Equal(answer, MessageText.Ask(handler, name, type, from));
    }
}
