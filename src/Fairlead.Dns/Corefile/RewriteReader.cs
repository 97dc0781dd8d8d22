using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Dns.Rewriting;

namespace Fairlead.Dns.Corefile;

/// <summary>Reads <c>rewrite [continue|stop] FIELD …</c>, on one line or with the field and its answers in braces.</summary>
internal static class RewriteReader
{
    private static readonly string[] MatchKinds = ["exact", "prefix", "suffix", "substring", "regex"];

    public static RewriteRule Read(Directive directive)
    {
        ImmutableArray<CorefileWord> words = directive.Arguments;
        bool continues = words is [{ Text: "continue" }, ..];
        if (words is [{ Text: "continue" or "stop" }, ..])
        {
            words = words[1..];
        }

        foreach (Directive line in directive.Body)
        {
            line.Flat();
            words = [.. words, line.Name, .. line.Arguments];
        }

        if (words.IsEmpty)
        {
            throw directive.Error("takes [continue|stop] FIELD FROM TO, as in 'rewrite name foo.example.com foo.default.svc.cluster.local'");
        }

        CorefileWord field = words[0];
        words = words[1..];
        return field.Text switch
        {
            "name" => Name(field, words, continues),
            "type" => words.Length == 2
                ? new TypeRewrite(Mnemonics.Type(words[0]), Mnemonics.Type(words[1]), continues)
                : throw field.Error("rewrite type takes FROM TO, as in 'rewrite type ANY HINFO'"),
            "class" => words.Length == 2
                ? new ClassRewrite(Mnemonics.Class(words[0]), Mnemonics.Class(words[1]), continues)
                : throw field.Error("rewrite class takes FROM TO, as in 'rewrite class CH IN'"),
            "ttl" => Ttl(field, words, continues),
            "edns0" or "cname" or "rcode" => throw field.Error($"rewrite {field.Text} isn't supported: name, type, class and ttl are"),
            _ => throw field.Error($"rewrite has no field '{field.Text}': write name, type, class or ttl"),
        };
    }

    private static NameRewrite Name(CorefileWord field, ImmutableArray<CorefileWord> words, bool continues)
    {
        (string kind, words) = Kind(words);
        if (words.Length < 2)
        {
            throw field.Error($"rewrite name takes [{string.Join('|', MatchKinds)}] FROM TO [answer …]");
        }

        NameMatch match = Match(kind, words[0]);
        string to = words[1].Text.ToLowerInvariant();
        if (kind is "exact" or "suffix" or "regex" && !to.EndsWith('.'))
        {
            to += ".";
        }

        if (kind == "exact" && Zones.TryParse(to) is null)
        {
            throw words[1].Error($"'{words[1].Text}' is no name");
        }

        ImmutableArray<AnswerRewrite>.Builder answers = ImmutableArray.CreateBuilder<AnswerRewrite>();
        bool restores = kind == "exact";
        for (words = words[2..]; !words.IsEmpty;)
        {
            switch (words)
            {
                case [{ Text: "answer" }, { Text: "auto" }, .. var rest]:
                    (restores, words) = (true, rest);
                    break;
                case [{ Text: "answer" }, { Text: "name" or "value" } what, var from, var with, .. var rest]:
                    answers.Add(new(GoRegex.Parse(from), with.Text.EndsWith('.') ? with.Text : with.Text + ".", what.Text == "value"));
                    words = rest;
                    break;
                default:
                    throw words[0].Error($"'{string.Join(' ', words.Select(w => w.Text))}' follows the names: write 'answer auto', 'answer name FROM TO' or 'answer value FROM TO'");
            }
        }

        return new(match, to, restores, answers.ToImmutable(), continues);
    }

    private static TtlRewrite Ttl(CorefileWord field, ImmutableArray<CorefileWord> words, bool continues)
    {
        (string kind, words) = Kind(words);
        if (words.Length != 2)
        {
            throw field.Error($"rewrite ttl takes [{string.Join('|', MatchKinds)}] NAME SECONDS, or a range such as 30-300, 30- or -300");
        }

        string[] bounds = words[1].Text.Split('-');
        uint least = 0;
        uint most = int.MaxValue;
        bool right = bounds.Length switch
        {
            1 => Number(bounds[0], ref least) && Number(bounds[0], ref most),
            2 => (bounds[0].Length == 0 || Number(bounds[0], ref least)) && (bounds[1].Length == 0 || Number(bounds[1], ref most)) && words[1].Text.Length > 1,
            _ => false,
        };
        return right && least <= most
            ? new(Match(kind, words[0]), least, most, continues)
            : throw words[1].Error($"'{words[1].Text}' is no time to live: write seconds, or a range such as 30-300, 30- or -300");

        static bool Number(string text, ref uint value) =>
            uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= int.MaxValue;
    }

    private static (string Kind, ImmutableArray<CorefileWord> Words) Kind(ImmutableArray<CorefileWord> words) =>
        words is [{ } first, ..] && MatchKinds.Contains(first.Text) && words.Length > 2 ? (first.Text, words[1..]) : ("exact", words);

    private static NameMatch Match(string kind, CorefileWord from)
    {
        string text = from.Text.ToLowerInvariant();
        string absolute = text.EndsWith('.') ? text : text + ".";
        return kind switch
        {
            "exact" => Zones.TryParse(absolute) is not null ? new ExactMatch(absolute) : throw from.Error($"'{from.Text}' is no name"),
            "prefix" => new PrefixMatch(text),
            "suffix" => new SuffixMatch(absolute),
            "substring" => new SubstringMatch(text),
            _ => new RegexMatch(GoRegex.Parse(from)),
        };
    }
}
