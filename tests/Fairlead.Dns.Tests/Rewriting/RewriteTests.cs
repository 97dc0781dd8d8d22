using Fairlead.Dns.Configured;
using Fairlead.Dns.Tests.Forwarding;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Tests.Rewriting;

/// <summary>Another name is asked, and the client doesn't see it.</summary>
public sealed class RewriteTests
{
    [Theory] // rules                                                                                  asked                     upstream is asked            the client gets
    [InlineData("rewrite name foo.example.com bar.example.org",                                         "foo.example.com A",      "bar.example.org. A",        "NOERROR foo.example.com. CNAME alias.example.net.; alias.example.net. A 192.0.2.1")]
    [InlineData("rewrite name foo.example.com bar.example.org",                                         "FOO.example.com A",      "bar.example.org. A",        "NOERROR foo.example.com. CNAME alias.example.net.; alias.example.net. A 192.0.2.1")]
    [InlineData("rewrite name foo.example.com bar.example.org",                                         "fooo.example.com A",     "fooo.example.com. A",       "NOERROR fooo.example.com. CNAME alias.example.net.; alias.example.net. A 192.0.2.1")]
    [InlineData("rewrite name suffix .example.com .example.org",                                        "a.b.example.com A",      "a.b.example.org. A",        "NOERROR a.b.example.com. CNAME alias.example.net.; alias.example.net. A 192.0.2.1")]
    [InlineData("rewrite name prefix old- new-",                                                        "old-web.example.com A",  "new-web.example.com. A",    "NOERROR old-web.example.com. CNAME alias.example.net.; alias.example.net. A 192.0.2.1")]
    [InlineData("rewrite name substring mid other",                                                     "a-mid-b.example.com A",  "a-other-b.example.com. A",  "NOERROR a-mid-b.example.com. CNAME alias.example.net.; alias.example.net. A 192.0.2.1")]
    [InlineData("rewrite name regex (.*)-(west)\\.example\\.com {2}.{1}.example.org answer value (.*)\\.example\\.net {1}.example.com", "ftp-west.example.com A", "west.ftp.example.org. A", "NOERROR ftp-west.example.com. CNAME alias.example.com.; alias.example.net. A 192.0.2.1")]
    [InlineData("rewrite continue name a.example.com b.example.com\nrewrite name b.example.com c.example.com", "a.example.com A", "c.example.com. A",          "NOERROR a.example.com. CNAME alias.example.net.; alias.example.net. A 192.0.2.1")]
    [InlineData("rewrite name a.example.com b.example.com\nrewrite name b.example.com c.example.com",   "a.example.com A",        "b.example.com. A",          "NOERROR a.example.com. CNAME alias.example.net.; alias.example.net. A 192.0.2.1")]
    [InlineData("rewrite type AAAA A",                                                                  "www.example.com AAAA",   "www.example.com. A",        "NOERROR www.example.com. CNAME alias.example.net.; alias.example.net. A 192.0.2.1")]
    [InlineData("rewrite name regex (.*) {1}..x",                                                       "www.example.com A",      "",                          "SERVFAIL")]
    public async Task A_question_becomes(string rules, string question, string expected, string answer)
    {
        string heard = "";
        await using ScriptedUpstream upstream = new(asked =>
        {
            heard = $"{asked.Name} {asked.Type.ToString().ToUpperInvariant()}";
            return [asked.Reply(r => r.Alias(asked.Name, "alias.example.net").Address(DnsName.Parse("alias.example.net"), "192.0.2.1"))];
        });
        await using ConfiguredHandler handler = Tests.Configured.Handler($"{rules}\ncache\nforward . {upstream.Address}");
        string[] words = question.Split(' ');
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(answer, MessageText.Ask(handler, words[0], words[1]));
            Assert.Equal(expected, heard);
        }
    }

    [Fact]
    public async Task Times_to_live_are_bounded()
    {
        await using ScriptedUpstream upstream = ScriptedUpstream.Plain();
        await using ConfiguredHandler handler = Tests.Configured.Handler($"rewrite ttl suffix .example.com -20\nforward . {upstream.Address}");
        byte[] message = MessageText.Answer(handler, "www.example.com", "A");
        Assert.Equal(20, message[^7]);
        Assert.Equal(60, MessageText.Answer(handler, "www.example.org", "A")[^7]);
    }
}
