namespace Fairlead.Kernel.NfTables.Expressions;

/// <summary>Puts constant bytes into registers.</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Data">The bytes.</param>
public sealed record ImmediateData(Register Destination, DataValue Data) : Expression;

/// <summary>Gives a verdict.</summary>
/// <param name="Verdict">Which.</param>
public sealed record ImmediateVerdict(Verdict Verdict) : Expression;

/// <summary>Goes on only where a register compares with constant bytes as said; numbers are compared in network order.</summary>
/// <param name="Source">What is compared.</param>
/// <param name="Operator">How.</param>
/// <param name="Data">With what; as many bytes of the register as this is long.</param>
public sealed record Compare(Register Source, CompareOperator Operator, DataValue Data) : Expression;

/// <summary>enum nft_cmp_ops.</summary>
public enum CompareOperator : uint
{
    /// <summary>NFT_CMP_EQ.</summary>
    Equal = 0,

    /// <summary>NFT_CMP_NEQ.</summary>
    NotEqual = 1,

    /// <summary>NFT_CMP_LT.</summary>
    Less = 2,

    /// <summary>NFT_CMP_LTE.</summary>
    LessOrEqual = 3,

    /// <summary>NFT_CMP_GT.</summary>
    Greater = 4,

    /// <summary>NFT_CMP_GTE.</summary>
    GreaterOrEqual = 5,
}

/// <summary>Goes on only where a register lies within a range (or outside).</summary>
/// <param name="Source">What is compared.</param>
/// <param name="Inverted">Outside rather than within.</param>
/// <param name="From">The first value within.</param>
/// <param name="To">The last value within.</param>
public sealed record CompareRange(Register Source, bool Inverted, DataValue From, DataValue To) : Expression;

/// <summary>(source AND mask) XOR bits.</summary>
/// <param name="Source">Where from.</param>
/// <param name="Destination">Where to.</param>
/// <param name="Mask">The bits that stay.</param>
/// <param name="Xor">The bits that are flipped.</param>
public sealed record Bitwise(Register Source, Register Destination, DataValue Mask, DataValue Xor) : Expression;

/// <summary>Shifts a register's bits.</summary>
/// <param name="Source">Where from.</param>
/// <param name="Destination">Where to.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Right">Right rather than left.</param>
/// <param name="Bits">How far.</param>
public sealed record BitShift(Register Source, Register Destination, uint Length, bool Right, uint Bits) : Expression;

/// <summary>Changes between host and network order.</summary>
/// <param name="Source">Where from.</param>
/// <param name="Destination">Where to.</param>
/// <param name="ToNetwork">Host to network, or back.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Size">How many bytes each number has: 2, 4 or 8.</param>
public sealed record ByteOrderChange(Register Source, Register Destination, bool ToNetwork, uint Length, uint Size) : Expression;

/// <summary>Looks a key up in a set, and goes on where it is (or isn't) there. In a map, loads what the key leads to.</summary>
/// <param name="Set">The set's name.</param>
/// <param name="Source">Where the key begins.</param>
/// <param name="Result">What becomes of what the key leads to.</param>
/// <param name="Inverted">Goes on where the key isn't there.</param>
public sealed record Lookup(string Set, Register Source, LookupResult Result = default, bool Inverted = false) : Expression;

/// <summary>Where a lookup in a map puts what it found: nowhere, into a register, or it is the rule's verdict.</summary>
public readonly record struct LookupResult
{
    private readonly byte _kind;
    private readonly Register _register;

    private LookupResult(byte kind, Register register)
    {
        _kind = kind;
        _register = register;
    }

    /// <summary>Only whether the key is there.</summary>
    public static LookupResult None => default;

    /// <summary>It is a verdict, and taken at once.</summary>
    public static LookupResult Verdict => new(1, default);

    /// <summary>Whether what is found is a verdict.</summary>
    public bool IsVerdict => _kind == 1;

    /// <summary>The register it goes to, where it goes to one.</summary>
    public Register? Register => _kind == 2 ? _register : null;

    /// <summary>Into a register.</summary>
    public static LookupResult Into(Register register) => new(2, register);
}

/// <summary>Adds, refreshes or deletes a set's element while the packet passes.</summary>
/// <param name="Set">The set's name.</param>
/// <param name="Operation">What is done.</param>
/// <param name="Key">Where the key begins.</param>
/// <param name="Data">In a map: where the data begins.</param>
/// <param name="Timeout">How long the element lives; null: what the set says.</param>
/// <param name="Inverted">Goes on where it could not be done.</param>
/// <param name="Expressions">The element's own counter or limit.</param>
public sealed record DynamicSet(string Set, DynamicSetOperation Operation, Register Key, Register? Data = null, TimeSpan? Timeout = null, bool Inverted = false, ValueList<Expression> Expressions = default) : Expression;

/// <summary>enum nft_dynset_ops.</summary>
public enum DynamicSetOperation : uint
{
    /// <summary>NFT_DYNSET_OP_ADD: an element that is there stays as it is.</summary>
    Add = 0,

    /// <summary>NFT_DYNSET_OP_UPDATE: an element that is there lives anew.</summary>
    Update = 1,

    /// <summary>NFT_DYNSET_OP_DELETE.</summary>
    Delete = 2,
}
