using System.Globalization;
using System.Text;

namespace Fairlead.ControlPlane.Controllers.Jobs;

/// <summary>Completion indexes as a job's status writes them: <c>0-2,5,7-9</c>.</summary>
internal static class IndexSet
{
    /// <summary>Reads indexes below <paramref name="limit"/>; what is no range is left out.</summary>
    public static SortedSet<int> Parse(string? text, int limit)
    {
        SortedSet<int> indexes = [];
        foreach (string part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-');
            if (int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
                && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last))
            {
                for (int index = first; index <= Math.Min(last, limit - 1); index++)
                {
                    indexes.Add(index);
                }
            }
        }

        return indexes;
    }

    /// <summary>Writes indexes; two neighbours are a list, three a range.</summary>
    public static string? Format(SortedSet<int> indexes)
    {
        StringBuilder text = new();
        int[] sorted = [.. indexes];
        for (int i = 0; i < sorted.Length;)
        {
            int end = i;
            while (end + 1 < sorted.Length && sorted[end + 1] == sorted[end] + 1)
            {
                end++;
            }

            text.Append(text.Length > 0 ? "," : "").Append(CultureInfo.InvariantCulture, $"{sorted[i]}");
            if (end > i)
            {
                text.Append(end == i + 1 ? ',' : '-').Append(CultureInfo.InvariantCulture, $"{sorted[end]}");
            }

            i = end + 1;
        }

        return text.Length > 0 ? text.ToString() : null;
    }
}
