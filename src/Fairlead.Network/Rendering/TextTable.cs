using System.Text;

namespace Fairlead.Network;

/// <summary>Lines of aligned columns, as kubectl prints them.</summary>
internal sealed class TextTable(params string[] headings)
{
    private const int Gap = 3;
    private readonly List<string[]> rows = [headings];

    public void Add(params string[] cells) => rows.Add(cells);

    public override string ToString()
    {
        int[] widths = [.. headings.Select((_, column) => rows.Max(row => row[column].Length) + Gap)];
        StringBuilder text = new();
        foreach (string[] row in rows)
        {
            string line = string.Concat(row.Select((cell, column) => cell.PadRight(widths[column])));
            text.Append(line.TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}
