using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Fairlead.ControlPlane.Schema;

/// <summary>
/// All types of the Kubernetes API. Loading finds where each one stands in the embedded table; a type is parsed when it is first asked for.
/// </summary>
internal sealed class SchemaRegistry
{
    private static readonly Lazy<SchemaRegistry> _default = new(static () => new SchemaRegistry(ReadResource("schema.table")));

    private readonly string _table;
    private readonly Dictionary<string, Declaration> _declarations = new(1024, StringComparer.Ordinal);
    private readonly Dictionary<(string ApiVersion, string Kind), string> _kinds = new(256);
    private readonly ConcurrentDictionary<string, TypeSchema> _types = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Package, string Expression), ValueSchema> _values = new();

    internal SchemaRegistry(string table)
    {
        _table = table;
        SchemaPackage? package = null;
        for (int at = 0; at < table.Length;)
        {
            int end = table.IndexOf('\n', at);
            end = end < 0 ? table.Length : end;
            ReadOnlySpan<char> line = table.AsSpan(at, end - at);
            if (line.StartsWith("type ", StringComparison.Ordinal) || line.StartsWith("alias ", StringComparison.Ordinal))
            {
                bool alias = line[0] == 'a';
                ReadOnlySpan<char> rest = line[(alias ? 6 : 5)..];
                int space = rest.IndexOf(' ');
                string name = (space < 0 ? rest : rest[..space]).ToString();
                _declarations[$"{package!.Alias}.{name}"] = new Declaration(package, name, at, alias);
                if (!alias && space >= 0 && rest[space..].Contains(" kind", StringComparison.Ordinal))
                {
                    _kinds[(package.ApiVersion, name)] = $"{package.Alias}.{name}";
                }
            }
            else if (line.StartsWith("package ", StringComparison.Ordinal))
            {
                string[] words = line.ToString().Split(' ');
                package = new SchemaPackage(words[1], words[2], words[3], words[4]);
            }

            at = end + 1;
        }
    }

    /// <summary>The table of this build.</summary>
    public static SchemaRegistry Default => _default.Value;

    /// <summary>Every kind of the table: group/version and name.</summary>
    public IEnumerable<(string ApiVersion, string Kind)> Kinds => _kinds.Keys;

    /// <summary>Names of all structs.</summary>
    internal IEnumerable<string> TypeNames => _declarations.Where(static d => !d.Value.Alias).Select(static d => d.Key);

    /// <summary>
    /// The schema of a kind. Options and Status belong to every group/version, as API machinery registers them in each.
    /// </summary>
    public TypeSchema? Find(string apiVersion, string kind)
    {
        if (_kinds.TryGetValue((apiVersion, kind), out string? name))
        {
            return Type(name);
        }

        return kind is "DeleteOptions" or "CreateOptions" or "UpdateOptions" or "PatchOptions" or "ListOptions" or "GetOptions" or "Status" or "WatchEvent"
            ? Type("meta.v1." + kind)
            : null;
    }

    /// <summary>The schema of a type by the table's name.</summary>
    /// <exception cref="KeyNotFoundException">The table has no such type.</exception>
    public TypeSchema Type(string name) => _types.TryGetValue(name, out TypeSchema? type) ? type : _types.GetOrAdd(name, Parse);

    /// <summary>The schema of a type by the table's name, if the table has it.</summary>
    public bool TryType(string name, [NotNullWhen(true)] out TypeSchema? type)
    {
        type = _declarations.TryGetValue(name, out Declaration? declaration) && !declaration.Alias ? Type(name) : null;
        return type is not null;
    }

    /// <summary>Reads an embedded resource whole.</summary>
    internal static string ReadResource(string name)
    {
        using Stream stream = typeof(SchemaRegistry).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the build left out the resource {name}");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private TypeSchema Parse(string name)
    {
        if (!_declarations.TryGetValue(name, out Declaration? declaration) || declaration.Alias)
        {
            throw new KeyNotFoundException($"the schema table has no type {name}");
        }

        int at = _table.IndexOf('\n', declaration.Offset) + 1;
        string head = _table[declaration.Offset..(at - 1)];
        bool isKind = head.Contains(" kind", StringComparison.Ordinal);
        List<FieldSchema> fields = [];
        List<InlineStruct> inlines = [];
        while (at < _table.Length && _table[at] == ' ')
        {
            int end = _table.IndexOf('\n', at);
            string[] words = _table[(at + 2)..end].Split(' ');
            if (words[0] == "<")
            {
                TypeSchema inner = Value(declaration.Package, words[1].TrimStart('*')).Struct;
                int first = fields.Count;
                foreach (FieldSchema field in inner.Fields)
                {
                    fields.Add(Copy(field, fields.Count, inlines.Count));
                }

                inlines.Add(new InlineStruct(inner, Number(words[2]), first));
            }
            else
            {
                fields.Add(ParseField(declaration.Package, words, fields.Count));
            }

            at = end + 1;
        }

        return new TypeSchema(name, declaration.Package, declaration.Name, isKind, head.Contains(" atomic", StringComparison.Ordinal), fields, inlines);
    }

    private FieldSchema ParseField(SchemaPackage package, string[] words, int index)
    {
        string name = words[0].TrimEnd('?');
        int marks = words[0].Length - name.Length;
        string? mergeKey = null;
        string? defaultValue = null;
        string patch = "";
        bool required = false, atomic = false;
        ListType listType = ListType.None;
        IReadOnlyList<string> keys = [];
        foreach (string word in words.AsSpan(3))
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string value = equals < 0 ? "" : word[(equals + 1)..];
            switch (equals < 0 ? word : word[..equals])
            {
                case "required":
                    required = true;
                    break;
                case "atomic":
                    atomic = true;
                    break;
                case "map":
                    atomic = value == "atomic";
                    break;
                case "patch":
                    patch = value;
                    break;
                case "key":
                    mergeKey = value;
                    break;
                case "default":
                    defaultValue = value;
                    break;
                case "list" when value.StartsWith("map(", StringComparison.Ordinal):
                    listType = ListType.Map;
                    keys = value[4..^1].Split(',');
                    break;
                case "list":
                    listType = value == "set" ? ListType.Set : ListType.Atomic;
                    break;
                default:
                    throw new InvalidDataException($"the schema table has an unknown flag: {word}");
            }
        }

        return new FieldSchema
        {
            Name = name,
            NameUtf8 = Encoding.UTF8.GetBytes(name),
            NameEncoded = JsonEncodedText.Encode(name),
            Value = Value(package, words[1]),
            Index = index,
            Number = Number(words[2]),
            OmitEmpty = marks > 0,
            OmitZero = marks > 1,
            Required = required,
            Default = defaultValue,
            PatchMerge = patch.Contains("merge", StringComparison.Ordinal),
            PatchReplace = patch.Contains("replace", StringComparison.Ordinal),
            RetainKeys = patch.Contains("retainKeys", StringComparison.Ordinal),
            MergeKey = mergeKey,
            ListType = listType,
            ListMapKeys = keys,
            Atomic = atomic,
        };
    }

    private static FieldSchema Copy(FieldSchema field, int index, int inline) => new()
    {
        Name = field.Name,
        NameUtf8 = field.NameUtf8,
        NameEncoded = field.NameEncoded,
        Value = field.Value,
        Index = index,
        Number = field.Number,
        OmitEmpty = field.OmitEmpty,
        OmitZero = field.OmitZero,
        Required = field.Required,
        Default = field.Default,
        PatchMerge = field.PatchMerge,
        PatchReplace = field.PatchReplace,
        RetainKeys = field.RetainKeys,
        MergeKey = field.MergeKey,
        ListType = field.ListType,
        ListMapKeys = field.ListMapKeys,
        Atomic = field.Atomic,
        Inline = inline,
    };

    private static int Number(string word) => word == "-" ? 0 : int.Parse(word, CultureInfo.InvariantCulture);

    /// <summary>Parses a type expression of the table as it reads inside a package.</summary>
    internal ValueSchema Value(SchemaPackage package, string expression)
    {
        if (_values.TryGetValue((package.Alias, expression), out ValueSchema? known))
        {
            return known;
        }

        ValueSchema value = ParseValue(package, expression);
        return _values.GetOrAdd((package.Alias, expression), value);
    }

    private ValueSchema ParseValue(SchemaPackage package, string expression)
    {
        if (expression[0] == '*')
        {
            ValueSchema pointed = Value(package, expression[1..]);
            return With(pointed, pointed.GoType, pointer: true, pointed.TypeName, pointed.Enum, pointed.WireMessage);
        }

        if (expression.StartsWith("[]", StringComparison.Ordinal))
        {
            ValueSchema element = Value(package, expression[2..]);
            return new ValueSchema { Kind = ValueKind.List, GoType = "[]" + (element.Pointer ? "*" : "") + element.GoType, Element = element, Registry = this };
        }

        if (expression.StartsWith("map[", StringComparison.Ordinal))
        {
            int close = expression.IndexOf(']', StringComparison.Ordinal);
            ValueSchema key = Value(package, expression[4..close]);
            ValueSchema element = Value(package, expression[(close + 1)..]);
            return new ValueSchema { Kind = ValueKind.Map, GoType = $"map[{key.GoType}]{element.GoType}", Element = element, Registry = this };
        }

        ValueKind? scalar = expression switch
        {
            "string" => ValueKind.String,
            "bool" => ValueKind.Boolean,
            "int32" => ValueKind.Int32,
            "int64" => ValueKind.Int64,
            "uint32" => ValueKind.UInt32,
            "uint64" => ValueKind.UInt64,
            "float64" => ValueKind.Double,
            "bytes" => ValueKind.Bytes,
            "Time" => ValueKind.Time,
            "MicroTime" => ValueKind.MicroTime,
            "Duration" => ValueKind.Duration,
            "Quantity" => ValueKind.Quantity,
            "IntOrString" => ValueKind.IntOrString,
            "types.UID" or "types.NodeName" => ValueKind.String,
            "RawExtension" or "FieldsV1" or "JSON" or "any" => ValueKind.Raw,
            "JSONSchemaPropsOrArray" => ValueKind.SchemaOrArray,
            "JSONSchemaPropsOrBool" => ValueKind.SchemaOrBool,
            "JSONSchemaPropsOrStringArray" => ValueKind.SchemaOrStringArray,
            _ => null,
        };
        if (scalar is { } kind)
        {
            string goType = expression switch
            {
                "bytes" => "[]uint8",
                "Time" or "MicroTime" or "Duration" or "FieldsV1" => "v1." + expression,
                "Quantity" => "resource.Quantity",
                "IntOrString" => "intstr.IntOrString",
                "RawExtension" => "runtime.RawExtension",
                _ => expression,
            };
            return new ValueSchema { Kind = kind, GoType = goType, TypeName = expression, Registry = this };
        }

        string name = expression.Contains('.', StringComparison.Ordinal) ? expression : $"{package.Alias}.{expression}";
        if (!_declarations.TryGetValue(name, out Declaration? declaration))
        {
            throw new InvalidDataException($"the schema table names a type that it lacks: {name}");
        }

        string goTypeName = $"{declaration.Package.GoName}.{declaration.Name}";
        if (!declaration.Alias)
        {
            return new ValueSchema { Kind = ValueKind.Struct, GoType = goTypeName, TypeName = name, Registry = this };
        }

        int end = _table.IndexOf('\n', declaration.Offset);
        string[] words = _table[declaration.Offset..end].Split(' ');
        IReadOnlyList<string>? members = null;
        bool message = false;
        foreach (string word in words.AsSpan(3))
        {
            if (word.StartsWith("enum=", StringComparison.Ordinal))
            {
                members = [.. word[5..].Split(',').Select(static m => m == "\"\"" ? "" : m.Replace('_', ' '))];
            }
            else
            {
                message |= word == "message";
            }
        }

        return With(Value(declaration.Package, words[2]), goTypeName, pointer: false, name, members, message);
    }

    private ValueSchema With(ValueSchema value, string goType, bool pointer, string? typeName, IReadOnlyList<string>? members, bool message) => new()
    {
        Kind = value.Kind,
        GoType = goType,
        Pointer = pointer,
        Element = value.Element,
        TypeName = typeName,
        Enum = members,
        WireMessage = message,
        Registry = this,
    };

    private sealed record Declaration(SchemaPackage Package, string Name, int Offset, bool Alias);
}
