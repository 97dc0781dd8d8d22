using System.Text;

namespace Fairlead.Kubernetes;

/// <summary>Which objects to list or watch.</summary>
public sealed record ListOptions
{
    /// <summary>The namespace; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Labels that objects must have, in the query form.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Fields that objects must have, such as <c>spec.nodeName=worker-0</c>.</summary>
    public string? FieldSelector { get; init; }

    internal string Query(string? more = null)
    {
        StringBuilder query = new();
        Append(query, "labelSelector", LabelSelector);
        Append(query, "fieldSelector", FieldSelector);
        if (more is not null)
        {
            query.Append(query.Length == 0 ? '?' : '&').Append(more);
        }

        return query.ToString();
    }

    private static void Append(StringBuilder query, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
