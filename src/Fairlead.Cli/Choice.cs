using System.CommandLine;

namespace Fairlead.Cli;

/// <summary>One of few words, written as people type them: in lower case.</summary>
/// <typeparam name="T">What the words mean.</typeparam>
/// <param name="Value">What was chosen.</param>
internal readonly record struct Choice<T>(T Value)
    where T : struct, Enum
{
    public static implicit operator T(Choice<T> choice) => choice.Value;

    public override string ToString() => Value.ToString().ToLowerInvariant();
}

/// <summary>Options that take one of few words.</summary>
internal static class Choice
{
    /// <summary>Makes one; its help lists the words.</summary>
    public static Option<Choice<T>> Option<T>(string name, string description, T standard)
        where T : struct, Enum
    {
        string[] words = [.. Enum.GetValues<T>().Select(static value => new Choice<T>(value).ToString())];
        Option<Choice<T>> option = new(name)
        {
            Description = description,
            HelpName = string.Join('|', words),
            DefaultValueFactory = _ => new(standard),
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (words.Contains(text, StringComparer.OrdinalIgnoreCase))
                {
                    return new(Enum.Parse<T>(text, ignoreCase: true));
                }

                result.AddError($"{name}: '{text}' is none of {string.Join(", ", words)}.");
                return new(standard);
            },
        };
        option.CompletionSources.Add(words);
        return option;
    }
}
