using Fairlead.Kernel.NfTables;

namespace Fairlead.Network.Layout;

/// <summary>One element of one of our sets or maps, as the kernel holds it.</summary>
/// <param name="Set">The set's or map's name.</param>
/// <param name="Key">The key, or a range's first.</param>
/// <param name="KeyEnd">A range's last, inclusive; empty for a single key.</param>
/// <param name="Data">What it leads to; empty in a set.</param>
/// <param name="Verdict">Where it leads to in a map of verdicts.</param>
public readonly record struct MapElement(string Set, DataValue Key, DataValue KeyEnd = default, DataValue Data = default, Verdict? Verdict = null)
{
    /// <summary>The element as nf_tables takes it.</summary>
    public Element ToElement() => new() { Key = Key, KeyEnd = KeyEnd, Data = Data, Verdict = Verdict };

    /// <summary>The element as nf_tables gave it.</summary>
    public static MapElement From(string set, Element element) =>
        new(set, element.Key, element.KeyEnd == element.Key ? default : element.KeyEnd, element.Data, element.Verdict);

    /// <summary>A range; one of a single key has no end, because the kernel lists it without.</summary>
    public static MapElement Range(string set, DataValue first, DataValue last) => new(set, first, last == first ? default : last);
}
