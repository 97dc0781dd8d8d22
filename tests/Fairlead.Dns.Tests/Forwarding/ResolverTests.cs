using System.Net;
using System.Net.Sockets;
using Fairlead.Dns.Cluster;
using Fairlead.Dns.Configured;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Tests.Cluster;
using Fairlead.Dns.Wire;
using Fairlead.Kernel;
using Fairlead.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Dns.Tests.Forwarding;

/// <summary>Programs' own resolvers, as pods have them: the cluster's search path, ndots:5, A and AAAA at once.</summary>
[Trait("Category", "Root")]
public sealed class ResolverTests
{
    private const string ResolvConf = "search default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n";

    private static readonly string[] Search = ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"];

    [Theory] // what a program asks for           what getent prints                musl's way: the first name of the search path that exists
    [InlineData("kubernetes",                      "10.32.0.1",                      "kubernetes.default.svc.cluster.local")]
    [InlineData("kubernetes.default",              "10.32.0.1",                      "kubernetes.default.svc.cluster.local")]
    [InlineData("both",                            "10.32.0.5 fd00:32::5",           "both.default.svc.cluster.local")]
    [InlineData("www.example.com",                 "192.0.2.80",                     "www.example.com")]
    [InlineData("www.example.com.",                "192.0.2.80",                     "www.example.com")]
    [InlineData("nothing.example.com",             "",                               "")]
    public async Task A_name_is_found(string name, string addresses, string found)
    {
        await using ScriptedUpstream upstream = new(asked => [asked.Name == DnsName.Parse("www.example.com") && asked.Type == RecordType.A
            ? asked.Reply(r => r.Address(asked.Name, "192.0.2.80"))
            : asked.Reply(r => r.Authority().Soa("example.com", 60, 60), asked.Name == DnsName.Parse("www.example.com") ? ResponseCode.NoError : ResponseCode.NameError)]);
        using CorefileFolder folder = new($".:53 {{\n kubernetes cluster.local\n cache\n forward . {upstream.Address}\n}}\n");
        await using ConfiguredHandler handler = new(folder.Load(), 53, (_, next) => new ClusterHandler(TestCluster.Zone(), next), TimeProvider.System, NullLogger.Instance);

        using Scratch scratch = new();
        NetworkNamespace pod = scratch.Namespace();
        Witness.Run(pod, "ip link set lo up");
        await using DnsServer server = pod.Run(() => DnsServer.Start(
            new() { Listen = [new(IPAddress.Parse("127.0.0.1"), 53)], Threads = 1 }, handler, NullLogger.Instance));

        // glibc reads /etc/resolv.conf; a mount namespace of its own gives it another one.
        folder.Write("resolv.conf", ResolvConf + "nameserver 127.0.0.1\n");
        folder.Write("getent", $"mount --bind {folder.Path("resolv.conf")} /etc/resolv.conf\nexec getent -s dns ahosts {name}\n");
        string output = Witness.TryRun(pod, $"unshare --mount sh {folder.Path("getent")}").Output;
        string[] got = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(addresses, string.Join(' ', got));
        Assert.Equal(found, await MuslAsync(pod, name));
    }

    /// <summary>
    /// As musl's resolver does: A and AAAA from one socket at once, name after name of the search path; a name that exists ends the search, also without addresses of a kind.
    /// </summary>
    private static async Task<string> MuslAsync(NetworkNamespace pod, string name)
    {
        using Socket socket = pod.CreateSocket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 53));
        byte[] buffer = new byte[4096];
        IEnumerable<string> path = name.EndsWith('.') ? [name.TrimEnd('.')] : [.. Search.Select(s => $"{name}.{s}"), name];
        foreach (string candidate in path)
        {
            byte[][] queries = [Query(candidate, RecordType.A, 1), Query(candidate, RecordType.Aaaa, 2)];
            foreach (byte[] query in queries)
            {
                await socket.SendAsync(query);
            }

            Dictionary<int, DnsHeader> answers = [];
            using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
            while (answers.Count < 2)
            {
                int length = await socket.ReceiveAsync(buffer, limit.Token);
                Assert.True(DnsHeader.TryRead(buffer.AsSpan(0, length), out DnsHeader header));
                Assert.True(answers.TryAdd(header.Id, header));
            }

            // One without the other is what breaks Alpine's images: NXDOMAIN for AAAA where there is an A (coredns#779).
            Assert.Equal(answers[1].Code, answers[2].Code);
            if (answers[1].Code == ResponseCode.NoError)
            {
                Assert.True(answers[1].Answers + answers[2].Answers > 0);
                return candidate;
            }
        }

        return "";
    }

    private static byte[] Query(string name, RecordType type, byte id) => [0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. DnsName.Parse(name).Wire, 0, (byte)type, 0, 1];
}
