namespace Fairlead.Kernel.NfTables;

/// <summary>A list of rules: hung at a hook of the packet's path (a base chain), or jumped to from other chains.</summary>
public sealed record Chain
{
    /// <summary>At most 255 bytes. Words of nft's own language (<c>fwd</c>, <c>type</c>, <c>ip</c> …) print, but nft 1.0.6 can't load them back.</summary>
    public required string Name { get; init; }

    /// <summary>Where it hangs; null for a chain that is only jumped to.</summary>
    public BaseChain? Base { get; init; }

    /// <summary>At most 127 bytes.</summary>
    public string? Comment { get; init; }

    /// <summary>A chain that is jumped to.</summary>
    public static Chain Regular(string name) => new() { Name = name };

    /// <summary>A chain at a hook, whose packets go on where no rule decides.</summary>
    public static Chain Hooked(string name, ChainType type, Hook hook, int priority, ChainPolicy policy = ChainPolicy.Accept) =>
        new() { Name = name, Base = new BaseChain { Type = type, Hook = hook, Priority = priority, Policy = policy } };
}

/// <summary>How a base chain hangs in the packet's path.</summary>
public sealed record BaseChain
{
    /// <summary>What its rules may do.</summary>
    public required ChainType Type { get; init; }

    /// <summary>Where it is called.</summary>
    public required Hook Hook { get; init; }

    /// <summary>The order at one hook: lower is earlier. See <see cref="ChainPriority"/>.</summary>
    public required int Priority { get; init; }

    /// <summary>What becomes of packets that no rule decided.</summary>
    public ChainPolicy Policy { get; init; } = ChainPolicy.Accept;

    /// <summary>The link of an ingress or egress chain; null elsewhere.</summary>
    public string? Device { get; init; }
}

/// <summary>What a base chain is for.</summary>
public enum ChainType
{
    /// <summary>Accept and drop.</summary>
    Filter,

    /// <summary>Translate addresses; sees the first packet of a connection only.</summary>
    Nat,

    /// <summary>At output: routes again when mark or addresses changed.</summary>
    Route,
}

/// <summary>enum nf_inet_hooks. A netdev table's ingress is <see cref="Ingress"/> too, whatever its number on the wire.</summary>
public enum Hook
{
    /// <summary>NF_INET_PRE_ROUTING: all that arrives.</summary>
    Prerouting = 0,

    /// <summary>NF_INET_LOCAL_IN: what is for this node.</summary>
    Input = 1,

    /// <summary>NF_INET_FORWARD: what passes through.</summary>
    Forward = 2,

    /// <summary>NF_INET_LOCAL_OUT: what this node sends.</summary>
    Output = 3,

    /// <summary>NF_INET_POST_ROUTING: all that leaves.</summary>
    Postrouting = 4,

    /// <summary>NF_INET_INGRESS: before prerouting, bound to a link.</summary>
    Ingress = 5,
}

/// <summary>A base chain's verdict for packets that no rule decided.</summary>
public enum ChainPolicy
{
    /// <summary>NF_DROP.</summary>
    Drop = 0,

    /// <summary>NF_ACCEPT.</summary>
    Accept = 1,
}

/// <summary>The places in the order of chains that have a name (enum nf_ip_hook_priorities). Any number between may be used.</summary>
public static class ChainPriority
{
    /// <summary>Before conntrack: packets have no connection yet.</summary>
    public const int Raw = -300;

    /// <summary>Where conntrack itself sits: just after, every packet has its connection.</summary>
    public const int Conntrack = -200;

    /// <summary>Before addresses are translated.</summary>
    public const int Mangle = -150;

    /// <summary>Where destinations are translated, at prerouting and output.</summary>
    public const int DestinationNat = -100;

    /// <summary>The middle.</summary>
    public const int Filter = 0;

    /// <summary>After filter.</summary>
    public const int Security = 50;

    /// <summary>Where sources are translated, at postrouting and input.</summary>
    public const int SourceNat = 100;
}
