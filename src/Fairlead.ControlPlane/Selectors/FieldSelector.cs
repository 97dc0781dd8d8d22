using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Selectors;

/// <summary>A field selector, <c>metadata.name=a,status.phase!=Running</c>, bound to the fields of one resource.</summary>
internal sealed class FieldSelector
{
    public static readonly FieldSelector Everything = new([], null);

    private readonly (int Field, string Value, bool Equal)[] _requirements;

    private FieldSelector((int, string, bool)[] requirements, string? name)
    {
        _requirements = requirements;
        Name = name;
    }

    public bool IsEmpty => _requirements.Length == 0;

    /// <summary>The one name asked for, if it is: a list or watch of a single object.</summary>
    public string? Name { get; }

    private const int NameField = -1;
    private const int NamespaceField = -2;

    public bool Matches(StoredObject value)
    {
        foreach (var (field, wanted, equal) in _requirements)
        {
            var actual = field switch { NameField => value.Name, NamespaceField => value.Namespace, _ => value.Fields[field] };
            if (actual == wanted != equal)
            {
                return false;
            }
        }

        return true;
    }

    public static FieldSelector Parse(string? text, ResourceDefinition resource)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Everything;
        }

        List<(int, string, bool)> requirements = [];
        string? name = null;
        foreach (var term in Split(text))
        {
            var (path, value, equal) = Term(term, text);
            var field = path switch
            {
                "metadata.name" => NameField,
                "metadata.namespace" => NamespaceField,
                _ => Array.FindIndex(resource.Fields, known => known.Path == path) is >= 0 and var index ? index : throw Unknown(path, resource),
            };
            requirements.Add((field, value, equal));
            if (field == NameField && equal)
            {
                name = value;
            }
        }

        return new([.. requirements], name);
    }

    private static StatusException Unknown(string path, ResourceDefinition resource) => StatusException.BadRequest(resource.Fields.Length == 0
        ? $"\"{path}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        : $"field label not supported: {path}");

    private static IEnumerable<string> Split(string text)
    {
        System.Text.StringBuilder term = new();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                term.Append(text[i]).Append(text[++i]);
            }
            else if (text[i] == ',')
            {
                if (term.Length > 0)
                {
                    yield return term.ToString();
                }

                term.Clear();
            }
            else
            {
                term.Append(text[i]);
            }
        }

        if (term.Length > 0)
        {
            yield return term.ToString();
        }
    }

    private static (string Path, string Value, bool Equal) Term(string term, string whole)
    {
        var sign = term.IndexOf('=');
        if (sign <= 0)
        {
            throw StatusException.BadRequest($"invalid selector: '{whole}'; can't understand '{term}'");
        }

        var unequal = term[sign - 1] == '!';
        var path = term[..(unequal ? sign - 1 : sign)];
        var start = sign + 1 < term.Length && term[sign + 1] == '=' ? sign + 2 : sign + 1;
        var value = term[start..].Replace("\\,", ",", StringComparison.Ordinal).Replace("\\=", "=", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
        return (path, value, !unequal);
    }
}
