using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema;

/// <summary>A struct of the API: its fields in JSON order, found by JSON name or protobuf number.</summary>
internal sealed class TypeSchema
{
    private readonly FieldSchema?[] _byHash;
    private readonly Dictionary<string, FieldSchema> _byName;
    private readonly FieldSchema?[] _byNumber;
    private readonly int _mask;
    private JsonObject? _zero;

    public TypeSchema(string name, SchemaPackage package, string goName, bool isKind, bool atomic, IReadOnlyList<FieldSchema> fields, IReadOnlyList<InlineStruct> inlines)
    {
        Name = name;
        Package = package;
        GoName = goName;
        IsKind = isKind;
        Atomic = atomic;
        Fields = fields;
        Inlines = inlines;
        _byName = new Dictionary<string, FieldSchema>(fields.Count, StringComparer.Ordinal);
        int size = 4;
        while (size < fields.Count * 4)
        {
            size *= 2;
        }

        _mask = size - 1;
        _byHash = new FieldSchema?[size];
        int highest = 0;
        foreach (FieldSchema field in fields)
        {
            _byName[field.Name] = field;
            int slot = Hash(field.NameUtf8) & _mask;
            while (_byHash[slot] is not null)
            {
                slot = (slot + 1) & _mask;
            }

            _byHash[slot] = field;
            if (field.Inline < 0)
            {
                highest = Math.Max(highest, field.Number);
            }
        }

        _byNumber = new FieldSchema?[highest + 1];
        foreach (FieldSchema field in fields)
        {
            if (field.Inline < 0 && field.Number > 0)
            {
                _byNumber[field.Number] = field;
            }
        }
    }

    /// <summary>The table's name: <c>core.v1.PodSpec</c>.</summary>
    public string Name { get; }

    /// <summary>Go's name: <c>PodSpec</c>.</summary>
    public string GoName { get; }

    /// <summary>The package it is declared in.</summary>
    public SchemaPackage Package { get; }

    /// <summary>Has apiVersion and kind.</summary>
    public bool IsKind { get; }

    /// <summary>Server-side apply owns it as a whole.</summary>
    public bool Atomic { get; }

    /// <summary>JSON fields in Go's order, those of embedded structs in their place.</summary>
    public IReadOnlyList<FieldSchema> Fields { get; }

    /// <summary>Embedded structs that are messages of their own on the wire.</summary>
    public IReadOnlyList<InlineStruct> Inlines { get; }

    /// <summary>group/version of the kind.</summary>
    public string ApiVersion => Package.ApiVersion;

    /// <summary>Name of its schema in OpenAPI documents.</summary>
    public string OpenApiName => $"{Package.OpenApi}.{GoName}";

    /// <summary>The type with no field set, as Go writes it; to be read only.</summary>
    public JsonObject ZeroObject => _zero ??= CanonicalObject.Zero(this);

    /// <summary>The field of that JSON name, or null.</summary>
    public FieldSchema? Field(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The field whose JSON name the reader stands on, or null.</summary>
    public FieldSchema? Field(ref Utf8JsonReader reader)
    {
        if (reader.ValueIsEscaped || reader.HasValueSequence)
        {
            return Field(reader.GetString()!);
        }

        ReadOnlySpan<byte> name = reader.ValueSpan;
        for (int slot = Hash(name) & _mask; _byHash[slot] is { } field; slot = (slot + 1) & _mask)
        {
            if (name.SequenceEqual(field.NameUtf8))
            {
                return field;
            }
        }

        return null;
    }

    /// <summary>The field of that protobuf number, or null.</summary>
    public FieldSchema? FieldByNumber(int number) => (uint)number < (uint)_byNumber.Length ? _byNumber[number] : null;

    public override string ToString() => Name;

    private static int Hash(ReadOnlySpan<byte> name) => name.Length == 0 ? 0 : (name.Length * 31) + (name[0] * 7) + (name[^1] * 131) + (name[name.Length / 2] * 17);
}

/// <summary>A package of the table.</summary>
/// <param name="Alias">Its name there, as <c>core.v1</c>.</param>
/// <param name="OpenApi">Prefix of OpenAPI names.</param>
/// <param name="GoName">Go's package name, as error texts have it.</param>
/// <param name="ApiVersion">group/version of its kinds.</param>
internal sealed record SchemaPackage(string Alias, string OpenApi, string GoName, string ApiVersion);

/// <summary>A struct embedded in another: its fields belong to the outer one in JSON, and to a message on the wire.</summary>
/// <param name="Type">The embedded type.</param>
/// <param name="Number">Protobuf number of the message; 0 without one.</param>
/// <param name="FirstField">Index of its first JSON field in the outer struct; the others follow in its own order.</param>
internal sealed record InlineStruct(TypeSchema Type, int Number, int FirstField);
