using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>One endpoint of a slice: a pod's address, where it runs, and whether it takes traffic.</summary>
/// <remarks>discovery.k8s.io/v1 Endpoint. Node, zone, kind and namespace are shared strings: a cluster has 100,000 of these.</remarks>
[JsonConverter(typeof(EndpointConverter))]
public sealed record Endpoint
{
    public IReadOnlyList<string> Addresses { get; init => field = value ?? []; } = [];

    public EndpointConditions Conditions { get; init; }

    public string? Hostname { get; init; }

    public string? NodeName { get; init; }

    public string? Zone { get; init; }

    public ObjectReference? TargetRef { get; init; }

    public EndpointHints? Hints { get; init; }
}

/// <summary>An endpoint's state; null is "the publisher does not say" and counts as ready, serving and not terminating.</summary>
/// <param name="Ready">Takes new connections: serving and not terminating, or always where the service publishes addresses that are not ready.</param>
/// <param name="Serving">Passes its readiness probe, also while it terminates.</param>
/// <param name="Terminating">Was asked to go.</param>
public readonly record struct EndpointConditions(bool? Ready, bool? Serving, bool? Terminating)
{
    /// <summary>Whether new connections go here.</summary>
    public bool IsReady => Ready ?? true;

    /// <summary>Whether it answers, be it on its way out.</summary>
    public bool IsServing => Serving ?? IsReady;

    /// <summary>Whether it is on its way out.</summary>
    public bool IsTerminating => Terminating ?? false;
}

/// <summary>From which zones and nodes this endpoint should be used.</summary>
/// <param name="Zones">Zone names.</param>
/// <param name="Nodes">Node names.</param>
public sealed record EndpointHints(IReadOnlyList<string> Zones, IReadOnlyList<string> Nodes);

internal sealed class EndpointConverter : JsonConverter<Endpoint>
{
    public override Endpoint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        IReadOnlyList<string> addresses = [];
        EndpointConditions conditions = default;
        string? hostname = null, node = null, zone = null;
        ObjectReference? target = null;
        EndpointHints? hints = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "addresses"u8))
            {
                addresses = ReadStrings(ref reader);
            }
            else if (Is(ref reader, "conditions"u8))
            {
                conditions = ReadConditions(ref reader);
            }
            else if (Is(ref reader, "targetRef"u8))
            {
                target = ReadReference(ref reader);
            }
            else if (Is(ref reader, "nodeName"u8))
            {
                node = Shared(ref reader);
            }
            else if (Is(ref reader, "zone"u8))
            {
                zone = Shared(ref reader);
            }
            else if (Is(ref reader, "hostname"u8))
            {
                reader.Read();
                hostname = reader.GetString();
            }
            else if (Is(ref reader, "hints"u8))
            {
                hints = ReadHints(ref reader);
            }
            else
            {
                Skip(ref reader);
            }
        }

        return new Endpoint
        {
            Addresses = addresses,
            Conditions = conditions,
            Hostname = hostname,
            NodeName = node,
            Zone = zone,
            TargetRef = target,
            Hints = hints,
        };
    }

    public override void Write(Utf8JsonWriter writer, Endpoint value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("addresses"u8);
        foreach (string address in value.Addresses)
        {
            writer.WriteStringValue(address);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("conditions"u8);
        Write(writer, "ready"u8, value.Conditions.Ready);
        Write(writer, "serving"u8, value.Conditions.Serving);
        Write(writer, "terminating"u8, value.Conditions.Terminating);
        writer.WriteEndObject();
        Write(writer, "hostname"u8, value.Hostname);
        if (value.TargetRef is { } target)
        {
            writer.WriteStartObject("targetRef"u8);
            Write(writer, "kind"u8, target.Kind);
            Write(writer, "namespace"u8, target.Namespace);
            Write(writer, "name"u8, target.Name);
            Write(writer, "uid"u8, target.Uid);
            Write(writer, "apiVersion"u8, target.ApiVersion);
            Write(writer, "resourceVersion"u8, target.ResourceVersion);
            Write(writer, "fieldPath"u8, target.FieldPath);
            writer.WriteEndObject();
        }

        Write(writer, "nodeName"u8, value.NodeName);
        Write(writer, "zone"u8, value.Zone);
        if (value.Hints is { } hints)
        {
            writer.WriteStartObject("hints"u8);
            WriteNames(writer, "forZones"u8, hints.Zones);
            WriteNames(writer, "forNodes"u8, hints.Nodes);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, bool? value)
    {
        if (value is not null)
        {
            writer.WriteBoolean(name, value.Value);
        }
    }

    private static void WriteNames(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => reader.ValueTextEquals(name);

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (reader.TokenType != token)
        {
            throw new JsonException($"{token} is wanted here, not {reader.TokenType}");
        }
    }

    private static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    private static string? Shared(ref Utf8JsonReader reader)
    {
        reader.Read();
        return SharedStringConverter.ReadShared(ref reader);
    }

    private static string[] ReadStrings(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return [];
        }

        Expect(ref reader, JsonTokenType.StartArray);
        string[] values = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Array.Resize(ref values, values.Length + 1);
            values[^1] = reader.GetString() ?? "";
        }

        return values;
    }

    private static bool? ReadBoolean(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Null ? null : reader.GetBoolean();
    }

    private static EndpointConditions ReadConditions(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return default;
        }

        Expect(ref reader, JsonTokenType.StartObject);
        bool? ready = null, serving = null, terminating = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "ready"u8))
            {
                ready = ReadBoolean(ref reader);
            }
            else if (Is(ref reader, "serving"u8))
            {
                serving = ReadBoolean(ref reader);
            }
            else if (Is(ref reader, "terminating"u8))
            {
                terminating = ReadBoolean(ref reader);
            }
            else
            {
                Skip(ref reader);
            }
        }

        return new EndpointConditions(ready, serving, terminating);
    }

    private static ObjectReference? ReadReference(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        Expect(ref reader, JsonTokenType.StartObject);
        string? kind = null, ns = null, name = null, uid = null, apiVersion = null, fieldPath = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "kind"u8))
            {
                kind = Shared(ref reader);
            }
            else if (Is(ref reader, "namespace"u8))
            {
                ns = Shared(ref reader);
            }
            else if (Is(ref reader, "apiVersion"u8))
            {
                apiVersion = Shared(ref reader);
            }
            else if (Is(ref reader, "name"u8))
            {
                reader.Read();
                name = reader.GetString();
            }
            else if (Is(ref reader, "uid"u8))
            {
                reader.Read();
                uid = reader.GetString();
            }
            else if (Is(ref reader, "fieldPath"u8))
            {
                reader.Read();
                fieldPath = reader.GetString();
            }
            else
            {
                Skip(ref reader);
            }
        }

        return new ObjectReference { Kind = kind, Namespace = ns, Name = name, Uid = uid, ApiVersion = apiVersion, FieldPath = fieldPath };
    }

    private static EndpointHints? ReadHints(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        Expect(ref reader, JsonTokenType.StartObject);
        IReadOnlyList<string> zones = [], nodes = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "forZones"u8))
            {
                zones = ReadNames(ref reader);
            }
            else if (Is(ref reader, "forNodes"u8))
            {
                nodes = ReadNames(ref reader);
            }
            else
            {
                Skip(ref reader);
            }
        }

        return new EndpointHints(zones, nodes);
    }

    private static List<string> ReadNames(ref Utf8JsonReader reader)
    {
        List<string> names = [];
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return names;
        }

        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (Is(ref reader, "name"u8))
                {
                    names.Add(Shared(ref reader) ?? "");
                }
                else
                {
                    Skip(ref reader);
                }
            }
        }

        return names;
    }
}
