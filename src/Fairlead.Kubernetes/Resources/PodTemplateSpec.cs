using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>
/// A template for pods, kept as the JSON that it came as: whoever makes pods of it must pass on also what Fairlead has no field for.
/// Two templates are equal when their JSON is, whatever the order of names.
/// </summary>
/// <remarks>core/v1 PodTemplateSpec.</remarks>
[JsonConverter(typeof(PodTemplateSpecConverter))]
public sealed class PodTemplateSpec : IEquatable<PodTemplateSpec>
{
    private readonly JsonElement _json;
    private TypedPart? _typed;

    private PodTemplateSpec(JsonElement json) => _json = json;

    internal static PodTemplateSpec Empty { get; } = FromJson(new JsonObject());

    /// <summary>The template as it came.</summary>
    public JsonElement Json => _json;

    /// <summary>Labels and annotations for the pods.</summary>
    public ObjectMeta Metadata => Typed.Metadata;

    /// <summary>What the pods should be, as far as Fairlead knows the fields.</summary>
    public PodSpec Spec => Typed.Spec;

    private TypedPart Typed => _typed ??= _json.Deserialize(KubernetesJson.TypeInfo<TypedPart>()) ?? new TypedPart();

    /// <summary>A template from its JSON.</summary>
    /// <param name="json">An object with <c>metadata</c> and <c>spec</c>.</param>
    public static PodTemplateSpec FromJson(JsonObject json) => new(JsonSerializer.SerializeToElement(json, KubernetesJson.TypeInfo<JsonObject>()));

    /// <summary>A template from its parts.</summary>
    public static PodTemplateSpec Create(ObjectMeta metadata, PodSpec spec) =>
        new(JsonSerializer.SerializeToElement(new TypedPart { Metadata = metadata, Spec = spec }, KubernetesJson.TypeInfo<TypedPart>()));

    /// <summary>A copy of the JSON, to change.</summary>
    public JsonObject ToJson() => JsonObject.Create(_json.Clone())!.DeepClone().AsObject();

    /// <inheritdoc/>
    public bool Equals(PodTemplateSpec? other) => other is not null && JsonElement.DeepEquals(_json, other._json);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PodTemplateSpec);

    /// <inheritdoc/>
    public override int GetHashCode() => Metadata.Labels.Count;

    internal static PodTemplateSpec Read(ref Utf8JsonReader reader) => new(JsonElement.ParseValue(ref reader));

    internal sealed record TypedPart
    {
        public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

        public PodSpec Spec { get; init => field = value ?? PodSpec.Empty; } = PodSpec.Empty;
    }
}

internal sealed class PodTemplateSpecConverter : JsonConverter<PodTemplateSpec>
{
    public override PodTemplateSpec Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => PodTemplateSpec.Read(ref reader);

    public override void Write(Utf8JsonWriter writer, PodTemplateSpec value, JsonSerializerOptions options) => value.Json.WriteTo(writer);
}
