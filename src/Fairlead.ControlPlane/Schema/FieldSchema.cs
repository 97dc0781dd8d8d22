using System.Text.Json;

namespace Fairlead.ControlPlane.Schema;

/// <summary>How server-side apply and strategic merge treat a list.</summary>
internal enum ListType : byte
{
    /// <summary>Not said: atomic for apply.</summary>
    None,
    Atomic,
    Set,
    Map,
}

/// <summary>One field of a struct: its names in JSON and on the wire, and its rules.</summary>
internal sealed class FieldSchema
{
    /// <summary>Its JSON name.</summary>
    public required string Name { get; init; }

    /// <summary>The JSON name in UTF-8, as requests carry it.</summary>
    public required byte[] NameUtf8 { get; init; }

    /// <summary>The name, encoded once for writers.</summary>
    public required JsonEncodedText NameEncoded { get; init; }

    /// <summary>Its type.</summary>
    public required ValueSchema Value { get; init; }

    /// <summary>Position among the struct's JSON fields.</summary>
    public int Index { get; init; }

    /// <summary>Protobuf field number; 0 without one.</summary>
    public int Number { get; init; }

    /// <summary>Left out of JSON when it holds Go's zero value.</summary>
    public bool OmitEmpty { get; init; }

    /// <summary>Left out of JSON when zero, structs too.</summary>
    public bool OmitZero { get; init; }

    /// <summary>OpenAPI calls it required.</summary>
    public bool Required { get; init; }

    /// <summary>JSON text of the default that the schema declares.</summary>
    public string? Default { get; init; }

    /// <summary><c>patchStrategy</c> holds merge.</summary>
    public bool PatchMerge { get; init; }

    /// <summary><c>patchStrategy</c> holds replace.</summary>
    public bool PatchReplace { get; init; }

    /// <summary><c>patchStrategy</c> holds retainKeys.</summary>
    public bool RetainKeys { get; init; }

    /// <summary><c>patchMergeKey</c>; null for lists of scalars.</summary>
    public string? MergeKey { get; init; }

    /// <summary><c>listType</c>.</summary>
    public ListType ListType { get; init; }

    /// <summary><c>listMapKey</c>s in their order.</summary>
    public IReadOnlyList<string> ListMapKeys { get; init; } = [];

    /// <summary>A map or struct that changes owners as a whole.</summary>
    public bool Atomic { get; init; }

    /// <summary>The embedded struct whose protobuf message carries this field; -1 for the struct itself.</summary>
    public int Inline { get; init; } = -1;

    public override string ToString() => $"{Name} {Value.GoType}";
}
