using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Rewriting;

/// <summary>A change of a question before it is answered, or of its answer, invisible to who asked.</summary>
/// <param name="Continues">Whether later rules are looked at after this one did something.</param>
public abstract record RewriteRule(bool Continues)
{
    /// <summary>Whether a question is changed. Asked for every question, on the hot threads.</summary>
    internal bool Fits(ReadOnlySpan<char> name, RecordType type, RecordClass recordClass) => this switch
    {
        NameRewrite rule => rule.Match.Fits(name),
        TtlRewrite rule => rule.Match.Fits(name),
        TypeRewrite rule => rule.From == type,
        ClassRewrite rule => rule.From == recordClass,
        _ => true,
    };
}

/// <summary>Another name is asked.</summary>
/// <param name="Match">Which names.</param>
/// <param name="To">The new name, or the part that takes the matched part's place; {1} … are the groups of an expression.</param>
/// <param name="RestoresAnswer">Whether names of the answer that are the new name, or end like it, are changed back (<c>answer auto</c>, and always for an exact match).</param>
/// <param name="Answers">Further changes of the answer.</param>
/// <param name="Continues">Whether later rules are looked at.</param>
public sealed record NameRewrite(NameMatch Match, string To, bool RestoresAnswer, ImmutableArray<AnswerRewrite> Answers, bool Continues) : RewriteRule(Continues);

/// <summary>Another type is asked.</summary>
/// <param name="From">This type …</param>
/// <param name="To">… becomes this.</param>
/// <param name="Continues">Whether later rules are looked at.</param>
public sealed record TypeRewrite(RecordType From, RecordType To, bool Continues) : RewriteRule(Continues);

/// <summary>Another class is asked.</summary>
/// <param name="From">This class …</param>
/// <param name="To">… becomes this.</param>
/// <param name="Continues">Whether later rules are looked at.</param>
public sealed record ClassRewrite(RecordClass From, RecordClass To, bool Continues) : RewriteRule(Continues);

/// <summary>Records of the answer live longer or shorter.</summary>
/// <param name="Match">For which names.</param>
/// <param name="Least">The least time to live, in seconds.</param>
/// <param name="Most">The most.</param>
/// <param name="Continues">Whether later rules are looked at.</param>
public sealed record TtlRewrite(NameMatch Match, uint Least, uint Most, bool Continues) : RewriteRule(Continues);

/// <summary>A change of names in an answer.</summary>
/// <param name="Pattern">Which, as an expression over the absolute name.</param>
/// <param name="To">The new name; {1} … are the expression's groups.</param>
/// <param name="OfValue">Whether names within records' data are meant rather than those of their owners.</param>
public sealed record AnswerRewrite(Regex Pattern, string To, bool OfValue);
