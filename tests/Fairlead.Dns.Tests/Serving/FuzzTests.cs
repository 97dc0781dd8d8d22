using System.Diagnostics;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Tests.Cluster;
using Fairlead.Network;

namespace Fairlead.Dns.Tests.Serving;

public class FuzzTests
{
    [Fact]
    public void Any_bytes_give_an_answer_or_none() => Fuzz(TimeSpan.FromSeconds(3), Environment.TickCount);

    [Fact(Explicit = true)]
    public void Any_bytes_give_an_answer_or_none_for_an_hour()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Fuzz(TimeSpan.FromHours(1), Environment.TickCount);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 8 << 20);
    }

    /// <summary>Good queries with a few bytes changed, cut or put in: they reach further than noise does. What comes out must be a message that can be read.</summary>
    private static void Fuzz(TimeSpan duration, int seed)
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
