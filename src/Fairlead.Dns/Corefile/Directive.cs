using System.Collections.Immutable;

namespace Fairlead.Dns.Corefile;

/// <summary>One line of a server block with what stands in its braces: a plugin, or an option of one.</summary>
/// <param name="Name">The first word.</param>
/// <param name="Arguments">The others of the line.</param>
/// <param name="Body">What its braces hold, a line each; empty without braces.</param>
internal sealed record Directive(CorefileWord Name, ImmutableArray<CorefileWord> Arguments, ImmutableArray<Directive> Body)
{
    public CorefileException Error(string problem) => Name.Error($"{Name.Text}: {problem}");

    /// <summary>Its only argument.</summary>
    public CorefileWord Single(string what) => Arguments.Length == 1
        ? Arguments[0]
        : throw Error(Arguments.IsEmpty ? $"{what} is missing" : $"takes {what} alone, not '{string.Join(' ', Arguments)}'");

    /// <summary>Its only argument or none.</summary>
    public CorefileWord? Optional(string what) => Arguments.IsEmpty ? null : Single(what);

    /// <summary>Refuses arguments.</summary>
    public void Bare()
    {
        if (!Arguments.IsEmpty)
        {
            throw Error($"takes no argument, but there is '{string.Join(' ', Arguments)}'");
        }
    }

    /// <summary>Refuses braces.</summary>
    public void Flat()
    {
        if (!Body.IsEmpty)
        {
            throw Body[0].Name.Error($"{Name.Text} has no options in braces, but there is '{Body[0].Name.Text}'");
        }
    }

    /// <summary>The error for an option that isn't one, with what would be.</summary>
    public CorefileException UnknownOption(Directive option, params ReadOnlySpan<string> known)
    {
        string near = Spelling.Nearest(option.Name.Text, known) is { } nearest ? $"; did you mean '{nearest}'?" : "";
        return option.Name.Error($"{Name.Text} has no option '{option.Name.Text}'{near} Its options: {string.Join(", ", known!)}");
    }
}
