namespace Fairlead.Kernel.NfTables.Expressions;

/// <summary>
/// One of the 16 registers of four bytes. A value that is longer continues in the ones behind it. The kernel's older names for every fourth
/// (NFT_REG_1 … NFT_REG_4) are used on the wire where they fit, because it lists them so.
/// </summary>
public readonly record struct Register
{
    /// <summary>How many there are.</summary>
    public const int Count = 16;

    /// <summary>The register at <paramref name="index"/>, 0 to 15.</summary>
    public Register(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        Index = index;
    }

    /// <summary>NFT_REG_1, which is NFT_REG32_00.</summary>
    public static Register First => default;

    /// <summary>0 to 15.</summary>
    public int Index { get; }

    /// <summary>The register behind a value of <paramref name="bytes"/> that begins in this one.</summary>
    public Register After(int bytes) => new(Index + ((bytes + 3) / 4));

    /// <summary>As nft --debug=netlink shows it.</summary>
    public override string ToString() => $"reg {ToWire()}";

    internal uint ToWire() => Index % 4 == 0 ? (uint)(1 + (Index / 4)) : (uint)(8 + Index);

    internal static Register FromWire(uint register) => register switch
    {
        >= 1 and <= 4 => new Register((int)(register - 1) * 4),
        >= 8 and < 8 + Count => new Register((int)register - 8),
        _ => throw new InvalidDataException($"nf_tables register {register} doesn't exist"),
    };
}
