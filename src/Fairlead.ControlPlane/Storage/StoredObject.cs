using System.Text.Json;
using Fairlead.ControlPlane.Json;

namespace Fairlead.ControlPlane.Storage;

/// <summary>
/// One version of one object: its immutable bytes (as they are sent) and the little that selectors need. Nothing else of an object is
/// kept in memory; whoever wants more parses the bytes.
/// </summary>
internal sealed class StoredObject
{
    public required long Id { get; init; }
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required string Uid { get; init; }
    public required long Revision { get; init; }
    public required byte[] Json { get; init; }
    public required KeyValuePair<string, string>[] Labels { get; init; }

    /// <summary>The values of the collection's selectable fields, in the order of its field list.</summary>
    public required string[] Fields { get; init; }

    public string? Label(string key)
    {
        foreach (var label in Labels)
        {
            if (label.Key == key)
            {
                return label.Value;
            }
        }

        return null;
    }

    /// <summary>The same object as the store numbered it.</summary>
    public StoredObject As(long id, long revision) => new()
    {
        Id = id,
        Namespace = Namespace,
        Name = Name,
        Uid = Uid,
        Revision = revision,
        Json = KubernetesJson.WithResourceVersion(Json, revision),
        Labels = Labels,
        Fields = Fields,
    };

    /// <summary>Reads what selectors need from bytes that <see cref="KubernetesJson.Write"/> made.</summary>
    public static StoredObject Read(long id, long revision, byte[] json, IReadOnlyList<SelectableField> fields, StringPool pool)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = KubernetesJson.MaximumDepth });
        var root = document.RootElement;
        var metadata = root.At("metadata") ?? throw new InvalidDataException("a stored object has no metadata");
        var labels = metadata.PropertiesAt("labels")
            .Select(label => KeyValuePair.Create(pool.Get(label.Name), pool.Get(label.Value.GetString() ?? "")))
            .ToArray();
        var values = new string[fields.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = pool.Get(fields[i].Read(root) ?? fields[i].Missing);
        }

        return new StoredObject
        {
            Id = id,
            Namespace = pool.Get(metadata.StringAt("namespace") ?? ""),
            Name = metadata.StringAt("name") ?? throw new InvalidDataException("a stored object has no name"),
            Uid = metadata.StringAt("uid") ?? "",
            Revision = revision,
            Json = json,
            Labels = labels.Length == 0 ? [] : labels,
            Fields = values.Length == 0 ? [] : values,
        };
    }
}

/// <summary>A field that clients may select by, beside metadata.name and metadata.namespace.</summary>
/// <param name="Path">Its name in a field selector, for example <c>spec.nodeName</c>.</param>
/// <param name="Read">Its value in an object, null where it has none.</param>
/// <param name="Missing">What an object without the field compares as.</param>
internal sealed record SelectableField(string Path, Func<JsonElement, string?> Read, string Missing = "");

/// <summary>Keeps one instance of strings that many objects share (label keys, namespaces, node names); bounded.</summary>
internal sealed class StringPool
{
    private const int MaximumEntries = 65536;
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, string> _strings = new(StringComparer.Ordinal);
    private int _count;

    public string Get(string value)
    {
        if (value.Length == 0)
        {
            return "";
        }

        if (_strings.TryGetValue(value, out var known))
        {
            return known;
        }

        if (_count >= MaximumEntries || value.Length > 128)
        {
            return value;
        }

        Interlocked.Increment(ref _count);
        return _strings.GetOrAdd(value, value);
    }
}
