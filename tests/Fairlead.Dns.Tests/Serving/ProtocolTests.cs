using System.Net;
using System.Net.Sockets;
using Fairlead.Dns.Cluster;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Tests.Cluster;
using Fairlead.Dns.Wire;
using Fairlead.Kubernetes;
using IPAddress = System.Net.IPAddress;

namespace Fairlead.Dns.Tests.Serving;

public class ProtocolTests
{
    private const string Name = "0A6B756265726E657465730764656661756C740373766307636C7573746572056C6F63616C00";

    [Theory] // header                     question and more                      answers: code, or nothing
    [InlineData("123401000001000000000000", Name + "00010001",                    "NoError")]
    [InlineData("123481000001000000000000", Name + "00010001",                    "")]            // an answer
    [InlineData("1234010000010000000000",   "",                                   "")]            // cut off in the header
    [InlineData("123401000001000000000000", "",                                   "FormatError")] // no question
    [InlineData("123401000000000000000000", "",                                   "FormatError")]
    [InlineData("123401000002000000000000", Name + "00010001" + Name + "00010001", "FormatError")]
    [InlineData("123401000001000000000000", "C00C00010001",                       "FormatError")] // a pointer in a question
    [InlineData("123401000001000000000000", Name + "0001",                        "FormatError")]
    [InlineData("123401000001000000000001", Name + "00010001",                    "FormatError")] // an OPT record that isn't there
    [InlineData("123401000001000000000001", Name + "00010001" + "0000291000000000000000", "NoError")]
    [InlineData("123401000001000000000002", Name + "00010001" + "0000291000000000000000" + "0000291000000000000000", "FormatError")]
    [InlineData("123401000001000000000001", Name + "00010001" + "016100002910000000000000", "FormatError")] // an OPT record with a name
    [InlineData("123401000001000000000001", Name + "00010001" + "00002910000000000000050003000200", "FormatError")] // an option that is cut off
    [InlineData("123401000001000000000001", Name + "00010001" + "0000291000000000000008000A000401020304", "FormatError")] // a cookie of four bytes
    [InlineData("123401000001000000000000", Name + "00010001" + "DEADBEEF",       "NoError")]     // bytes behind the message
    [InlineData("123401000001000000000000", Name + "00FC0001",                    "Refused")]     // AXFR
    [InlineData("123401000001000000000000", Name + "00FB0001",                    "Refused")]     // IXFR
    [InlineData("123401000001000000000000", Name + "00290001",                    "FormatError")] // OPT as a question
    [InlineData("123410000001000000000000", Name + "00010001",                    "NotImplemented")] // STATUS
    [InlineData("123420000001000000000000", Name + "00010001",                    "Refused")]     // NOTIFY
    [InlineData("123428000001000000000000", Name + "00010001",                    "NotImplemented")] // UPDATE
    [InlineData("123478000001000000000000", Name + "00010001",                    "NotImplemented")] // an opcode that nobody has
    [InlineData("123401000001000000000000", Name + "0001000" + "3",               "Refused")]     // CHAOS
    [InlineData("123401000001000000000000", Name + "000100FF",                    "Refused")]     // any class
    [InlineData("123401000001000000000000", Name + "00010000",                    "Refused")]     // no class
    [InlineData("123401000001000000000000", Name + "00000001",                    "FormatError")] // no type
    [InlineData("123401000001000000000001", Name + "00010001" + "0000290000000000000000", "NoError")] // a client that takes 0 bytes takes 512
    [InlineData("123401000001000000000001", Name + "00010001" + "0000290200000000000007FDE90003616263", "NoError")] // an option that nobody knows
    [InlineData("123401000001000000000001", Name + "00010001" + "000029100000010000000000", "NoError")] // EDNS version 1: BADVERS, whose lower bits are 0
    [InlineData("123401000001000000000001", Name + "00010001" + "016B0000FA00FF000000000000", "NoError")] // a signature that nobody asked for
    [InlineData("1234014F0001000000000000", Name + "00010001",                    "NoError")]     // Z and a code in a query
    [InlineData("123401000001000000000000", "80610000010001",                     "FormatError")] // a label of a kind that isn't (RFC 6891 section 5)
    [InlineData("123401000001000000000000", "0377656207",                         "FormatError")] // a name without its end
    public async Task A_packet_gets(string header, string rest, string code)
    {
        await using TestServer server = new(change: o => o with { Threads = 1 });
        byte[]? answer = server.Exchange(Convert.FromHexString(header + rest));
        if (code.Length == 0)
        {
            Assert.Null(answer);
            return;
        }

        Assert.NotNull(answer);
        Assert.True(DnsHeader.TryRead(answer, out DnsHeader read));
        Assert.Equal(code, read.Code.ToString());
        Assert.Equal(0x1234, read.Id);
        Assert.True(read.Flags.HasFlag(HeaderFlags.Response));
    }

    [Theory] // labels of      lengths               answers
    [InlineData("63",                                "ServerFailure")] // is asked of others, of whom there are none
    [InlineData("64",                                "FormatError")]
    [InlineData("63 63 63 61",                       "ServerFailure")] // 255 bytes
    [InlineData("63 63 63 62",                       "FormatError")]   // 256
    public async Task A_name_may_have(string lengths, string code)
    {
        await using TestServer server = new(new ClusterHandler(TestCluster.Zone(), new Failing()), change: o => o with { Threads = 1 });
        byte[] name = [.. lengths.Split(' ').Select(byte.Parse).SelectMany(l => Enumerable.Repeat((byte)'a', l).Prepend(l)), 0];
        byte[] answer = server.Exchange([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. name, 0, 1, 0, 1])!;
        Assert.True(DnsHeader.TryRead(answer, out DnsHeader header));
        Assert.Equal(code, header.Code.ToString());
    }

    [Fact]
    public async Task What_came_before_nonsense_is_answered()
    {
        await using TestServer server = new(change: o => o with { Threads = 1 });
        using Socket socket = await server.ConnectAsync();
        socket.Send([.. Packets.Framed(Packets.Query("kubernetes.default.svc.cluster.local", "A", id: 9)), 0, 0]);
        Assert.True(DnsHeader.TryRead(Packets.ReadFrame(socket), out DnsHeader header));
        Assert.Equal((9, 1), (header.Id, header.Answers));
        Assert.Null(Packets.ReadFrame(socket));
    }

    [Fact]
    public async Task A_message_that_comes_byte_by_byte_is_answered_and_half_of_one_is_not()
    {
        await using TestServer server = new(change: o => o with { Threads = 1 });
        using Socket socket = await server.ConnectAsync();
        byte[] frame = Packets.Framed(Packets.Query("kubernetes.default.svc.cluster.local", "A", id: 3));
        socket.NoDelay = true;
        foreach (byte one in frame)
        {
            socket.Send([one]);
        }

        Assert.True(DnsHeader.TryRead(Packets.ReadFrame(socket), out DnsHeader header));
        Assert.Equal(3, header.Id);
        socket.Send(frame.AsSpan(0, frame.Length / 2));
        socket.Shutdown(SocketShutdown.Send);
        Assert.Null(Packets.ReadFrame(socket));
    }

    [Theory] // the client takes   it gets at most
    [InlineData(0,                 512)]
    [InlineData(100,               512)]
    [InlineData(1000,              1000)]
    [InlineData(4096,              1232)]
    public async Task A_long_answer_is_cut_at(int size, int most)
    {
        await using TestServer server = new(Many(200));
        Edns edns = size == 0 ? default : new() { IsPresent = true, UdpSize = (ushort)size };
        byte[] answer = server.Exchange(Packets.Query("many.default.svc.cluster.local", "A", edns: edns))!;
        Assert.InRange(answer.Length, most - 16, most);
        DnsHeader.TryRead(answer, out DnsHeader header);
        Assert.True(header.Flags.HasFlag(HeaderFlags.Truncated));
        Assert.InRange(header.Answers, 20, 199);

        // dig goes on over TCP by itself.
        Assert.Equal(200, server.Dig("+short many.default.svc.cluster.local").Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count());
    }

    [Fact]
    public async Task Addresses_take_turns()
    {
        await using TestServer server = new(Many(3), change: o => o with { Threads = 1 });
        HashSet<string> first = [];
        for (int i = 0; i < 3; i++)
        {
            first.Add(MessageText.Of(server.Exchange(Packets.Query("many.default.svc.cluster.local", "A"))).Split("; ")[0]);
            server.Exchange(Packets.Query("many.default.svc.cluster.local", "A"));
        }

        Assert.Equal(3, first.Count);
    }

    [Fact]
    public async Task What_could_hit_somebody_else_is_bounded()
    {
        await using TestServer server = new(Many(50), change: o => o with { Threads = 1, AmplificationBytesPerSecond = 5000 });
        byte[] query = Packets.Query("many.default.svc.cluster.local", "A", edns: new() { IsPresent = true, UdpSize = 1232 });
        byte[] last = [];
        for (int i = 0; i < 100 && (last.Length == 0 || last.Length > query.Length); i++)
        {
            last = server.Exchange(query)!;
        }

        Assert.True(last.Length <= query.Length);
        Assert.True(DnsHeader.TryRead(last, out DnsHeader header));
        Assert.Equal((0, HeaderFlags.Truncated), (header.Answers, header.Flags & HeaderFlags.Truncated));

        // Whoever shows a cookie of ours has shown that it is there.
        string cookie = System.Text.RegularExpressions.Regex.Match(server.Dig("+ignore kubernetes.default.svc.cluster.local"), "COOKIE: ([0-9a-f]{48})").Groups[1].Value;
        for (int i = 0; i < 20; i++)
        {
            Assert.DoesNotContain(" tc ", server.Dig($"+ignore +cookie={cookie} many.default.svc.cluster.local"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Queries_of_one_connection_are_answered_in_any_order()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = new(new ClusterHandler(TestCluster.Zone(), new Gated(gate.Task)), change: o => o with { Threads = 1 });
        using Socket socket = await server.ConnectAsync();
        List<byte> bytes = [.. Packets.Framed(Packets.Query("www.example.com", "A", id: 1))];
        for (ushort id = 2; id < 500; id++)
        {
            bytes.AddRange(Packets.Framed(Packets.Query("kubernetes.default.svc.cluster.local", "A", id: id)));
        }

        // In two pieces, cut inside a frame.
        socket.Send(bytes.ToArray()[..1001]);
        socket.Send(bytes.ToArray()[1001..]);
        for (ushort id = 2; id < 500; id++)
        {
            DnsHeader.TryRead(Packets.ReadFrame(socket), out DnsHeader header);
            Assert.Equal((id, 1), (header.Id, header.Answers));
        }

        gate.SetResult();
        DnsHeader.TryRead(Packets.ReadFrame(socket), out DnsHeader last);
        Assert.Equal((1, ResponseCode.NameError), (last.Id, last.Code));
    }

    [Fact]
    public async Task A_client_that_has_said_its_last_word_still_gets_its_answers()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = new(new ClusterHandler(TestCluster.Zone(), new Gated(gate.Task)));
        using Socket socket = await server.ConnectAsync();
        socket.Send(Packets.Framed(Packets.Query("www.example.com", "A", id: 7)));
        socket.Shutdown(SocketShutdown.Send);
        gate.SetResult();
        DnsHeader.TryRead(Packets.ReadFrame(socket), out DnsHeader header);
        Assert.Equal(7, header.Id);
        Assert.Null(Packets.ReadFrame(socket));
    }

    [Fact]
    public async Task A_silent_connection_is_closed()
    {
        await using TestServer server = new(change: o => o with { IdleTimeout = TimeSpan.FromMilliseconds(10) });
        using Socket socket = await server.ConnectAsync();
        Assert.Null(Packets.ReadFrame(socket));
    }

    [Fact]
    public async Task One_connection_too_many_closes_the_most_silent_one()
    {
        await using TestServer server = new(change: o => o with { MaxConnections = 2, Threads = 1 });
        using Socket first = await server.ConnectAsync();
        first.Send(Packets.Framed(Packets.Query("kubernetes.default.svc.cluster.local", "A")));
        Assert.NotNull(Packets.ReadFrame(first));
        List<Socket> others = [];
        for (int i = 0; i < 2; i++)
        {
            others.Add(await server.ConnectAsync());
            others[i].Send(Packets.Framed(Packets.Query("kubernetes.default.svc.cluster.local", "A")));
            Assert.NotNull(Packets.ReadFrame(others[i]));
        }

        Assert.Null(Packets.ReadFrame(first));
        others.ForEach(o => o.Dispose());
    }

    [Fact]
    public async Task An_answer_comes_from_the_address_that_was_asked()
    {
        await using TestServer server = new(address: "0.0.0.0");
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };

        // A connected socket takes datagrams from this address only.
        socket.Connect(new IPEndPoint(IPAddress.Parse("127.0.0.77"), server.Endpoint.Port));
        foreach (string name in (string[])["kubernetes.default.svc.cluster.local", "www.example.com"])
        {
            socket.Send(Packets.Query(name, "A"));
            Assert.True(socket.Receive(new byte[512]) > 12);
        }
    }

    [Fact]
    public async Task IPv6_is_served()
    {
        await using TestServer server = new(address: "::1");
        Assert.Equal("10.32.0.1\n", server.Dig("+short kubernetes.default.svc.cluster.local"));
        Assert.Equal("10.32.0.1\n", server.Dig("+short +tcp kubernetes.default.svc.cluster.local"));
    }

    [Fact]
    public async Task A_handler_that_fails_is_a_server_failure()
    {
        await using TestServer server = new(new ClusterHandler(TestCluster.Zone(), new Gated(Task.FromException(new InvalidOperationException()))));
        Assert.Contains("SERVFAIL", server.Dig("www.example.com"), StringComparison.Ordinal);
        Assert.Equal("10.32.0.1\n", server.Dig("+short kubernetes.default.svc.cluster.local"));
    }

    private static ClusterHandler Many(int count)
    {
        ClusterZone zone = TestCluster.Zone();
        Service service = new() { Metadata = new() { Name = "many", Namespace = "default" }, Spec = new() { ClusterIP = "None" } };
        EndpointSlice slice = new()
        {
            Metadata = new() { Name = "many-1", Namespace = "default" },
            AddressType = "IPv4",
            Endpoints = [.. Enumerable.Range(0, count).Select(i => new Endpoint { Addresses = [$"10.201.{i / 250}.{i % 250}"] })],
        };
        zone.Set(service.Metadata.Key, service, [slice]);
        zone.Publish();
        return new(zone, new RefuseHandler());
    }

    /// <summary>Nobody to ask.</summary>
    private sealed class Failing : IQueryHandler
    {
        public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
        {
            answer = Responses.Write(question, ResponseCode.ServerFailure, response);
            return true;
        }

        public ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken) => throw new InvalidOperationException();
    }

    /// <summary>Answers NXDOMAIN once the gate is open.</summary>
    private sealed class Gated(Task gate) : IQueryHandler
    {
        public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
        {
            answer = default;
            return false;
        }

        public async ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken)
        {
            await gate.WaitAsync(cancellationToken);
            return Responses.Write(query, ResponseCode.NameError, response.Span, AnswerOrigin.Upstream);
        }
    }
}
