namespace Fairlead.Kernel.Route;

/// <summary>A handle of traffic control, "major:minor" in hexadecimal.</summary>
/// <param name="Value">Major in the upper sixteen bits, minor in the lower.</param>
public readonly record struct TrafficHandle(uint Value)
{
    /// <summary>TC_H_ROOT: where a link's one queueing discipline hangs.</summary>
    public static TrafficHandle Root { get; } = new(0xffffffff);

    /// <summary>TC_H_INGRESS, also TC_H_CLSACT: where an <see cref="PlainDiscipline.Ingress"/> or <see cref="PlainDiscipline.ClsAct"/> hangs.</summary>
    public static TrafficHandle Ingress { get; } = new(0xfffffff1);

    /// <summary>TC_H_CLSACT:TC_H_MIN_INGRESS: the parent of filters on what comes in (<c>ingress</c>).</summary>
    public static TrafficHandle IngressFilters { get; } = new(0xfffffff2);

    /// <summary>TC_H_CLSACT:TC_H_MIN_EGRESS: the parent of filters on what goes out (<c>egress</c>).</summary>
    public static TrafficHandle EgressFilters { get; } = new(0xfffffff3);

    /// <summary>Combines the two halves: (1, 0) is "1:".</summary>
    public TrafficHandle(ushort major, ushort minor)
        : this(((uint)major << 16) | minor)
    {
    }

    /// <summary>"1:a", "root", "ingress".</summary>
    public override string ToString() =>
        this == Root ? "root" : this == Ingress ? "ingress" : (Value & 0xffff) == 0 ? $"{Value >> 16:x}:" : $"{Value >> 16:x}:{Value & 0xffff:x}";
}

/// <summary>How packets of a link queue (<c>tc qdisc</c>).</summary>
public abstract record DisciplineKind
{
    private protected DisciplineKind()
    {
    }

    /// <summary>The kernel's word: "tbf", "htb", "clsact".</summary>
    public abstract string Name { get; }
}

/// <summary>A token bucket filter: nothing faster than its rate leaves, but bursts.</summary>
public sealed record TokenBucket : DisciplineKind
{
    /// <inheritdoc/>
    public override string Name => "tbf";

    /// <summary>In bytes per second.</summary>
    public required ulong Rate { get; init; }

    /// <summary>How many bytes may leave at once after a rest. Read back from the kernel, it can be off by rounding: it keeps the time that they take.</summary>
    public required uint Burst { get; init; }

    /// <summary>How many bytes may wait; what comes on top is dropped.</summary>
    public required uint Limit { get; init; }

    /// <summary>The limit that makes a packet wait no longer than <paramref name="latency"/>: what the rate sends in that time, and a burst.</summary>
    public static uint LimitFor(ulong rate, uint burst, TimeSpan latency) => (uint)Math.Min((rate * latency.TotalSeconds) + burst, uint.MaxValue);
}

/// <summary>A hierarchical token bucket: classes share a rate.</summary>
public sealed record HierarchicalTokenBucket : DisciplineKind
{
    /// <inheritdoc/>
    public override string Name => "htb";

    /// <summary>The minor number of the class for packets that no filter claims; 0: they go unlimited.</summary>
    public uint DefaultClass { get; init; }
}

/// <summary>Any other discipline, by its name alone.</summary>
public sealed record PlainDiscipline : DisciplineKind
{
    /// <summary>A discipline without options that we know: "fq_codel", "noqueue".</summary>
    public PlainDiscipline(string name)
    {
        Name = name;
    }

    /// <summary>A hook for filters on what comes in and what goes out. Hangs at <see cref="TrafficHandle.Ingress"/>.</summary>
    public static PlainDiscipline ClsAct { get; } = new("clsact");

    /// <summary>A hook for filters on what comes in. Hangs at <see cref="TrafficHandle.Ingress"/>; its filters' parent is ffff:.</summary>
    public static PlainDiscipline Ingress { get; } = new("ingress");

    /// <inheritdoc/>
    public override string Name { get; }
}

/// <summary>A queueing discipline at its place.</summary>
public sealed record QueueingDiscipline
{
    /// <summary>The link's index.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>What kind, with its options.</summary>
    public required DisciplineKind Kind { get; init; }

    /// <summary>Where it hangs.</summary>
    public TrafficHandle Parent { get; init; } = TrafficHandle.Root;

    /// <summary>Its own handle, with minor 0. Zero: the kernel chooses.</summary>
    public TrafficHandle Handle { get; init; }

    /// <summary>"tbf on link 3 at root".</summary>
    public override string ToString() => $"{Kind.Name} on link {LinkIndex} at {Parent}";
}

/// <summary>A class of a <see cref="HierarchicalTokenBucket"/> (<c>tc class</c>).</summary>
public sealed record TrafficClass
{
    /// <summary>The link's index.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The discipline's handle, or that of the class above.</summary>
    public required TrafficHandle Parent { get; init; }

    /// <summary>Its own: the discipline's major, any minor.</summary>
    public required TrafficHandle Handle { get; init; }

    /// <summary>What it has for sure, in bytes per second.</summary>
    public required ulong Rate { get; init; }

    /// <summary>What it may borrow up to. Null: the rate.</summary>
    public ulong? Ceiling { get; init; }

    /// <summary>How many bytes may leave at once at the ceiling.</summary>
    public required uint Burst { get; init; }

    /// <summary>Lower goes first when there is something to borrow, 0 to 7.</summary>
    public uint Priority { get; init; }

    /// <summary>How many bytes it sends before the next class has its turn.</summary>
    public uint Quantum { get; init; } = 1514;

    /// <summary>"1:10 on link 3".</summary>
    public override string ToString() => $"{Handle} on link {LinkIndex}";
}

/// <summary>Four bytes of a packet, counted from its IP header, that have to agree in the bits of a mask.</summary>
/// <param name="Value">What they are, as a number in network order.</param>
/// <param name="Mask">Which bits count.</param>
/// <param name="Offset">Where they lie: 12 the IPv4 source, 16 the destination.</param>
public readonly record struct U32Match(uint Value, uint Mask, int Offset);

/// <summary>A filter (<c>tc filter</c>): which packets go to a class, or are redirected to another link.</summary>
public sealed record TrafficFilter
{
    /// <summary>ETH_P_ALL.</summary>
    public const ushort AllProtocols = 0x0003;

    /// <summary>ETH_P_IP.</summary>
    public const ushort IPv4 = 0x0800;

    /// <summary>ETH_P_IPV6.</summary>
    public const ushort IPv6 = 0x86dd;

    /// <summary>The link's index.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The discipline's handle, or <see cref="TrafficHandle.IngressFilters"/>, <see cref="TrafficHandle.EgressFilters"/>.</summary>
    public required TrafficHandle Parent { get; init; }

    /// <summary>Lower is tried first, 1 to 65535.</summary>
    public required ushort Priority { get; init; }

    /// <summary>The EtherType that it looks at.</summary>
    public ushort Protocol { get; init; } = AllProtocols;

    /// <summary>With these the filter is a u32: all have to match, none match everything. Null: it is a matchall, which needs CONFIG_NET_CLS_MATCHALL.</summary>
    public IReadOnlyList<U32Match>? Matches { get; init; } = [];

    /// <summary>The class that its packets go to.</summary>
    public TrafficHandle? ClassHandle { get; init; }

    /// <summary>The link that its packets leave by instead (mirred egress redirect).</summary>
    public int? RedirectTo { get; init; }

    /// <summary>"filter 1 on link 3 at ffff:".</summary>
    public override string ToString() => $"filter {Priority} on link {LinkIndex} at {Parent}";
}
