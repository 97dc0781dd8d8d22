using System.Diagnostics;
using Fairlead.Dns.Caching;
using Fairlead.Dns.Cluster;
using Fairlead.Dns.Forwarding;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Tests.Cluster;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Tests.Serving;

public class FuzzTests
{
    [Fact]
    public void Any_bytes_give_an_answer_or_none() => FuzzQueries(TimeSpan.FromSeconds(2), Environment.TickCount);

    [Fact]
    public void Any_bytes_of_an_upstream_give_an_answer_or_none() => FuzzAnswers(TimeSpan.FromSeconds(1), Environment.TickCount);

    [Fact(Explicit = true)]
    public void Any_bytes_give_an_answer_or_none_for_an_hour()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int half = 0; half < 60; half++)
        {
            FuzzQueries(TimeSpan.FromSeconds(30), Environment.TickCount);
            FuzzAnswers(TimeSpan.FromSeconds(30), Environment.TickCount);
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 8 << 20);
    }

    /// <summary>
    /// Good answers of an upstream, changed the same way, through what stands between it and a client: what is kept of them, what the cache sees in them, and what an alias of
    /// ours makes of them. Nothing may be said of names that weren't asked for.
    /// </summary>
    private static void FuzzAnswers(TimeSpan duration, int seed)
    {
        Random random = new(seed);
        DnsQuery query = DnsQuery.For(DnsName.Parse("www.example.com"), RecordType.A) with { Edns = new() { IsPresent = true, UdpSize = 1232 } };
        DnsName alias = DnsName.Parse("outside.default.svc.cluster.local");
        DnsQuery asked = DnsQuery.For(alias, RecordType.A);
        byte[][] seeds = [Chain(query), Denial(query)];
        byte[] written = new byte[IQueryHandler.ResponseBufferSize];
        byte[] spliced = new byte[IQueryHandler.ResponseBufferSize];
        Stopwatch watch = Stopwatch.StartNew();
        int answers = 0;
        while (watch.Elapsed < duration)
        {
            for (int i = 0; i < 1000; i++)
            {
                byte[] message = Mutate(random, seeds[random.Next(seeds.Length)]);
                if (!UpstreamAnswer.TryWrite(message, query, written, out int length))
                {
                    continue;
                }

                answers++;
                try
                {
                    ReadOnlySpan<byte> answer = written.AsSpan(0, length);
                    Assert.DoesNotContain("victim", MessageText.Of(answer), StringComparison.Ordinal);
                    AnswerShape shape = AnswerShape.Of(answer);
                    Assert.All(shape.TtlPositions ?? [], p => Assert.InRange(p, DnsHeader.Size, length - 4));
                    int both = AliasAnswer.Write(asked.Section.Span, alias.Wire, query.Name.Wire, 30, answer, spliced);
                    Assert.StartsWith("www.example.com.", MessageText.Of(spliced.AsSpan(0, both)).Split(" CNAME ")[1], StringComparison.Ordinal);
                }
                catch (Exception e)
                {
                    Assert.Fail($"seed {seed}: {Convert.ToHexString(message)} gave {Convert.ToHexString(written.AsSpan(0, length))}: {e.Message}");
                }
            }
        }

        Assert.True(answers > 1000);
    }

    /// <summary>An alias, its target's addresses, and what nobody asked for.</summary>
    private static byte[] Chain(DnsQuery query)
    {
        byte[] buffer = new byte[512];
        MessageWriter writer = new(buffer);
        DnsName host = DnsName.Parse("host.example.com");
        DnsName victim = DnsName.Parse("victim.example.org");
        writer.TryWriteQuestion(query.Name.Wire, query.Type, query.Class);
        writer.TryWriteName(query.Name.Wire, RecordType.CName, 60, host.Wire);
        writer.TryWriteAddress(host.Wire, 60, NetAddress.Parse("192.0.2.1"));
        writer.TryWriteAddress(host.Wire, 60, NetAddress.Parse("192.0.2.2"));
        writer.TryWriteAddress(victim.Wire, 60, NetAddress.Parse("203.0.113.66"));
        writer.TryWriteName(victim.Wire, RecordType.NS, 60, victim.Wire);
        writer.TryWriteAddress(victim.Wire, 60, NetAddress.Parse("203.0.113.66"));
        writer.WriteHeader(new(0x1234, HeaderFlags.Response, 1, 4, 1, 1));
        return buffer[..writer.Length];
    }

    private static byte[] Denial(DnsQuery query)
    {
        byte[] buffer = new byte[512];
        MessageWriter writer = new(buffer);
        DnsName zone = DnsName.Parse("example.com");
        writer.TryWriteQuestion(query.Name.Wire, query.Type, query.Class);
        writer.TryWriteStartOfAuthority(zone.Wire, 60, new(DnsName.Parse("ns.example.com"), DnsName.Parse("hostmaster.example.com"), 1, 2, 3, 4, 5));
        writer.WriteHeader(new(0x1234, HeaderFlags.Response | (HeaderFlags)ResponseCode.NameError, 1, 0, 1));
        return buffer[..writer.Length];
    }

    /// <summary>Good queries with a few bytes changed, cut or put in: they reach further than noise does. What comes out must be a message that can be read.</summary>
    private static void FuzzQueries(TimeSpan duration, int seed)
    {
        Random random = new(seed);
        byte[][] seeds =
        [
            Packets.Query("kubernetes.default.svc.cluster.local", "A"),
            Packets.Query("db.default.svc.cluster.local", "SRV", edns: new() { IsPresent = true, UdpSize = 1232, Cookie = new() { IsPresent = true, Client = 5, HasServer = true } }),
            Packets.Query("1.0.32.10.in-addr.arpa", "PTR", edns: new() { IsPresent = true, UdpSize = 512 }),
            Packets.Query("5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.3.0.0.0.0.d.f.ip6.arpa", "PTR"),
            Packets.Query("inside.default.svc.cluster.local", "AAAA"),
            Packets.Query("10-0-0-1.default.pod.cluster.local", "A"),
            Packets.Query("kube-dns.kube-system.default.svc.cluster.local", "A"),
        ];
        QueryEngine engine = new(TestCluster.Handler(searchPath: true), Shared(), 256);
        Sender client = new(NetAddress.Parse("10.200.0.99"), 5353);
        Stopwatch watch = Stopwatch.StartNew();
        int answers = 0;
        while (watch.Elapsed < duration)
        {
            for (int i = 0; i < 1000; i++)
            {
                byte[] packet = Mutate(random, seeds[random.Next(seeds.Length)]);
                ReadOnlySpan<byte> answer = engine.Process(packet, client, i % 2 == 0 ? DnsTransport.Udp : DnsTransport.Tcp, 0, 1000, out PendingQuery? pending);
                if (pending is null && !answer.IsEmpty)
                {
                    answers++;
                    try
                    {
                        MessageText.Of(answer);
                    }
                    catch (Exception e)
                    {
                        Assert.Fail($"seed {seed}: {Convert.ToHexString(packet)} gave {Convert.ToHexString(answer)}: {e.Message}");
                    }

                    Assert.Equal(packet.AsSpan(0, 2), answer[..2]);
                }
            }
        }

        Assert.True(answers > 1000);
    }

    private static byte[] Mutate(Random random, byte[] seed)
    {
        List<byte> bytes = [.. seed];
        for (int changes = random.Next(4); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, random.Next(bytes.Count - at) + 1);
                    break;
                case 3:
                    bytes.InsertRange(at, seed.AsSpan(random.Next(seed.Length)));
                    break;
                default:
                    bytes[at] = (byte)(0xc0 | random.Next(4));
                    break;
            }
        }

        return [.. bytes];
    }

    private static ServerShared Shared() => new() { AmplificationBytesPerSecond = 1 << 20, Time = TimeProvider.System, Fault = (_, e) => throw e };
}
