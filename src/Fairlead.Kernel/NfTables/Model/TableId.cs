using Fairlead.Kernel.NfTables.Text;

namespace Fairlead.Kernel.NfTables;

/// <summary>What names a table in a network namespace: its family and its name.</summary>
/// <param name="Family">Two tables of different families may have one name.</param>
/// <param name="Name">At most 255 bytes.</param>
public readonly record struct TableId(TableFamily Family, string Name)
{
    /// <summary>A table that sees IPv4 and IPv6.</summary>
    public static TableId Inet(string name) => new(TableFamily.Inet, name);

    /// <summary>As nft writes it: <c>inet fairlead</c>.</summary>
    public override string ToString() => $"{NftWords.Of(Family)} {Name}";
}
