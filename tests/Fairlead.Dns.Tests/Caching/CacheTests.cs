using System.Buffers.Binary;
using Fairlead.Dns.Caching;
using Fairlead.Dns.Configured;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Tests.Forwarding;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Tests.Caching;

/// <summary>What is kept, for how long, and what is given when it ran out.</summary>
public sealed class CacheTests
{
    private readonly ManualTime time = new();

    [Theory] // answer                    lines                                 asked again after   first and later time to live
    [InlineData("an address for 60 s",     "cache",                              60,   "60 50")]
    [InlineData("an address for 60 s",     "cache 30",                           30,   "30 20")]
    [InlineData("an address for 60 s",     "cache {\n success 100 600 120\n}",   120,  "120 110")]
    [InlineData("an address for 0 s",      "cache",                              5,    "5 -")]
    [InlineData("an address for 68 years", "cache",                              3600, "3600 3590")]
    [InlineData("two addresses",           "cache",                              20,   "20 10")]
    [InlineData("NXDOMAIN, SOA 900/40",    "cache",                              40,   "40 30")]
    [InlineData("NODATA, SOA 30/900",      "cache",                              30,   "30 20")]
    [InlineData("NXDOMAIN, SOA 900/40",    "cache {\n denial 100 15\n}",         15,   "15 5")]
    [InlineData("NXDOMAIN without SOA",    "cache",                              0,    "- -")]
    [InlineData("a referral",              "cache",                              0,    "- -")]
    [InlineData("SERVFAIL",                "cache",                              5,    "- -")]
    [InlineData("SERVFAIL",                "cache {\n servfail 0\n}",            0,    "- -")]
    [InlineData("REFUSED",                 "cache",                              0,    "- -")]
    [InlineData("an address for 60 s",     "cache {\n disable success\n}",       0,    "60 60")]
    [InlineData("NXDOMAIN, SOA 900/40",    "cache {\n disable denial example.com\n}", 0, "900 900")]
    [InlineData("an address for 60 s",     "cache example.org",                  0,    "60 60")]
    public async Task An_answer_is_kept(string answer, string lines, int seconds, string lives)
    {
        await using ScriptedUpstream upstream = new(asked => [Reply(asked, answer)]);
        await using ConfiguredHandler handler = Tests.Configured.Handler($"{lines}\nforward . {upstream.Address}", time);
        string first = Ttl(handler);
        time.Advance(10);
        string later = Ttl(handler);
        Assert.Equal(lives, $"{first} {(seconds is > 0 and < 10 ? "-" : later)}");
        if (seconds >= 10)
        {
            time.Advance(seconds - 10 - 0.1);
            Ttl(handler);
            Assert.Equal(1, upstream.Datagrams);
            time.Advance(0.2);
            Ttl(handler);
        }

        Assert.Equal(2, upstream.Datagrams);
    }

    [Fact]
    public async Task What_asks_for_signatures_or_checks_them_itself_is_kept_apart()
    {
        await using ScriptedUpstream upstream = ScriptedUpstream.Plain();
        await using ConfiguredHandler handler = Tests.Configured.Handler($"cache\nforward . {upstream.Address}", time);
        DnsQuery plain = DnsQuery.For(DnsName.Parse("www.example.com"), RecordType.A);
        DnsQuery[] kinds =
        [
            plain,
            plain with { Edns = new() { IsPresent = true, UdpSize = 1232 } },
            plain with { Edns = new() { IsPresent = true, UdpSize = 1232, DnssecOk = true } },
            plain with { Flags = HeaderFlags.RecursionDesired | HeaderFlags.CheckingDisabled },
            plain with { Type = RecordType.Aaaa, Section = DnsQuery.For(plain.Name, RecordType.Aaaa).Section },
        ];
        byte[] response = new byte[IQueryHandler.ResponseBufferSize];
        foreach (DnsQuery query in kinds.Concat(kinds))
        {
            await handler.ResolveAsync(query, response, TestContext.Current.CancellationToken);
        }

        // EDNS alone changes nothing.
        Assert.Equal(4, upstream.Datagrams);
    }

    [Fact]
    public async Task Equal_questions_at_once_are_asked_once()
    {
        using SemaphoreSlim go = new(0);
        await using ScriptedUpstream upstream = new(asked =>
        {
            go.Wait();
            return [asked.Reply(r => r.Address(asked.Name, "192.0.2.1"))];
        });
        foreach (string cache in (string[])["cache\n", ""])
        {
            await using ConfiguredHandler handler = Tests.Configured.Handler($"{cache}forward . {upstream.Address}", new ManualTime(hasTimers: false));
            int before = upstream.Datagrams;
            Task<string>[] answers = [.. Enumerable.Range(0, 50).Select(_ => Tests.Configured.AskAsync(handler, "www.example.com"))];
            await Eventually.Until(() => upstream.Datagrams > before);
            go.Release();
            Assert.All(await Task.WhenAll(answers), a => Assert.Equal("NOERROR www.example.com. A 192.0.2.1", a));
            Assert.Equal(1, upstream.Datagrams - before);
            Assert.Equal(49, handler.Rows[0].Cache!.Shared);
        }
    }

    [Fact]
    public async Task What_is_popular_is_fetched_before_it_runs_out()
    {
        int round = 0;
        await using ScriptedUpstream upstream = new(asked => [asked.Reply(r => r.Address(asked.Name, $"192.0.2.{Interlocked.Increment(ref round)}"))]);
        await using ConfiguredHandler handler = Tests.Configured.Handler($"cache {{\n prefetch 3 1m 20%\n}}\nforward . {upstream.Address}", time);
        Assert.EndsWith("192.0.2.1", MessageText.Ask(handler, "www.example.com", "A"), StringComparison.Ordinal);
        for (int i = 0; i < 4; i++)
        {
            time.Advance(10);
            Assert.EndsWith("192.0.2.1", MessageText.Ask(handler, "www.example.com", "A"), StringComparison.Ordinal);
        }

        Assert.Equal(1, upstream.Datagrams);
        time.Advance(9);
        Assert.EndsWith("192.0.2.1", MessageText.Ask(handler, "www.example.com", "A"), StringComparison.Ordinal);
        await Eventually.Until(() => MessageText.Ask(handler, "www.example.com", "A").EndsWith("192.0.2.2", StringComparison.Ordinal));
        Assert.Equal(2, upstream.Datagrams);
    }

    [Theory] // lines                              while the upstream is silent        when it is back
    [InlineData("serve_stale",                      "192.0.2.1 for 0",                  "192.0.2.2")]
    [InlineData("serve_stale 1h verified",          "192.0.2.1 for 30",                 "192.0.2.2")]
    public async Task What_ran_out_is_given_where_nobody_answers(string lines, string silent, string back)
    {
        int round = 1;
        await using ScriptedUpstream upstream = new(asked => [asked.Reply(r => r.Address(asked.Name, $"192.0.2.{round}"))]);
        await using ConfiguredHandler handler = Tests.Configured.Handler($"cache {{\n {lines}\n}}\nforward . {upstream.Address} {{\n max_fails 0\n}}", time);
        MessageText.Ask(handler, "www.example.com", "A");
        time.Advance(100);
        upstream.IsSilent = true;
        byte[] old = MessageText.Answer(handler, "www.example.com", "A");
        Assert.Equal(silent, $"{MessageText.Of(old).Split(' ')[^1]} for {Ttl(old)}");
        round = 2;
        upstream.IsSilent = false;
        await Eventually.Until(() => MessageText.Ask(handler, "www.example.com", "A").EndsWith(back, StringComparison.Ordinal));

        // What is older than that isn't given.
        upstream.IsSilent = true;
        time.Advance(3700);
        Assert.Equal("SERVFAIL", MessageText.Ask(handler, "www.example.com", "A"));
    }

    [Fact]
    public async Task Addresses_change_their_order_where_they_are_to()
    {
        await using ScriptedUpstream upstream = new(asked => [asked.Reply(r => r.Alias(asked.Name, "host.example.com").Address(DnsName.Parse("host.example.com"), "192.0.2.1")
            .Address(DnsName.Parse("host.example.com"), "192.0.2.2").Address(DnsName.Parse("host.example.com"), "192.0.2.3"))]);
        await using ConfiguredHandler handler = Tests.Configured.Handler($"cache\nloadbalance\nforward . {upstream.Address}");
        HashSet<string> orders = [.. Enumerable.Range(0, 6).Select(_ => MessageText.Ask(handler, "www.example.com", "A"))];
        Assert.Equal(
            [
                "NOERROR www.example.com. CNAME host.example.com.; host.example.com. A 192.0.2.1; host.example.com. A 192.0.2.2; host.example.com. A 192.0.2.3",
                "NOERROR www.example.com. CNAME host.example.com.; host.example.com. A 192.0.2.2; host.example.com. A 192.0.2.3; host.example.com. A 192.0.2.1",
                "NOERROR www.example.com. CNAME host.example.com.; host.example.com. A 192.0.2.3; host.example.com. A 192.0.2.1; host.example.com. A 192.0.2.2",
            ],
            orders.Order());
    }

    [Fact]
    public async Task Memory_is_bounded_whoever_asks()
    {
        await using ScriptedUpstream upstream = new(asked => [asked.Reply(r => r.Record(asked.Name, RecordType.Txt, 600, [.. Enumerable.Repeat((byte[])[255, .. new byte[255]], 4).SelectMany(b => b)]))]);
        await using ConfiguredHandler handler = Tests.Configured.Handler($"cache {{\n success 256\n denial 256\n}}\nforward . {upstream.Address}");
        for (int i = 0; i < 2000; i++)
        {
            MessageText.Answer(handler, $"w{i}.example.com", "TXT");
        }

        CacheHandler cache = handler.Rows[0].Cache!;
        Assert.InRange(cache.SuccessCount, 128, 256);
        Assert.InRange(cache.SuccessEvictions, 1500, 2000);
    }

    [Fact]
    public async Task A_kept_answer_is_given_without_allocating()
    {
        await using ScriptedUpstream upstream = ScriptedUpstream.Plain();
        await using ConfiguredHandler handler = Tests.Configured.Handler($"cache {{\n prefetch 10\n}}\nloadbalance\nforward . {upstream.Address}");
        DnsQuery query = DnsQuery.For(DnsName.Parse("www.example.com"), RecordType.A);
        byte[] response = new byte[IQueryHandler.ResponseBufferSize];
        await handler.ResolveAsync(query, response, TestContext.Current.CancellationToken);
        Assert.True(Answer(handler, query, response));
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool all = true;
        for (int i = 0; i < 1000; i++)
        {
            all &= Answer(handler, query, response);
        }

        Assert.True(all);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static bool Answer(ConfiguredHandler handler, DnsQuery query, byte[] response) => handler.TryAnswer(query.AsQuestion(), response, out _);
    }

    [Fact]
    public async Task Many_threads_read_while_answers_come_and_go()
    {
        await using ScriptedUpstream upstream = new(asked => [asked.Reply(r => r.Address(asked.Name, $"192.0.2.{asked.Name.Wire[2]}"))]);
        await using ConfiguredHandler handler = Tests.Configured.Handler($"cache {{\n success 64\n}}\nforward . {upstream.Address}");
        await Parallel.ForAsync(0, 4, TestContext.Current.CancellationToken, (worker, _) =>
        {
            for (int i = 0; i < 500; i++)
            {
                int number = ((i * 7) + worker) % 90;
                string name = $"{(char)('0' + (number / 26))}{(char)('a' + (number % 26))}.example.com";
                Assert.Equal($"NOERROR {name}. A 192.0.2.{(int)name[1]}", MessageText.Ask(handler, name, "A"));
            }

            return ValueTask.CompletedTask;
        });
    }

    private static byte[] Reply(Asked asked, string answer) => answer switch
    {
        "an address for 60 s" => asked.Reply(r => r.Address(asked.Name, "192.0.2.1", 60)),
        "an address for 0 s" => asked.Reply(r => r.Address(asked.Name, "192.0.2.1", 0)),
        "an address for 68 years" => asked.Reply(r => r.Address(asked.Name, "192.0.2.1", int.MaxValue)),
        "two addresses" => asked.Reply(r => r.Address(asked.Name, "192.0.2.1", 60).Address(asked.Name, "192.0.2.2", 20)),
        "NXDOMAIN, SOA 900/40" => asked.Reply(r => r.Authority().Soa("example.com", 900, 40), ResponseCode.NameError),
        "NODATA, SOA 30/900" => asked.Reply(r => r.Authority().Soa("example.com", 30, 900)),
        "NXDOMAIN without SOA" => asked.Reply(code: ResponseCode.NameError),
        "a referral" => asked.Reply(r => r.Authority().Record(DnsName.Parse("example.com"), RecordType.NS, 60, [.. DnsName.Parse("ns.example.com").Wire])),
        "SERVFAIL" => asked.Reply(code: ResponseCode.ServerFailure),
        _ => asked.Reply(code: ResponseCode.Refused),
    };

    private static string Ttl(ConfiguredHandler handler) => Ttl(MessageText.Answer(handler, "www.example.com", "A"));

    /// <summary>The time to live of the first record; "-" without records.</summary>
    private static string Ttl(byte[] message)
    {
        byte[] name = new byte[255];
        MessageReader reader = new(message);
        Assert.True(reader.TryReadHeader(out _));
        Assert.True(reader.TryReadQuestion(name, out _, out _, out _));
        return reader.TryReadRecord(name, out WireRecord record) ? $"{BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(record.TtlPosition))}" : "-";
    }
}
