using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Fairlead.Cli.Output;

/// <summary>Tables as kubectl prints them: a heading in capitals, aligned columns, no frame; as wide as their content where the output is no terminal.</summary>
internal static class Tables
{
    /// <summary>How a command prints what it lists.</summary>
    public enum Format
    {
        Table,
        Json,
    }

    public static Option<Choice<Format>> FormatOption()
    {
        Option<Choice<Format>> option = Choice.Option("--output", "A table for people, or JSON for programs.", Format.Table);
        option.Aliases.Add("-o");
        return option;
    }

    public static Table New(params string[] columns)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(new Markup($"[bold]{Markup.Escape(column.ToUpperInvariant())}[/]")) { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
        }

        return table;
    }

    public static void Write(Table table)
    {
        if (Console.IsOutputRedirected)
        {
            // For a file or a pipe: as wide as the content, and no terminal's colours.
            AnsiConsole.Profile.Width = 250;
            AnsiConsole.Profile.Capabilities.Ansi = false;
        }

        AnsiConsole.Write(table);
    }

    public static void WriteJson(JsonNode value)
    {
        using (Utf8JsonWriter writer = new(Console.OpenStandardOutput(), new() { Indented = true }))
        {
            value.WriteTo(writer);
        }

        Console.WriteLine();
    }
}
