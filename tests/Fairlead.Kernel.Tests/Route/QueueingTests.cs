using System.Text.Json.Nodes;
using Fairlead.Kernel.Route;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.Route;

[Trait("Category", "Root")]
public sealed class QueueingTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly NetworkNamespace _host;
    private readonly RouteNetlink _route;
    private readonly int _link;
    private readonly int _ifb;

    public QueueingTests()
    {
        _host = _scratch.Namespace();
        _route = RouteNetlink.Open(_host);
        _link = _route.AddVeth(new LinkOptions { Name = "veth0", Up = true }, new LinkOptions { Name = "peer" }).Near;
        _ifb = _route.AddLink(new LinkOptions { Name = "ifb-fl", Up = true }, PlainKind.Ifb);
    }

    public void Dispose()
    {
        _route.Dispose();
        _scratch.Dispose();
    }

    [Theory] //   bytes/s        burst      as tc says the rate, in bytes/s
    [InlineData(125_000ul, 10_000u)]
    [InlineData(12_500_000ul, 100_000u)]
    [InlineData(12_500_000_000ul, 1_000_000u)]
    public void A_token_bucket_is_the_one_that_tc_shows(ulong rate, uint burst)
    {
        uint limit = TokenBucket.LimitFor(rate, burst, TimeSpan.FromMilliseconds(25));
        QueueingDiscipline made = new() { LinkIndex = _link, Handle = new TrafficHandle(1, 0), Kind = new TokenBucket { Rate = rate, Burst = burst, Limit = limit } };
        Assert.True(_route.AddDiscipline(made));
        Assert.False(_route.AddDiscipline(made));

        JsonNode shown = Assert.Single(Witness.Json(_host, "tc -j qdisc show dev veth0").AsArray())!;
        Assert.Equal("tbf", (string)shown["kind"]!);
        Assert.Equal(rate, (ulong)shown["options"]!["rate"]!);
        Assert.InRange((double)shown["options"]!["burst"]!, burst * 0.98, burst * 1.02);

        QueueingDiscipline read = Assert.Single(_route.ListDisciplines(_link));
        TokenBucket bucket = Assert.IsType<TokenBucket>(read.Kind);
        Assert.Equal((rate, limit, made.Handle, TrafficHandle.Root), (bucket.Rate, bucket.Limit, read.Handle, read.Parent));
        Assert.InRange(bucket.Burst, burst * 0.98, burst * 1.02);

        _route.ReplaceDiscipline(made with { Kind = new TokenBucket { Rate = rate / 2, Burst = burst, Limit = limit } });
        Assert.Equal(rate / 2, Assert.IsType<TokenBucket>(Assert.Single(_route.ListDisciplines(_link)).Kind).Rate);
        Assert.True(_route.DeleteDiscipline(made));
        Assert.False(_route.DeleteDiscipline(made));
    }

    [Theory]
    [InlineData("clsact", TrafficFilter.AllProtocols)]
    [InlineData("ingress", TrafficFilter.IPv4)]
    public void What_comes_in_is_redirected_to_another_link(string hook, ushort protocol)
    {
        QueueingDiscipline discipline = new() { LinkIndex = _link, Parent = TrafficHandle.Ingress, Kind = new PlainDiscipline(hook) };
        Assert.True(_route.AddDiscipline(discipline));
        TrafficHandle parent = hook == "clsact" ? TrafficHandle.IngressFilters : new TrafficHandle(0xffff, 0);
        TrafficFilter filter = new() { LinkIndex = _link, Parent = parent, Priority = 7, Protocol = protocol, RedirectTo = _ifb };
        _route.AddFilter(filter);

        string shown = Witness.Run(_host, "tc filter show dev veth0 ingress");
        Assert.Contains("pref 7 u32", shown, StringComparison.Ordinal);
        Assert.Contains("mirred (Egress Redirect to device ifb-fl) stolen", shown, StringComparison.Ordinal);
        TrafficFilter read = Assert.Single(_route.ListFilters(_link, parent));
        Assert.Equal((7, protocol, (int?)_ifb, 0), (read.Priority, read.Protocol, read.RedirectTo, read.Matches!.Count));

        Assert.True(_route.DeleteFilter(filter));
        Assert.False(_route.DeleteFilter(filter));
        Assert.True(_route.DeleteDiscipline(discipline));
        Assert.False(_route.DeleteDiscipline(discipline));
    }

    [Fact]
    public void Classes_share_a_rate_and_filters_choose_among_them()
    {
        TrafficHandle root = new(1, 0);
        TrafficClass inside = new() { LinkIndex = _link, Parent = root, Handle = new TrafficHandle(1, 0x10), Rate = 1_250_000, Ceiling = 12_500_000, Burst = 15_000, Priority = 2 };
        Assert.True(_route.AddDiscipline(new QueueingDiscipline { LinkIndex = _link, Handle = root, Kind = new HierarchicalTokenBucket { DefaultClass = 0x30 } }));
        Assert.True(_route.AddClass(inside));
        Assert.False(_route.AddClass(inside));
        _route.ReplaceClass(inside with { Handle = new TrafficHandle(1, 0x30), Ceiling = null });
        _route.AddFilter(new TrafficFilter { LinkIndex = _link, Parent = root, Priority = 1, Protocol = TrafficFilter.IPv4, Matches = [new U32Match(0x0ac80105, 0xffffffff, 16)], ClassHandle = inside.Handle });

        Assert.Contains("r2q 10 default 0x30", Witness.Run(_host, "tc qdisc show dev veth0"), StringComparison.Ordinal);
        Assert.Contains("class htb 1:10 root prio 2 rate 10Mbit ceil 100Mbit", Witness.Run(_host, "tc class show dev veth0"), StringComparison.Ordinal);
        string filters = Witness.Run(_host, "tc -p filter show dev veth0");
        Assert.Contains("flowid 1:10", filters, StringComparison.Ordinal);
        Assert.Contains("match IP dst 10.200.1.5/32", filters, StringComparison.Ordinal);

        TrafficClass read = Assert.Single(_route.ListClasses(_link), traffic => traffic.Handle == inside.Handle);
        Assert.Equal((inside.Rate, inside.Ceiling, 2u), (read.Rate, read.Ceiling, read.Priority));
        Assert.InRange(read.Burst, inside.Burst * 0.99, inside.Burst * 1.01);
        TrafficFilter filter = Assert.Single(_route.ListFilters(_link, root));
        Assert.Equal((new U32Match(0x0ac80105, 0xffffffff, 16), inside.Handle), (Assert.Single(filter.Matches!), filter.ClassHandle));
        Assert.True(_route.DeleteFilter(filter));
        Assert.True(_route.DeleteClass(inside));
        Assert.False(_route.DeleteClass(inside));
    }

    [Fact]
    public void A_kind_that_the_kernel_lacks_is_said()
    {
        NetlinkException refusal = Assert.Throws<NetlinkException>(() => _route.AddDiscipline(new QueueingDiscipline { LinkIndex = _link, Kind = new PlainDiscipline("nonsense") }));
        Assert.Equal($"add nonsense on link {_link} at root: Specified qdisc kind is unknown (No such file or directory)", refusal.Message);
    }
}
