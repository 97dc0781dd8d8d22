namespace Fairlead.Dns.Corefile;

/// <summary>What somebody meant who wrote something else.</summary>
internal static class Spelling
{
    /// <summary>The known word that is at most two strokes away; null if there is none.</summary>
    public static string? Nearest(string written, ReadOnlySpan<string> known)
    {
        (string? nearest, int least) = (null, 3);
        foreach (string word in known)
        {
            int distance = Distance(written, word);
            if (distance < least && distance < word.Length)
            {
                (nearest, least) = (word, distance);
            }
        }

        return nearest;
    }

    /// <summary>Strokes between two words (Levenshtein).</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            (int diagonal, row[0]) = (row[0], i);
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                (diagonal, row[j]) = (row[j], Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1])));
            }
        }

        return row[b.Length];
    }
}
