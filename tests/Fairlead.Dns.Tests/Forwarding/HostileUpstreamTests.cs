using Fairlead.Dns.Configured;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Tests.Forwarding;

/// <summary>Upstreams that lie, stammer, are silent or hang up.</summary>
public sealed class HostileUpstreamTests
{
    private static readonly DnsName Www = DnsName.Parse("www.example.com");

    [Theory] // before the true answer comes            what the client gets
    [InlineData("nothing",                               "NOERROR www.example.com. A 192.0.2.1")]
    [InlineData("an answer with another number",         "NOERROR www.example.com. A 192.0.2.1")]
    [InlineData("an answer to another name",             "NOERROR www.example.com. A 192.0.2.1")]
    [InlineData("an answer to another type",             "NOERROR www.example.com. A 192.0.2.1")]
    [InlineData("the question itself",                   "NOERROR www.example.com. A 192.0.2.1")]
    [InlineData("three bytes",                           "NOERROR www.example.com. A 192.0.2.1")]
    [InlineData("random bytes",                          "NOERROR www.example.com. A 192.0.2.1")]
    public async Task The_true_answer_is_waited_for(string before, string expected)
    {
        await using ScriptedUpstream upstream = new(asked =>
        {
            byte[] lie = asked.Reply(r => r.Address(asked.Name, "203.0.113.66"));
            switch (before)
            {
                case "an answer with another number":
                    lie[0] ^= 1;
                    break;
                case "an answer to another name":
                    lie[13] ^= 1;
                    break;
                case "an answer to another type":
                    lie[12 + Www.Wire.Length + 1] = 28;
                    break;
                case "the question itself":
                    lie = asked.Message;
                    break;
                case "three bytes":
                    lie = lie[..3];
                    break;
                case "random bytes":
                    new Random(1).NextBytes(lie);
                    break;
                default:
                    lie = [];
                    break;
            }

            return [lie, asked.Reply(r => r.Address(asked.Name, "192.0.2.1"))];
        });
        await using ConfiguredHandler handler = Tests.Configured.Handler($"forward . {upstream.Address}");
        Assert.Equal(expected, MessageText.Ask(handler, "www.example.com", "A"));
    }

    [Theory] // what the upstream adds                           what the client gets
    [InlineData("an address of another name in the answer",       "NOERROR www.example.com. A 192.0.2.1")]
    [InlineData("an address of another name beside it",           "NOERROR www.example.com. A 192.0.2.1")]
    [InlineData("name servers of the root",                       "NOERROR www.example.com. A 192.0.2.1")]
    [InlineData("another zone's SOA",                             "NOERROR www.example.com. A 192.0.2.1")]
    [InlineData("an alias and its address, in the wrong order",   "NOERROR host.example.net. A 192.0.2.7; www.example.com. CNAME host.example.net.")]
    [InlineData("a record of a type that nobody asked for",       "NOERROR www.example.com. A 192.0.2.1")]
    public async Task Only_what_was_asked_for_is_taken(string added, string expected)
    {
        DnsName bank = DnsName.Parse("bank.example.org");
        await using ScriptedUpstream upstream = new(asked => [asked.Reply(r =>
        {
            if (added.StartsWith("an alias", StringComparison.Ordinal))
            {
                r.Address(DnsName.Parse("host.example.net"), "192.0.2.7").Alias(Www, "host.example.net").Address(bank, "203.0.113.66");
                return;
            }

            r.Address(asked.Name, "192.0.2.1");
            _ = added switch
            {
                "an address of another name in the answer" => r.Address(bank, "203.0.113.66"),
                "an address of another name beside it" => r.Additional().Address(bank, "203.0.113.66"),
                "name servers of the root" => r.Authority().Record(DnsName.Root, RecordType.NS, 60, [.. bank.Wire]).Additional().Address(bank, "203.0.113.66"),
                "another zone's SOA" => r.Authority().Soa("example.org", 60, 60),
                _ => r.Record(Www, RecordType.Txt, 60, [2, (byte)'h', (byte)'i']),
            };
        })]);
        await using ConfiguredHandler handler = Tests.Configured.Handler($"cache\nforward . {upstream.Address}");
        Assert.Equal(expected, MessageText.Ask(handler, "www.example.com", "A"));
        Assert.Equal(expected, MessageText.Ask(handler, "www.example.com", "A"));
        Assert.Equal(1, upstream.Datagrams);
    }

    [Fact]
    public async Task A_truncated_answer_is_fetched_whole_over_one_connection()
    {
        await using ScriptedUpstream upstream = new(asked => [asked.IsTcp
            ? asked.Reply(r => r.Address(asked.Name, "192.0.2.1").Address(asked.Name, "192.0.2.2"))
            : asked.Reply(flags: HeaderFlags.Truncated)]);
        await using ConfiguredHandler handler = Tests.Configured.Handler($"forward . {upstream.Address}");
        Assert.Equal("NOERROR www.example.com. A 192.0.2.1; www.example.com. A 192.0.2.2", MessageText.Ask(handler, "www.example.com", "A"));
        Assert.Equal("NOERROR w.example.com. A 192.0.2.1; w.example.com. A 192.0.2.2", MessageText.Ask(handler, "w.example.com", "A"));
        Assert.Equal((2, 2, 1), (upstream.Datagrams, upstream.Streams, upstream.Connections));
    }

    [Fact]
    public async Task An_answer_that_is_truncated_over_TCP_too_goes_to_the_client_as_it_is()
    {
        await using ScriptedUpstream upstream = new(asked => [asked.Reply(flags: HeaderFlags.Truncated)]);
        await using ConfiguredHandler handler = Tests.Configured.Handler($"forward . {upstream.Address}");
        Assert.Equal(2, MessageText.Answer(handler, "www.example.com", "A")[2] & 2);
        Assert.Equal((1, 1), (upstream.Datagrams, upstream.Streams));
    }

    [Fact]
    public async Task Streams_may_trickle_and_close()
    {
        await using ScriptedUpstream upstream = new(asked => [asked.Reply(r => r.Address(asked.Name, "192.0.2.1"))]) { Trickle = 16, ClosesAfterAnswer = true };
        await using ConfiguredHandler handler = Tests.Configured.Handler($"forward . {upstream.Address} {{\n force_tcp\n}}");
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal($"NOERROR w{i}.example.com. A 192.0.2.1", MessageText.Ask(handler, $"w{i}.example.com", "A"));
        }

        Assert.Equal(3, upstream.Connections);
    }

    [Fact]
    public async Task Answers_on_a_stream_may_come_in_any_order()
    {
        // By name: a question that was given up for on a busy machine is asked again.
        SortedDictionary<DnsName, byte[]> held = [];
        await using ScriptedUpstream upstream = new(asked =>
        {
            lock (held)
            {
                held[asked.Name] = asked.Reply(r => r.Address(asked.Name, $"192.0.2.{asked.Name.Wire[2] - (byte)'0'}"));
                return held.Count == 8 ? [.. held.Values.Reverse()] : [];
            }
        });
        await using ConfiguredHandler handler = Tests.Configured.Handler($"forward . {upstream.Address} {{\n force_tcp\n}}");
        string[] answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => Tests.Configured.AskAsync(handler, $"w{i}.example.com")));
        Assert.Equal(Enumerable.Range(1, 8).Select(i => $"NOERROR w{i}.example.com. A 192.0.2.{i}"), answers);
        Assert.Equal(1, upstream.Connections);
    }

    [Fact]
    public async Task Who_does_not_understand_EDNS_is_asked_without()
    {
        await using ScriptedUpstream upstream = new(asked => [asked.HasEdns ? asked.Reply(code: ResponseCode.FormatError) : asked.Reply(r => r.Address(asked.Name, "192.0.2.1"))]);
        await using ConfiguredHandler handler = Tests.Configured.Handler($"forward . {upstream.Address}");
        Assert.Equal("NOERROR www.example.com. A 192.0.2.1", MessageText.Ask(handler, "www.example.com", "A"));
        Assert.Equal(2, upstream.Datagrams);
    }

    [Fact]
    public async Task Numbers_and_ports_are_drawn()
    {
        HashSet<int> numbers = [];
        await using ScriptedUpstream upstream = new(asked =>
        {
            numbers.Add((asked.Message[0] << 8) | asked.Message[1]);
            return [asked.Reply(r => r.Address(asked.Name, "192.0.2.1"))];
        });
        await using ConfiguredHandler handler = Tests.Configured.Handler($"forward . {upstream.Address}");
        for (int i = 0; i < 64; i++)
        {
            MessageText.Ask(handler, $"w{i}.example.com", "A");
        }

        Assert.InRange(numbers.Count, 60, 64);
        Assert.InRange(numbers.Max() - numbers.Min(), 30_000, 65_535);
    }

    [Fact]
    public async Task Answers_are_the_clients_own_question()
    {
        await using ScriptedUpstream upstream = ScriptedUpstream.Plain();
        await using ConfiguredHandler handler = Tests.Configured.Handler($"cache\nforward . {upstream.Address}");
        DnsQuery query = DnsQuery.For(DnsName.Parse("www.example.com"), RecordType.A) with
        {
            Section = (byte[])[3, .. "wWw"u8, 7, .. "eXAMPle"u8, 3, .. "COM"u8, 0, 0, 1, 0, 1],
        };
        for (int i = 0; i < 2; i++)
        {
            byte[] response = new byte[IQueryHandler.ResponseBufferSize];
            Answer answer = await handler.ResolveAsync(query, response, TestContext.Current.CancellationToken);
            Assert.Equal(query.Section.ToArray(), response[12..(12 + query.Section.Length)]);
            Assert.Equal(i == 0 ? AnswerOrigin.Upstream : AnswerOrigin.Cache, answer.Origin);
        }
    }
}
