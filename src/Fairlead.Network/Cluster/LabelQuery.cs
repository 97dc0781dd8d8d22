using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>A label selector made ready to be asked often, with a text by which equal ones are found equal.</summary>
public sealed class LabelQuery : IEquatable<LabelQuery>
{
    private readonly (string Key, string Value)[] equal;
    private readonly LabelSelectorRequirement[] requirements;

    private LabelQuery(LabelSelector selector)
    {
        equal = [.. selector.MatchLabels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => (l.Key, l.Value))];
        requirements = [.. selector.MatchExpressions];
        Text = selector.ToString();
    }

    /// <summary>Matches whatever labels there are.</summary>
    public static LabelQuery Everything { get; } = new(new());

    /// <summary>The selector in the form of <c>kubectl -l</c>; empty for everything.</summary>
    public string Text { get; }

    /// <summary>Whether nothing is required.</summary>
    public bool IsEverything => equal.Length == 0 && requirements.Length == 0;

    /// <summary>The labels that it looks at.</summary>
    public IEnumerable<string> Keys => equal.Select(e => e.Key).Concat(requirements.Select(r => r.Key));

    /// <summary>A label that whatever matches must have, to be found by; null if there is none.</summary>
    public (string Key, string Value)? Anchor => equal.Length > 0 ? equal[0] : null;

    /// <summary>The requirements one by one, each as a query of its own.</summary>
    public IEnumerable<LabelQuery> Parts => equal
        .Select(e => Of(new() { MatchLabels = new Dictionary<string, string> { [e.Key] = e.Value } }))
        .Concat(requirements.Select(r => Of(new() { MatchExpressions = [r] })));

    /// <summary>Takes the API's selector.</summary>
    public static LabelQuery Of(LabelSelector selector) => selector.IsEmpty ? Everything : new(selector);

    /// <summary>Whether an object with these labels is meant; an operator that isn't known matches nothing.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach ((string key, string value) in equal)
        {
            if (!labels.TryGetValue(key, out string? actual) || actual != value)
            {
                return false;
            }
        }

        foreach (LabelSelectorRequirement requirement in requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public bool Equals(LabelQuery? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LabelQuery);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => IsEverything ? "everything" : Text;
}
