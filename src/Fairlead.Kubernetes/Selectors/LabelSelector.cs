using System.Collections.ObjectModel;

namespace Fairlead.Kubernetes;

/// <summary>Which objects are meant, by their labels: all of <see cref="MatchLabels"/> and all of <see cref="MatchExpressions"/>. An empty selector means every object.</summary>
/// <remarks>meta.k8s.io/v1 LabelSelector.</remarks>
public sealed record LabelSelector
{
    internal static LabelSelector Empty { get; } = new();

    /// <summary>Labels that must have these values.</summary>
    public IReadOnlyDictionary<string, string> MatchLabels { get; init => field = value ?? ReadOnlyDictionary<string, string>.Empty; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Further requirements.</summary>
    public IReadOnlyList<LabelSelectorRequirement> MatchExpressions { get; init => field = value ?? []; } = [];

    /// <summary>Whether nothing is required.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsEmpty => MatchLabels.Count == 0 && MatchExpressions.Count == 0;

    /// <summary>A selector of these labels.</summary>
    public static LabelSelector Of(IReadOnlyDictionary<string, string> labels) => new() { MatchLabels = labels };

    /// <summary>Whether an object with these labels is meant.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach ((string key, string value) in MatchLabels)
        {
            if (!labels.TryGetValue(key, out string? actual) || actual != value)
            {
                return false;
            }
        }

        foreach (LabelSelectorRequirement requirement in MatchExpressions)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The selector in the form that <c>labelSelector=</c> and <c>kubectl -l</c> take.</summary>
    public override string ToString() => string.Join(',', MatchLabels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}")
        .Concat(MatchExpressions.Select(requirement => requirement.ToString())));

    /// <summary>Reads the form that <c>labelSelector=</c> and <c>kubectl -l</c> take: <c>a=b,c!=d,e in (f,g),h,!i,j&gt;1</c>.</summary>
    /// <exception cref="FormatException">The text is no selector.</exception>
    public static LabelSelector Parse(string text) => LabelSelectorParser.Parse(text);
}

/// <summary>One requirement on a label.</summary>
/// <remarks>meta.k8s.io/v1 LabelSelectorRequirement; Gt and Lt appear only in node selectors and in the query form.</remarks>
public sealed record LabelSelectorRequirement
{
    /// <summary>The label.</summary>
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>In, NotIn, Exists, DoesNotExist, Gt or Lt.</summary>
    public string Operator { get; init => field = value ?? ""; } = "";

    /// <summary>The values that In and NotIn compare with, or the one number of Gt and Lt.</summary>
    public IReadOnlyList<string> Values { get; init => field = value ?? []; } = [];

    /// <summary>Whether these labels fulfil the requirement; an operator that is not known matches nothing.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels) => Matches(Operator, Values, labels.TryGetValue(Key, out string? value) ? value : null);

    /// <summary>The requirement in the query form.</summary>
    public override string ToString() => Operator switch
    {
        "In" => $"{Key} in ({string.Join(',', Values)})",
        "NotIn" => $"{Key} notin ({string.Join(',', Values)})",
        "Exists" => Key,
        "DoesNotExist" => $"!{Key}",
        "Gt" => $"{Key}>{Values[0]}",
        "Lt" => $"{Key}<{Values[0]}",
        _ => $"{Key} {Operator} ({string.Join(',', Values)})",
    };

    /// <summary>Whether a value fulfils an operator; null is "there is no such label". Node selectors use the same operators.</summary>
    public static bool Matches(string @operator, IReadOnlyList<string> values, string? actual) => @operator switch
    {
        "In" => actual is not null && values.Contains(actual),
        "NotIn" => actual is null || !values.Contains(actual),
        "Exists" => actual is not null,
        "DoesNotExist" => actual is null,
        "Gt" => Compare(actual, values) > 0,
        "Lt" => Compare(actual, values) < 0,
        _ => false,
    };

    private static int Compare(string? actual, IReadOnlyList<string> values) =>
        values.Count == 1 && long.TryParse(actual, out long left) && long.TryParse(values[0], out long right) ? left.CompareTo(right) : 0;
}
