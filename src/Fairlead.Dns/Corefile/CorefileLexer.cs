using System.Text;

namespace Fairlead.Dns.Corefile;

/// <summary>A word as the lexer saw it.</summary>
/// <param name="Text">Its text without quotes; variables are still named.</param>
/// <param name="File">The file.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="StartsLine">Whether it is the first of its line.</param>
/// <param name="IsQuoted">Whether it stood in quotes: a quoted brace is no brace.</param>
internal readonly record struct CorefileToken(string Text, string File, int Line, bool StartsLine, bool IsQuoted)
{
    public bool Opens => Text == "{" && !IsQuoted;

    public bool Closes => Text == "}" && !IsQuoted;
}

/// <summary>
/// Splits a Corefile into words: blanks part them, <c>"…"</c> keeps blanks and line ends, <c>\"</c> is a quote within, <c>#</c> begins a comment,
/// a backslash at a line's end joins it with the next.
/// </summary>
internal static class CorefileLexer
{
    public static List<CorefileToken> Split(string text, string file)
    {
        List<CorefileToken> tokens = [];
        StringBuilder word = new();
        int line = 1;
        bool startsLine = true;
        int at = text.StartsWith('\uFEFF') ? 1 : 0;
        while (at < text.Length)
        {
            char c = text[at];
            if (c == '\n')
            {
                (line, startsLine) = (line + 1, true);
                at++;
            }
            else if (char.IsWhiteSpace(c))
            {
                at++;
            }
            else if (c == '#')
            {
                at = EndOfLine(text, at);
            }
            else if (Continues(text, at, out int next))
            {
                (line, at) = (line + 1, next);
            }
            else
            {
                int started = line;
                bool quoted = c == '"';
                at = quoted ? Quoted(text, at + 1, word, file, ref line) : Plain(text, at, word);
                tokens.Add(new(word.ToString(), file, started, startsLine, quoted));
                word.Clear();
                startsLine = false;
            }
        }

        return tokens;
    }

    private static int Plain(string text, int at, StringBuilder word)
    {
        while (at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] != '#' && !Continues(text, at, out _))
        {
            word.Append(text[at++]);
        }

        return at;
    }

    private static int Quoted(string text, int at, StringBuilder word, string file, ref int line)
    {
        int started = line;
        for (; at < text.Length; at++)
        {
            char c = text[at];
            if (c == '"')
            {
                return at + 1;
            }

            if (c == '\\' && at + 1 < text.Length && text[at + 1] == '"')
            {
                c = text[++at];
            }

            line += c == '\n' ? 1 : 0;
            word.Append(c);
        }

        throw new CorefileException(file, started, "a quote is opened here and never closed");
    }

    private static bool Continues(string text, int at, out int next)
    {
        next = 0;
        if (text[at] != '\\')
        {
            return false;
        }

        if (at + 1 < text.Length && text[at + 1] == '\n')
        {
            next = at + 2;
        }
        else if (at + 2 < text.Length && text[at + 1] == '\r' && text[at + 2] == '\n')
        {
            next = at + 3;
        }

        return next > 0;
    }

    private static int EndOfLine(string text, int at) => text.IndexOf('\n', at) is >= 0 and var end ? end : text.Length;
}
