using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>Something that happened to an object, for people to read.</summary>
/// <remarks>core/v1 Event.</remarks>
public sealed record Event : IKubernetesObject<Event>
{
    /// <inheritdoc/>
    public static ResourceKind<Event> ResourceKind { get; } = new(new("", "v1", "events", "Event", true));

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Event"; } = "Event";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public ObjectReference? InvolvedObject { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public EventSource? Source { get; init; }

    public DateTimeOffset? FirstTimestamp { get; init; }

    public DateTimeOffset? LastTimestamp { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Count { get; init; }

    public string? Type { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? EventTime { get; init; }

    public EventSeries? Series { get; init; }

    public string? Action { get; init; }

    public ObjectReference? Related { get; init; }

    [JsonPropertyName("reportingComponent")]
    public string ReportingController { get; init => field = value ?? ""; } = "";

    public string ReportingInstance { get; init => field = value ?? ""; } = "";
}

/// <summary>Who reported an event, and from where.</summary>
/// <remarks>core/v1 EventSource.</remarks>
public sealed record EventSource
{
    public string? Component { get; init; }

    public string? Host { get; init; }
}

/// <summary>How often an event was repeated.</summary>
/// <remarks>core/v1 EventSeries.</remarks>
public sealed record EventSeries
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Count { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? LastObservedTime { get; init; }
}
