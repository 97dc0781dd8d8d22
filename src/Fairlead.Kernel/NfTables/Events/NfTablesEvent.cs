namespace Fairlead.Kernel.NfTables;

/// <summary>Something that the kernel told about nf_tables. The hierarchy is closed.</summary>
public abstract record NfTablesEvent
{
    private protected NfTablesEvent()
    {
    }
}

/// <summary>The kernel told more than the socket could hold: what is there must be listed anew.</summary>
public sealed record EventsLost : NfTablesEvent;

/// <summary>A transaction was committed: the last event of each.</summary>
/// <param name="Generation">The state that the rules are in now, and who brought them there.</param>
public sealed record GenerationChanged(Generation Generation) : NfTablesEvent;

/// <summary>A table came or went.</summary>
/// <param name="Added">It came, or its flags changed.</param>
/// <param name="Table">The table.</param>
public sealed record TableChanged(bool Added, ListedTable Table) : NfTablesEvent;

/// <summary>A chain came or went.</summary>
/// <param name="Added">It came, or its policy changed.</param>
/// <param name="Chain">The chain.</param>
public sealed record ChainChanged(bool Added, ListedChain Chain) : NfTablesEvent;

/// <summary>A rule came or went.</summary>
/// <param name="Added">It came.</param>
/// <param name="Rule">The rule.</param>
public sealed record RuleChanged(bool Added, ListedRule Rule) : NfTablesEvent;

/// <summary>A set or map came or went.</summary>
/// <param name="Added">It came.</param>
/// <param name="Set">The set.</param>
public sealed record SetChanged(bool Added, ListedSet Set) : NfTablesEvent;

/// <summary>Elements came or went, by a transaction or because their time was over.</summary>
/// <param name="Added">They came.</param>
/// <param name="Table">The table.</param>
/// <param name="Set">The set's name.</param>
/// <param name="Elements">The elements. Of ranges of one field only where they begin: where they end the event doesn't say in a way that could be joined.</param>
public sealed record ElementsChanged(bool Added, TableId Table, string Set, ValueList<Element> Elements) : NfTablesEvent;

/// <summary>A named object came or went, or a quota was used up.</summary>
/// <param name="Added">It came, or changed.</param>
/// <param name="Object">The object.</param>
public sealed record ObjectChanged(bool Added, ListedObject Object) : NfTablesEvent;

/// <summary>One step of a packet whose trace bit is set (<see cref="Statement.Trace"/>).</summary>
public sealed record PacketTraced : NfTablesEvent
{
    /// <summary>The same for all steps of one packet at one node, as far as the kernel can tell.</summary>
    public required uint PacketId { get; init; }

    /// <summary>What happened.</summary>
    public required TraceKind Kind { get; init; }

    /// <summary>Where.</summary>
    public required TableId Table { get; init; }

    /// <summary>In which chain.</summary>
    public required string Chain { get; init; }

    /// <summary>At which rule (<see cref="ListedRule.Handle"/>); 0 where it was none.</summary>
    public ulong RuleHandle { get; init; }

    /// <summary>What the rule said; the policy where no rule decided.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>The packet's mark then.</summary>
    public uint Mark { get; init; }

    /// <summary>Index of the link that it came in by; 0: none.</summary>
    public uint InputIndex { get; init; }

    /// <summary>Index of the link that it goes out by; 0: none yet.</summary>
    public uint OutputIndex { get; init; }

    /// <summary>The first bytes of the Ethernet header, where there is one. Headers come with a packet's first step in each chain only.</summary>
    public DataValue LinkHeader { get; init; }

    /// <summary>The IP header.</summary>
    public DataValue NetworkHeader { get; init; }

    /// <summary>The first bytes of the transport header.</summary>
    public DataValue TransportHeader { get; init; }
}

/// <summary>enum nft_trace_types.</summary>
public enum TraceKind : uint
{
    /// <summary>NFT_TRACETYPE_UNSPEC.</summary>
    Unspecified = 0,

    /// <summary>NFT_TRACETYPE_POLICY: the base chain's policy decided.</summary>
    Policy = 1,

    /// <summary>NFT_TRACETYPE_RETURN: a chain came to its end.</summary>
    Return = 2,

    /// <summary>NFT_TRACETYPE_RULE: a rule matched.</summary>
    Rule = 3,
}
