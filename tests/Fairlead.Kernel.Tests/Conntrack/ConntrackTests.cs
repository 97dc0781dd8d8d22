using System.Globalization;
using System.Net;
using Fairlead.Kernel.Conntrack;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.Route;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.Conntrack;

[Trait("Category", "Root")]
public sealed class ConntrackTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly NetworkNamespace _host;
    private readonly ConntrackNetlink _conntrack;

    public ConntrackTests()
    {
        _host = _scratch.Namespace();
        using RouteNetlink route = RouteNetlink.Open(_host);
        route.SetLink(1, new LinkOptions { Up = true });
        _conntrack = ConntrackNetlink.Open(_host);
    }

    public void Dispose()
    {
        _conntrack.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void Connections_are_those_that_conntrack_lists()
    {
        Insert("-p udp -s 10.200.0.5 -d 10.32.0.10 --sport 40000 --dport 53 -r 10.200.1.3 -q 10.200.0.5 --reply-port-src 5353 --reply-port-dst 40000 -t 100 -m 7");
        Insert("-p tcp -s 2001:db8::5 -d 2001:db8::6 --sport 41000 --dport 80 --state ESTABLISHED -u ASSURED -t 100");
        Insert("-p icmp -s 10.200.0.5 -d 10.200.0.6 --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 100");

        Assert.Equal(3, _conntrack.Count());
        ConntrackEntry udp = Assert.Single(_conntrack.List(new ConntrackFilter { Protocol = TransportProtocol.Udp }));
        Assert.Equal(new ConntrackTuple(IPAddress.Parse("10.200.0.5"), IPAddress.Parse("10.32.0.10"), TransportProtocol.Udp, 40000, 53), udp.Original);
        Assert.Equal(new ConntrackTuple(IPAddress.Parse("10.200.1.3"), IPAddress.Parse("10.200.0.5"), TransportProtocol.Udp, 5353, 40000), udp.Reply);
        Assert.Equal(7u, udp.Mark);
        Assert.InRange(udp.TimeoutSeconds, 90u, 100u);
        Assert.Equal("udp 10.200.0.5:40000 → 10.32.0.10:53, answers 10.200.1.3:5353 → 10.200.0.5:40000", udp.ToString());
        ConntrackEntry tcp = Assert.Single(_conntrack.List(new ConntrackFilter { OriginalDestination = IPAddress.Parse("2001:db8::6") }));
        Assert.Equal(TcpTracking.Established, tcp.Tcp);
        Assert.True(tcp.Status.HasFlag(ConntrackStatus.Assured));
        ConntrackEntry icmp = Assert.Single(_conntrack.List(new ConntrackFilter { Protocol = TransportProtocol.Icmp }));
        Assert.Equal((77, 0x0800), (icmp.Original.SourcePort, icmp.Original.DestinationPort));
    }

    /// <summary>Each row deletes one of four connections to 10.32.0.10 and 10.32.0.11, on ports 53 and 80.</summary>
    [Theory] //   to             port   answers from  mark   how many
    [InlineData("10.32.0.10", null, null, null, 2)]
    [InlineData("10.32.0.10", 53, null, null, 1)]
    [InlineData(null, 80, null, null, 2)]
    [InlineData(null, null, "10.200.1.53", null, 2)]
    [InlineData(null, null, null, 1080, 1)]
    [InlineData("10.32.0.12", null, null, null, 0)]
    [InlineData("2001:db8::1", null, null, null, 0)]
    [InlineData(null, null, null, null, 4)]
    public void Those_that_are_meant_are_forgotten_and_no_others(string? to, int? port, string? answers, int? mark, int count)
    {
        foreach (int service in (int[])[10, 11])
        {
            foreach (int at in (int[])[53, 80])
            {
                Insert(string.Create(CultureInfo.InvariantCulture, $"-p udp -s 10.200.0.5 -d 10.32.0.{service} --sport {40000 + service} --dport {at} -r 10.200.1.{at} -q 10.200.0.5 --reply-port-src {at} --reply-port-dst {40000 + service} -t 100 -m {(service * 100) + at}"));
            }
        }

        ConntrackFilter filter = new()
        {
            OriginalDestination = to is null ? null : IPAddress.Parse(to),
            OriginalDestinationPort = (ushort?)port,
            Protocol = port is null ? null : TransportProtocol.Udp,
            ReplySource = answers is null ? null : IPAddress.Parse(answers),
            Mark = (uint?)mark,
        };
        Assert.Equal(count, _conntrack.Delete(filter));
        Assert.Equal(0, _conntrack.Delete(filter));
        Assert.Equal(4 - count, Listed());
    }

    [Fact]
    public void A_connection_is_forgotten_once_and_flushing_forgets_all()
    {
        Insert("-p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 -t 100");
        ConntrackEntry entry = Assert.Single(_conntrack.List());
        Assert.True(_conntrack.Delete(entry));
        Assert.False(_conntrack.Delete(entry));
        Insert("-p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 -t 100");
        Assert.False(_conntrack.Delete(entry with { Id = entry.Id + 1 }));
        Insert("-p udp -s 10.0.0.1 -d 10.0.0.2 --sport 3 --dport 4 -t 100");
        _conntrack.Flush();
        Assert.Equal(0, Listed());
    }

    [Fact]
    public void Coming_and_going_is_heard()
    {
        using ConntrackMonitor monitor = ConntrackMonitor.Open(_host);
        Insert("-p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 -t 100");
        _conntrack.Delete(new ConntrackFilter { Protocol = TransportProtocol.Udp });
        List<ConntrackEvent> events = [];
        while (events.Count < 2 && monitor.Receive(events, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken) == NetlinkReceiveStatus.Received)
        {
        }

        Assert.Equal([ConntrackChange.New, ConntrackChange.Destroyed], events.Select(heard => heard.Change));
        Assert.All(events, heard => Assert.Equal(2, heard.Entry.Original.DestinationPort));
    }

    private void Insert(string words) => Witness.Run(_host, $"conntrack -I {words}");

    private int Listed() => Witness.Run(_host, "conntrack -L").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}
