using System.Net;
using System.Text.RegularExpressions;
using Fairlead.Lab.Fabric;
using Fairlead.Lab.Faults;
using Fairlead.Lab.Tests.EndToEnd;
using Fairlead.Lab.Tests.Fabric;

namespace Fairlead.Lab.Tests.Faults;

/// <summary>Faults on the real kernel, without API or pods: what they do to packets, and that nothing of them stays. ping, sockets, nft, tc, ip and ethtool are the witnesses.</summary>
[Trait("Category", "Root")]
public sealed class FaultTests(FaultTests.TwoSegments fabric) : IClassFixture<FaultTests.TwoSegments>, IDisposable
{
    private readonly LabFaults _faults = new(RunningLab.Open(fabric.Topology.Name), TimeProvider.System);

    public sealed class TwoSegments() : FabricFixture(new LabOptions { Name = "fault-test", Workers = 4, Mode = LabMode.Vpc, Segments = 2 });

    public void Dispose() => _faults.Clear(_ => true);

    public static TheoryData<Fault> All =>
    [
        new CutFault("worker-1"),
        new PartitionFault(["worker-0", "client"], ["worker-1", "worker-2"]),
        new BandwidthFault("worker-1", 10_000_000, Direction.Both),
        new BandwidthFault("client", 512_000, Direction.In),
        new MtuFault("worker-1", 1300, HostKnows: false),
        new MtuFault("worker-1", 1300, HostKnows: true),
        new DropFault("worker-0", 100, Direction.Both),
        new DropFault("worker-0", 5, Direction.In),
        new ChecksumFault("worker-1"),
        new FirewallFault("worker-0", Drop: false),
        new FirewallFault("worker-0", Drop: true),
    ];

    [Theory]
    [MemberData(nameof(All))]
    public void A_fault_is_there_once_however_often_it_is_begun_and_leaves_nothing(Fault fault)
    {
        string before = State();

        int id = _faults.Begin(fault, null).Id;
        string during = State();
        Assert.NotEqual(before, during);
        Assert.Equal(id, _faults.Begin(fault, TimeSpan.FromHours(1)).Id);
        Assert.Equal(during, State());
        Assert.Equal([fault.Text], _faults.List().Select(record => record.Fault.Text));

        Assert.Single(_faults.Clear(record => record.Id == id));
        Assert.Equal(before, State());
        Assert.Empty(_faults.Clear(_ => true));
        Assert.Empty(_faults.List());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_fault_that_was_written_down_and_never_done_can_be_cleared(Fault fault)
    {
        string before = State();
        new FaultStore(fabric.Paths).Save(new FaultRecord { Id = 7, Fault = fault, Since = TimeProvider.System.GetUtcNow() });

        Assert.Single(_faults.Clear(_ => true));

        Assert.Equal(before, State());
    }

    [Fact]
    public void Several_faults_stay_apart()
    {
        string before = State();
        foreach (Fault fault in (Fault[])[new DropFault("worker-1", 10, Direction.Both), new CutFault("worker-0"), new PartitionFault(["worker-2"], ["worker-3"]), new MtuFault("worker-1", 1400, HostKnows: false)])
        {
            _faults.Begin(fault, null);
        }

        _faults.Clear(record => record.Fault is CutFault);
        Assert.Equal([1, 3, 4], _faults.List().Select(record => record.Id));
        Assert.True(Pings("worker-0", "10.240.0.22"));
        Assert.True(Loses("worker-2", "10.240.1.23"));

        _faults.Clear(_ => true);
        Assert.Equal(before, State());
    }

    [Fact]
    public void A_host_whose_cable_is_pulled_has_no_carrier_and_reaches_nobody_until_it_is_put_back()
    {
        _faults.Begin(new CutFault("worker-1"), null);
        Assert.Contains("NO-CARRIER", fabric.On("worker-1", "ip", "link", "show", "eth0"), StringComparison.Ordinal);
        Assert.True(Loses("worker-0", "10.240.1.21"));
        Assert.True(Pings("worker-0", "10.240.0.22"));

        _faults.Clear(_ => true);
        Assert.True(Pings("worker-0", "10.240.1.21"));
    }

    [Theory] //   from        at              through
    [InlineData("worker-0", "10.240.0.22", false)] // on one segment
    [InlineData("worker-2", "10.240.0.20", false)]
    [InlineData("worker-0", "10.240.1.23", false)] // routed to the other
    [InlineData("client", "203.0.113.22", false)] // and from outside
    [InlineData("worker-0", "10.240.1.21", true)]
    [InlineData("worker-2", "10.240.1.23", true)]
    [InlineData("worker-1", "10.240.0.22", true)]
    [InlineData("client", "203.0.113.21", true)]
    public void A_partition_keeps_its_two_sides_apart_and_nobody_else(string from, string address, bool through)
    {
        _faults.Begin(new PartitionFault(["worker-0", "client"], ["worker-2", "worker-3"]), null);

        Assert.True(through ? Pings(from, address) : Loses(from, address));
    }

    [Theory] //  direction    what arrives
    [InlineData(Direction.In, "lost")]
    [InlineData(Direction.Out, "lost")]
    public void Whoever_loses_everything_one_way_gets_no_connection(Direction direction, string outcome)
    {
        _faults.Begin(new DropFault("worker-1", 1000, direction), null);

        Assert.Equal(outcome, fabric.Connect("worker-0", "worker-1", IPAddress.Parse("10.240.1.21"), expectLost: outcome == "lost"));
        Assert.Equal("10.240.0.22", fabric.Connect("worker-2", "worker-0", IPAddress.Parse("10.240.0.20")));
    }

    [Fact]
    public void A_share_of_the_frames_is_lost()
    {
        fabric.On("worker-0", "ping", "-c1", "10.240.0.22");
        _faults.Begin(new DropFault("worker-2", 300, Direction.In), null);

        string output = fabric.TryOn("worker-0", "ping", "-f", "-c1000", "-W1", "10.240.0.22").Output;

        // 300 of 1000 with a standard deviation of 15: this is seven of them to either side.
        Assert.InRange(int.Parse(Regex.Match(output, @"(\d+) received").Groups[1].Value), 600, 800);
    }

    [Fact]
    public void On_a_wire_that_carries_less_than_its_host_believes_long_packets_vanish_without_a_word()
    {
        _faults.Begin(new MtuFault("worker-1", 1300, HostKnows: false), null);

        Assert.True(Loses("worker-1", "10.240.1.23", "-M", "do", "-s", "1400"));
        Assert.True(Loses("worker-3", "10.240.1.21", "-M", "do", "-s", "1400"));
        Assert.True(Pings("worker-1", "10.240.1.23", "-M", "do", "-s", "1200"));
        Assert.True(Pings("worker-0", "10.240.0.22", "-M", "do", "-s", "1400"));
    }

    [Fact]
    public void A_host_that_knows_its_mtu_says_so()
    {
        _faults.Begin(new MtuFault("worker-1", 1300, HostKnows: true), null);

        CommandResult refused = fabric.TryOn("worker-1", "ping", "-c1", "-W60", "-M", "do", "-s", "1400", "10.240.1.23");

        Assert.Contains("mtu=1300", refused.Output + refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_slow_line_has_a_token_bucket_at_each_end()
    {
        _faults.Begin(new BandwidthFault("worker-1", 10_000_000, Direction.Both), null);

        Assert.Matches(@"qdisc tbf fa: root .* rate 10Mbit burst 32Kb lat 5\d", fabric.On("worker-1", "tc", "qdisc", "show", "dev", "eth0"));
        Assert.Matches(@"qdisc tbf fa: root .* rate 10Mbit", fabric.On("router", "tc", "qdisc", "show", "dev", "worker-1"));
        Assert.Equal("10.240.1.21", fabric.Connect("worker-1", "worker-0", IPAddress.Parse("10.240.0.20")));
    }

    [Fact]
    public void With_wrong_checksums_pings_work_and_connections_do_not()
    {
        _faults.Begin(new ChecksumFault("worker-1"), null);

        Assert.True(Pings("worker-1", "10.240.0.20"));
        Assert.Equal("lost", fabric.Connect("worker-1", "worker-0", IPAddress.Parse("10.240.0.20"), expectLost: true));
        Assert.Matches(@"TcpInCsumErrors\s+[1-9]", fabric.On("worker-0", "nstat", "-az", "TcpInCsumErrors"));
        Assert.Equal("10.240.0.22", fabric.Connect("worker-2", "worker-0", IPAddress.Parse("10.240.0.20")));
    }

    [Fact]
    public void A_firewall_on_a_node_refuses_what_the_node_should_forward()
    {
        fabric.On("worker-0", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.eth0.send_redirects=0");
        fabric.On("worker-2", "ip", "route", "replace", "198.51.100.2", "via", "10.240.0.20");
        Assert.True(Pings("worker-2", "198.51.100.2"));

        _faults.Begin(new FirewallFault("worker-0", Drop: false), null);
        Assert.Contains("Packet filtered", fabric.TryOn("worker-2", "ping", "-c1", "-W60", "198.51.100.2").Output, StringComparison.Ordinal);
        Assert.True(Pings("worker-0", "198.51.100.2"));

        _faults.Clear(_ => true);
        Assert.True(Pings("worker-2", "198.51.100.2"));
    }

    [Fact]
    public void A_flush_takes_every_table_of_the_host_and_of_no_other()
    {
        fabric.On("worker-3", "nft", "add", "table", "inet", "fairlead");
        fabric.On("worker-3", "nft", "add", "table", "ip", "other");

        Assert.Equal(["inet fairlead", "ip other"], FirewallFault.Flush(fabric.Topology, "worker-3").Order());

        Assert.Empty(fabric.On("worker-3", "nft", "list", "ruleset"));
        Assert.NotEmpty(fabric.On("router", "nft", "list", "ruleset"));
    }

    [Fact]
    public void Where_the_table_of_connections_is_full_nothing_new_gets_through_and_what_is_established_goes_on()
    {
        // Connections are tracked where a rule asks for them.
        fabric.On("worker-3", "nft", "add table inet track; add chain inet track in { type filter hook input priority 0; }; add rule inet track in ct state established counter");
        Assert.True(Pings("worker-3", "10.240.1.21"));

        _faults.Begin(new ConntrackFault("worker-3", Free: 0), null);
        Assert.True(Loses("worker-3", "10.240.1.21"));
        Assert.Equal("lost", fabric.Connect("worker-1", "worker-3", IPAddress.Parse("10.240.1.23"), expectLost: true));

        _faults.Clear(_ => true);
        Assert.True(Pings("worker-3", "10.240.1.21"));
        Assert.InRange(int.Parse(fabric.On("worker-3", "conntrack", "-C")), 0, 100);
        fabric.On("worker-3", "nft", "delete", "table", "inet", "track");
    }

    [Fact]
    public async Task A_fault_that_has_an_end_is_ended_by_the_keeper_and_the_others_stay()
    {
        _faults.Begin(new CutFault("worker-1"), TimeSpan.FromMilliseconds(200));
        _faults.Begin(new CutFault("worker-2"), null);
        var told = new List<string>();

        await FaultKeeper.RunAsync(_faults, told.Add, TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.Equal(["fault 1 (cut worker-1) ended"], told);
        Assert.Equal(["cut worker-2"], _faults.List().Select(record => record.Fault.Text));
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_what_would()
    {
        Assert.Contains("router hangs on every wire", Refusal(new CutFault("router")), StringComparison.Ordinal);
        Assert.Contains("worker-0", Refusal(new StopFault("worker-9")), StringComparison.Ordinal);
        Assert.Contains("both sides", Refusal(new PartitionFault(["worker-0"], ["worker-0"])), StringComparison.Ordinal);
        Assert.Contains("1500", Refusal(new MtuFault("worker-0", 9000, false)), StringComparison.Ordinal);
        Assert.Contains("1280", Refusal(new MtuFault("worker-0", 1000, true)), StringComparison.Ordinal);
        _faults.Begin(new DropFault("worker-0", 100, Direction.Both), null);
        Assert.Contains("lab fault clear 1 --name fault-test", Refusal(new DropFault("worker-0", 200, Direction.Both)), StringComparison.Ordinal);
        Assert.Single(_faults.List());

        string Refusal(Fault fault) => Assert.Throws<LabException>(() => _faults.Begin(fault, null)).Message;
    }

    /// <summary>Whether an answer comes; who asks and gets one is told at once, however long he would wait.</summary>
    private bool Pings(string from, string address, params string[] options) => fabric.TryOn(from, ["ping", "-c1", "-W60", .. options, address]).ExitCode == 0;

    /// <summary>Whether no answer comes, which takes a second to be sure of.</summary>
    private bool Loses(string from, string address, params string[] options) => fabric.TryOn(from, ["ping", "-c1", "-W1", .. options, address]).ExitCode != 0;

    /// <summary>Everything that a fault could change, without counters, in the hosts that these faults name and in the router.</summary>
    private string State() => string.Join('\n', ((string[])["router", "worker-0", "worker-1", "client"]).Select(host =>
    {
        string text = fabric.On(host, "sh", "-c", "nft list ruleset; tc qdisc show; ip -o link; ip -o -4 address; ip route; ethtool -k eth0 2>/dev/null; true");
        return $"{host}\n{Regex.Replace(text, @"packets \d+ bytes \d+", "")}";
    }));
}
