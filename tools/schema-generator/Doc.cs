using System.Text;

namespace Fairlead.SchemaGenerator;

/// <summary>Go comments as the descriptions that an API server publishes, and the markers among them.</summary>
internal static class Doc
{
    /// <summary>
    /// Joins comment lines into paragraphs. Lines after <c>---</c>, TODO lines and markers are notes for the authors;
    /// an indented line is an example that keeps its line (k8s.io/kube-openapi, openapi-gen).
    /// </summary>
    public static string Describe(IEnumerable<string> comment)
    {
        StringBuilder text = new();
        void DropLast()
        {
            if (text.Length > 0)
            {
                text.Length--;
            }
        }

        foreach (string raw in comment)
        {
            if (raw == "---")
            {
                break;
            }

            string line = raw.TrimEnd(' ');
            string leading = line.TrimStart(' ');
            if (line.Length == 0)
            {
                DropLast();
                text.Append("\n\n");
            }
            else if (leading.StartsWith("TODO", StringComparison.Ordinal) || leading.StartsWith('+'))
            {
                continue;
            }
            else if (line[0] is ' ' or '\t')
            {
                DropLast();
                text.Append('\n').Append(line).Append('\n');
            }
            else
            {
                text.Append(line).Append(' ');
            }
        }

        return text.ToString().Trim('\n').Trim();
    }

    /// <summary>The text after <c>+name=</c>, an empty string for a bare <c>+name</c>, null without one.</summary>
    public static string? Marker(IReadOnlyList<string> comment, string name) => Markers(comment, name).FirstOrDefault();

    public static IEnumerable<string> Markers(IReadOnlyList<string> comment, string name)
    {
        foreach (string raw in comment)
        {
            string line = raw.Trim();
            if (!line.StartsWith('+') || !line.AsSpan(1).StartsWith(name, StringComparison.Ordinal))
            {
                continue;
            }

            string rest = line[(1 + name.Length)..];
            if (rest.Length == 0)
            {
                yield return "";
            }
            else if (rest[0] == '=')
            {
                yield return rest[1..].Trim();
            }
        }
    }
}
