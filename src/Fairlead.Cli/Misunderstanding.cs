using System.CommandLine;
using System.CommandLine.Parsing;

namespace Fairlead.Cli;

/// <summary>What is wrong with a command line, in words that name the word and, where one is near, the right one.</summary>
internal static class Misunderstanding
{
    /// <summary>The farthest that a typo may be from what was meant, in letters.</summary>
    private const int Near = 2;

    /// <summary>One message for each mistake; none where the command line is understood.</summary>
    public static IReadOnlyList<string> Describe(ParseResult parsed)
    {
        // A shell that completes asks about lines that aren't finished.
        if (parsed.Tokens.Any(static token => token.Type == TokenType.Directive))
        {
            return [];
        }

        // One word that isn't known puts all after it in doubt, so it is named alone.
        if (parsed.UnmatchedTokens is [var word, ..])
        {
            return [Unknown(word, parsed.CommandResult)];
        }

        return [.. parsed.Errors.Select(static error => Unreadable(error.SymbolResult) ?? error.Message)];
    }

    /// <summary>The command as it is typed: "fairlead lab up".</summary>
    public static string PathOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : "fairlead";

    /// <summary>The number of letters to change, leave out, put in or swap with their neighbour between two words.</summary>
    internal static int Distance(string left, string right)
    {
        int[,] distance = new int[left.Length + 1, right.Length + 1];
        for (int i = 0; i <= left.Length; i++)
        {
            for (int j = 0; j <= right.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    distance[i, j] = i + j;
                    continue;
                }

                int changed = distance[i - 1, j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                distance[i, j] = Math.Min(changed, Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    distance[i, j] = Math.Min(distance[i, j], distance[i - 2, j - 2] + 1);
                }
            }
        }

        return distance[left.Length, right.Length];
    }

    private static string Unknown(string word, CommandResult command)
    {
        bool isOption = word.StartsWith('-');
        IEnumerable<string> known = isOption
            ? command.Command.Options.Where(static option => !option.Hidden).Select(static option => option.Name)
            : command.Command.Subcommands.Where(static verb => !verb.Hidden).Select(static verb => verb.Name);
        string[] near = [.. known.Where(name => IsNear(word, name))];
        string what = isOption ? "no option of" : command.Command.Subcommands.Count > 0 ? "no command of" : "more than is understood by";
        if (near.Length == 0 && !isOption && command.Command.Options.Any(static option => option.Name == "--name"))
        {
            near = [$"--name {word}"];
        }

        return $"'{word}' is {what} '{PathOf(command)}'{(near.Length > 0 ? $"; did you mean '{string.Join("' or '", near)}'?" : ".")}";
    }

    private static bool IsNear(string word, string name) =>
        Distance(word, name) <= Math.Min(Near, name.Length / 2) || (word.TrimStart('-').Length > 1 && name.StartsWith(word, StringComparison.Ordinal));

    /// <summary>The parser's own words for a number that isn't one name a type of the program; these name what was expected.</summary>
    private static string? Unreadable(SymbolResult? symbol)
    {
        (Symbol? what, Type? type) = symbol switch
        {
            ArgumentResult { Parent: OptionResult option } => ((Symbol)option.Option, option.Option.ValueType),
            ArgumentResult argument => (argument.Argument, argument.Argument.ValueType),
            OptionResult option => (option.Option, option.Option.ValueType),
            _ => (null, null),
        };
        if (what is null || type is null || symbol!.Tokens is not [{ Value: var text }])
        {
            return null;
        }

        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(int) && !int.TryParse(text, out _) ? $"{what.Name}: '{text}' is not a number."
            : type == typeof(ushort) && !ushort.TryParse(text, out _) ? $"{what.Name}: '{text}' is not a number from 0 to {ushort.MaxValue}."
            : type == typeof(uint) && !uint.TryParse(text, out _) ? $"{what.Name}: '{text}' is not a number from 0 to {uint.MaxValue}."
            : type == typeof(bool) && !bool.TryParse(text, out _) ? $"{what.Name}: '{text}' is neither true nor false."
            : null;
    }
}
