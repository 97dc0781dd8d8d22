using System.Text;
using System.Text.RegularExpressions;

namespace Fairlead.Dns.Rewriting;

/// <summary>Which names a rule fits, and what becomes of them.</summary>
public abstract record NameMatch
{
    /// <summary>The new name; null where the rule doesn't fit.</summary>
    /// <param name="name">An absolute name in lower case.</param>
    /// <param name="to">What the rule gives.</param>
    public abstract string? Rewrite(string name, string to);

    /// <summary>Whether the rule fits.</summary>
    /// <param name="name">An absolute name in lower case.</param>
    public abstract bool Fits(ReadOnlySpan<char> name);

    /// <summary>Puts an expression's groups into a pattern with {0}, {1} ….</summary>
    internal static string Fill(string to, Match match)
    {
        StringBuilder filled = new(to);
        for (int group = 0; group < match.Groups.Count; group++)
        {
            filled.Replace($"{{{group}}}", match.Groups[group].Value);
        }

        return filled.ToString();
    }
}

/// <summary>The very name.</summary>
/// <param name="Name">Absolute, lower case.</param>
public sealed record ExactMatch(string Name) : NameMatch
{
    /// <inheritdoc/>
    public override string? Rewrite(string name, string to) => name == Name ? to : null;

    /// <inheritdoc/>
    public override bool Fits(ReadOnlySpan<char> name) => name.SequenceEqual(Name);
}

/// <summary>Names that begin so.</summary>
/// <param name="Prefix">In lower case.</param>
public sealed record PrefixMatch(string Prefix) : NameMatch
{
    /// <inheritdoc/>
    public override string? Rewrite(string name, string to) => name.StartsWith(Prefix, StringComparison.Ordinal) ? to + name[Prefix.Length..] : null;

    /// <inheritdoc/>
    public override bool Fits(ReadOnlySpan<char> name) => name.StartsWith(Prefix);
}

/// <summary>Names that end so.</summary>
/// <param name="Suffix">In lower case, with the final dot.</param>
public sealed record SuffixMatch(string Suffix) : NameMatch
{
    /// <inheritdoc/>
    public override string? Rewrite(string name, string to) => name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] + to : null;

    /// <inheritdoc/>
    public override bool Fits(ReadOnlySpan<char> name) => name.EndsWith(Suffix);
}

/// <summary>Names that contain it; every occurrence is replaced.</summary>
/// <param name="Part">In lower case.</param>
public sealed record SubstringMatch(string Part) : NameMatch
{
    /// <inheritdoc/>
    public override string? Rewrite(string name, string to) => name.Contains(Part, StringComparison.Ordinal) ? name.Replace(Part, to, StringComparison.Ordinal) : null;

    /// <inheritdoc/>
    public override bool Fits(ReadOnlySpan<char> name) => name.Contains(Part, StringComparison.Ordinal);
}

/// <summary>Names that an expression matches.</summary>
/// <param name="Pattern">The expression.</param>
public sealed record RegexMatch(Regex Pattern) : NameMatch
{
    /// <inheritdoc/>
    public override string? Rewrite(string name, string to) => Pattern.Match(name) is { Success: true } match ? Fill(to, match) : null;

    /// <inheritdoc/>
    public override bool Fits(ReadOnlySpan<char> name) => Pattern.IsMatch(name);
}
