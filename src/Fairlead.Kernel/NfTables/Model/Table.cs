namespace Fairlead.Kernel.NfTables;

/// <summary>A table: the room for chains, sets and objects that change together.</summary>
public sealed record Table
{
    /// <summary>Family and name.</summary>
    public required TableId Id { get; init; }

    /// <summary>What state it is in.</summary>
    public TableFlags Flags { get; init; }

    /// <summary>At most 127 bytes, shown by nft since 1.0.1.</summary>
    public string? Comment { get; init; }

    /// <summary>A table that sees IPv4 and IPv6.</summary>
    public static Table Inet(string name) => new() { Id = TableId.Inet(name) };
}

/// <summary>enum nft_table_flags.</summary>
[Flags]
public enum TableFlags : uint
{
    /// <summary>In use, and anybody's who has the right.</summary>
    None = 0,

    /// <summary>NFT_TABLE_F_DORMANT: its chains hang at no hook.</summary>
    Dormant = 1,

    /// <summary>NFT_TABLE_F_OWNER: only the socket that made it may change it, and it goes with the socket (Linux 5.12).</summary>
    Owner = 2,

    /// <summary>NFT_TABLE_F_PERSIST: an owned table stays when its owner goes (Linux 6.9).</summary>
    Persist = 4,
}
