using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Fairlead.Cni;

/// <summary>A version of the CNI specification, such as 0.4.0; compared as its three numbers.</summary>
/// <remarks>Source: the specification's "Version considerations" and its tags in containernetworking/cni.</remarks>
public readonly record struct SpecificationVersion(int Major, int Minor, int Patch) : IComparable<SpecificationVersion>
{
    /// <summary>0.1.0: one address per family, no interfaces; also what a configuration without <c>cniVersion</c> means.</summary>
    public static SpecificationVersion V010 { get; } = new(0, 1, 0);

    /// <summary>0.2.0: the result form of 0.1.0, with VERSION.</summary>
    public static SpecificationVersion V020 { get; } = new(0, 2, 0);

    /// <summary>0.3.0: lists of interfaces, addresses and routes; plugin chains with <c>prevResult</c>.</summary>
    public static SpecificationVersion V030 { get; } = new(0, 3, 0);

    /// <summary>0.3.1: as 0.3.0.</summary>
    public static SpecificationVersion V031 { get; } = new(0, 3, 1);

    /// <summary>0.4.0: CHECK, and <c>prevResult</c> for DEL.</summary>
    public static SpecificationVersion V040 { get; } = new(0, 4, 0);

    /// <summary>1.0.0: addresses lose their <c>version</c> key.</summary>
    public static SpecificationVersion V100 { get; } = new(1, 0, 0);

    /// <summary>1.1.0: GC and STATUS; interfaces and routes carry an MTU.</summary>
    public static SpecificationVersion V110 { get; } = new(1, 1, 0);

    /// <summary>The newest version that this library speaks.</summary>
    public static SpecificationVersion Latest => V110;

    /// <summary>Every version that this library speaks, oldest first.</summary>
    public static IReadOnlyList<SpecificationVersion> Supported { get; } = [V010, V020, V030, V031, V040, V100, V110];

    /// <summary>Whether results of this version hold lists (0.3.0 and later) instead of <c>ip4</c> and <c>ip6</c>.</summary>
    public bool HasResultLists => this >= V030;

    /// <summary>Reads "major.minor.patch"; the empty text is 0.1.0, as in configurations written before versions existed.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out SpecificationVersion version)
    {
        version = V010;
        if (text is null)
        {
            return false;
        }

        if (text.Length == 0)
        {
            return true;
        }

        string[] parts = text.Split('.');
        Span<int> numbers = stackalloc int[3];
        if (parts.Length is 0 or > 3)
        {
            return false;
        }

        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return false;
            }
        }

        version = new SpecificationVersion(numbers[0], numbers[1], numbers[2]);
        return true;
    }

    /// <summary>Whether this library speaks the version.</summary>
    public bool IsSupported => Supported.Contains(this);

    /// <inheritdoc/>
    public int CompareTo(SpecificationVersion other) =>
        Major != other.Major ? Major.CompareTo(other.Major)
        : Minor != other.Minor ? Minor.CompareTo(other.Minor)
        : Patch.CompareTo(other.Patch);

    /// <summary>Older than.</summary>
    public static bool operator <(SpecificationVersion left, SpecificationVersion right) => left.CompareTo(right) < 0;

    /// <summary>Newer than.</summary>
    public static bool operator >(SpecificationVersion left, SpecificationVersion right) => left.CompareTo(right) > 0;

    /// <summary>Older than or the same as.</summary>
    public static bool operator <=(SpecificationVersion left, SpecificationVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Newer than or the same as.</summary>
    public static bool operator >=(SpecificationVersion left, SpecificationVersion right) => left.CompareTo(right) >= 0;

    /// <summary>The version as configurations write it: "0.4.0".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}");
}
