namespace Fairlead.ControlPlane.Schema;

/// <summary>How a value looks in JSON and on the wire.</summary>
internal enum ValueKind : byte
{
    String,
    Boolean,
    Int32,
    Int64,
    UInt32,
    UInt64,
    Double,
    Bytes,
    Time,
    MicroTime,
    Duration,
    Quantity,
    IntOrString,

    /// <summary>Any JSON, kept as it came: RawExtension, FieldsV1, apiextensions' JSON.</summary>
    Raw,

    /// <summary>apiextensions: a schema, or a list of schemas.</summary>
    SchemaOrArray,

    /// <summary>apiextensions: a schema, or a boolean.</summary>
    SchemaOrBool,

    /// <summary>apiextensions: a schema, or a list of property names.</summary>
    SchemaOrStringArray,
    Struct,
    Map,
    List,
}

/// <summary>The type of a field, of a list's element or of a map's value.</summary>
internal sealed class ValueSchema
{
    private TypeSchema? _struct;

    /// <summary>Its shape.</summary>
    public required ValueKind Kind { get; init; }

    /// <summary>What Go calls it, as error texts have it: <c>v1.Protocol</c>, <c>[]v1.Container</c>.</summary>
    public required string GoType { get; init; }

    /// <summary>Whether absence differs from the zero value.</summary>
    public bool Pointer { get; init; }

    /// <summary>Element of a list, value of a map.</summary>
    public ValueSchema? Element { get; init; }

    /// <summary>The table's name of the struct, or of the named scalar, list or map.</summary>
    public string? TypeName { get; init; }

    /// <summary>The values an enumeration knows; null for any other type.</summary>
    public IReadOnlyList<string>? Enum { get; init; }

    /// <summary>A list that protobuf wraps in a message {1: items}.</summary>
    public bool WireMessage { get; init; }

    /// <summary>Where the struct's schema is looked up.</summary>
    public required SchemaRegistry Registry { get; init; }

    /// <summary>The struct's schema.</summary>
    public TypeSchema Struct => _struct ??= Registry.Type(TypeName!);

    /// <summary>Scalars compare and merge as a whole.</summary>
    public bool IsScalar => Kind is not (ValueKind.Struct or ValueKind.Map or ValueKind.List or ValueKind.Raw);

    public override string ToString() => GoType;
}
