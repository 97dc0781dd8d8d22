using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables;

/// <summary>One element of a set or map. Its bytes must have the lengths of the set's types.</summary>
public sealed record Element
{
    /// <summary>The key, or the first key of a range. Empty in a catch-all element.</summary>
    public required DataValue Key { get; init; }

    /// <summary>The last key of a range, inclusive; empty for a single key. In a concatenation each field is a range of its own.</summary>
    public DataValue KeyEnd { get; init; }

    /// <summary>In a map to data: the data.</summary>
    public DataValue Data { get; init; }

    /// <summary>In a map to verdicts: the verdict.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>In a map to objects: the object's name.</summary>
    public string? ObjectName { get; init; }

    /// <summary>NFT_SET_ELEM_CATCHALL: what all keys find that no other element holds (<c>*</c>, Linux 5.13).</summary>
    public bool CatchAll { get; init; }

    /// <summary>How long it lives from when it is added; null: what the set says.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long it still lives; written, it begins with this much left.</summary>
    public TimeSpan? Expiration { get; init; }

    /// <summary>At most 127 bytes.</summary>
    public string? Comment { get; init; }

    /// <summary>Its own counter or limit.</summary>
    public ValueList<Expression> Expressions { get; init; }

    /// <summary>A key of a set.</summary>
    public static Element Of(DataValue key) => new() { Key = key };

    /// <summary>A key that leads to a verdict.</summary>
    public static Element Of(DataValue key, Verdict verdict) => new() { Key = key, Verdict = verdict };

    /// <summary>A key that leads to data.</summary>
    public static Element Of(DataValue key, DataValue data) => new() { Key = key, Data = data };

    /// <summary>All keys from one to another, both included.</summary>
    public static Element Range(DataValue first, DataValue last) => new() { Key = first, KeyEnd = last };

    /// <summary>All addresses of a prefix.</summary>
    public static Element Prefix(System.Net.IPNetwork network)
    {
        DataValue first = Scalar.Address(network.BaseAddress);
        return new Element { Key = first, KeyEnd = Prefixes.Last(first, network.PrefixLength) };
    }
}
