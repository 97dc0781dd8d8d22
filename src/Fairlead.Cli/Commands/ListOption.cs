using System.Collections.Immutable;
using System.CommandLine;

namespace Fairlead.Cli.Commands;

/// <summary>Options that take several values, separated by commas or given again.</summary>
internal static class ListOption
{
    public delegate bool TryParse<T>(string text, out T value);

    /// <summary>Makes one.</summary>
    /// <param name="name">The option.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="tryParse">Reads one value.</param>
    /// <param name="expected">What a value is, for whoever wrote something else: "an address such as 10.32.0.10".</param>
    /// <param name="standard">What it is where it isn't given.</param>
    public static Option<ImmutableArray<T>> Create<T>(string name, string description, TryParse<T> tryParse, string expected, params ImmutableArray<T> standard) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            ImmutableArray<T>.Builder values = ImmutableArray.CreateBuilder<T>();
            foreach (string text in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
            {
                if (!tryParse(text, out T value))
                {
                    result.AddError($"{name}: '{text}' is not {expected}.");
                    return [];
                }

                values.Add(value);
            }

            return values.ToImmutable();
        },
    };
}
