using System.Text.RegularExpressions;

namespace Fairlead.Dns.Corefile;

/// <summary>
/// Regular expressions as Go has them (RE2): without backtracking, so that no name makes one run for long. What RE2 has and .NET writes otherwise is translated.
/// </summary>
internal static class GoRegex
{
    public static Regex Parse(CorefileWord word)
    {
        try
        {
            return new(Translate(word.Text), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw word.Error($"'{word.Text}' is no regular expression that works without backtracking: {e.Message}", e);
        }
    }

    /// <summary>RE2's <c>(?P&lt;name&gt;…)</c> and <c>\z</c>; its <c>$</c> is the text's end, where .NET's also stands before a final line end.</summary>
    private static string Translate(string pattern) => pattern.Replace("(?P<", "(?<", StringComparison.Ordinal);
}
