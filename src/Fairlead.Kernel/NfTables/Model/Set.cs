using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables;

/// <summary>A named set: keys of one type, looked up in constant or logarithmic time. <see cref="Map"/> is a set whose keys lead to something.</summary>
/// <remarks>Say the <see cref="Size"/> of big sets: the kernel then makes its hash table once, which halves the time to fill it.</remarks>
public record Set
{
    /// <summary>At most 255 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>The fields of a key; several are a concatenation, of five at most.</summary>
    public required ValueList<DataType> Key { get; init; }

    /// <summary>Elements may be ranges (<see cref="Element.KeyEnd"/>).</summary>
    public bool Interval { get; init; }

    /// <summary>Rules may add and change elements while packets pass (<c>dynamic</c>).</summary>
    public bool Dynamic { get; init; }

    /// <summary>Elements may have a timeout each, where the set itself has no <see cref="Timeout"/>.</summary>
    public bool ElementTimeouts { get; init; }

    /// <summary>No element may be added or removed once a rule refers to the set.</summary>
    public bool Constant { get; init; }

    /// <summary>Made by nft for one rule's braces; lives and dies with the rule. Only read, never written here.</summary>
    public bool Anonymous { get; init; }

    /// <summary>What nft, not the kernel, does when elements overlap.</summary>
    public bool AutoMerge { get; init; }

    /// <summary>How long an element lives that says nothing itself; null for ever.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How often the kernel sweeps timed out elements; null leaves it to the kernel.</summary>
    public TimeSpan? GarbageCollection { get; init; }

    /// <summary>The most elements that it takes; 0 sets no limit. Give dynamic sets one: packets fill them. Of ranges of one field older kernels count both ends.</summary>
    public uint Size { get; init; }

    /// <summary>What to spend: memory or time.</summary>
    public SetPolicy Policy { get; init; }

    /// <summary>Statements that each element has for itself (a counter).</summary>
    public ValueList<Expression> ElementExpressions { get; init; }

    /// <summary>At most 127 bytes.</summary>
    public string? Comment { get; init; }

    /// <summary>A set of keys, each a whole value.</summary>
    public static Set Of(string name, params ReadOnlySpan<DataType> key) => new() { Name = name, Key = ValueList.Create(key) };

    /// <summary>A set of ranges.</summary>
    public static Set Intervals(string name, params ReadOnlySpan<DataType> key) => new() { Name = name, Key = ValueList.Create(key), Interval = true };
}

/// <summary>A set whose keys lead to a verdict, to data or to an object.</summary>
public sealed record Map : Set
{
    /// <summary>What a key leads to.</summary>
    public required MapValue Value { get; init; }

    /// <summary>A map to verdicts, for <c>vmap</c>.</summary>
    public static Map ToVerdicts(string name, params ReadOnlySpan<DataType> key) =>
        new() { Name = name, Key = ValueList.Create(key), Value = new MapValue.Verdicts() };

    /// <summary>A map to data.</summary>
    public static Map ToData(string name, ValueList<DataType> key, params ReadOnlySpan<DataType> data) =>
        new() { Name = name, Key = key, Value = new MapValue.Data(ValueList.Create(data)) };
}

/// <summary>What a map's keys lead to.</summary>
public abstract record MapValue
{
    private MapValue()
    {
    }

    /// <summary>A verdict for the packet.</summary>
    public sealed record Verdicts : MapValue;

    /// <summary>Data, one field or a concatenation: <c>ipv4_addr . inet_service</c>.</summary>
    /// <param name="Fields">The fields' types.</param>
    public sealed record Data(ValueList<DataType> Fields) : MapValue;

    /// <summary>A named counter, limit or quota.</summary>
    /// <param name="Type">What kind.</param>
    public sealed record Objects(ObjectType Type) : MapValue;
}

/// <summary>enum nft_set_policies.</summary>
public enum SetPolicy
{
    /// <summary>NFT_SET_POL_PERFORMANCE.</summary>
    Performance = 0,

    /// <summary>NFT_SET_POL_MEMORY.</summary>
    Memory = 1,
}
