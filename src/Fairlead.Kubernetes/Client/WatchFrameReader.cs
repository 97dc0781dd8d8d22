using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Fairlead.Kubernetes;

/// <summary>Reads one line of a watch straight from the receive buffer into the object; nothing is copied in between.</summary>
internal static class WatchFrameReader
{
    /// <exception cref="KubernetesException">The frame is an ERROR.</exception>
    /// <exception cref="JsonException">The frame is no watch event.</exception>
    public static WatchEvent<T> Read<T>(in ReadOnlySequence<byte> line, JsonTypeInfo<T> type)
        where T : class, IKubernetesObject
    {
        Utf8JsonReader reader = new(line);
        Utf8JsonReader value = default;
        bool hasValue = false;
        string? eventType = null;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                eventType = SharedStringConverter.ReadShared(ref reader);
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                value = reader;
                hasValue = true;
                value.Read();
                reader.Skip();
            }
            else
            {
                reader.Skip();
            }
        }

        if (!hasValue)
        {
            throw new JsonException("a watch event has no object");
        }

        if (eventType == "ERROR")
        {
            KubernetesStatus status = JsonSerializer.Deserialize(ref value, KubernetesJson.TypeInfo<KubernetesStatus>()) ?? new KubernetesStatus();
            throw new KubernetesException("watch", status);
        }

        T item = JsonSerializer.Deserialize(ref value, type) ?? throw new JsonException("a watch event's object is null");
        return new WatchEvent<T>(eventType switch
        {
            "ADDED" => WatchEventType.Added,
            "MODIFIED" => WatchEventType.Modified,
            "DELETED" => WatchEventType.Deleted,
            "BOOKMARK" => WatchEventType.Bookmark,
            _ => throw new JsonException($"unknown watch event {eventType}"),
        }, item);
    }
}
