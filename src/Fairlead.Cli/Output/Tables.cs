using Spectre.Console;

namespace Fairlead.Cli.Output;

/// <summary>Tables as all of Fairlead's commands print them: aligned columns, no frame, as wide as their content where the output is no terminal.</summary>
internal static class Tables
{
    public static Table New(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(new Markup($"[bold]{Markup.Escape(column)}[/]")) { NoWrap = true });
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
}
