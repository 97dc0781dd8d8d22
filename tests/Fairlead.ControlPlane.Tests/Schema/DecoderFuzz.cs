using System.Text;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Schema;
using Fairlead.ControlPlane.Schema.Apply;

namespace Fairlead.ControlPlane.Tests.Schema;

/// <summary>Hostile input gives an object or an error, never another exception, and what is accepted stays as it is.</summary>
public class DecoderFuzz
{
    private const string Pod = """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"b"},"creationTimestamp":"2026-01-02T03:04:05Z","finalizers":["x/y"]},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}],"resources":{"limits":{"cpu":"100m","memory":"1Gi"}},"livenessProbe":{"httpGet":{"port":"http"}}}],"tolerations":[{"key":"k","tolerationSeconds":5}],"volumes":[{"name":"v","secret":{"secretName":"s"}}]}}""";

    [Fact]
    public void Damaged_JSON_gives_an_object_or_an_error()
    {
        TypeSchema type = SchemaRegistry.Default.Find("v1", "Pod")!;
        byte[] body = Encoding.UTF8.GetBytes(Pod);
        byte[] interesting = Encoding.ASCII.GetBytes("{}[]\",:\\u0019-.eEtfn \0\xff");
        Random random = new(1);
        int accepted = 0;
        for (int round = 0; round < 5000; round++)
        {
            byte[] damaged = [.. body];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                damaged[random.Next(damaged.Length)] = interesting[random.Next(interesting.Length)];
            }

            DecodeResult result = JsonDecoder.Decode(type, damaged);
            Assert.True(result.Value is null != result.Error is null);
            if (result.Value is { } value)
            {
                accepted++;
                string once = value.ToJsonString();
                Assert.Equal(once, JsonDecoder.Decode(type, Encoding.UTF8.GetBytes(once)).Value!.ToJsonString());
            }
        }

        Assert.True(accepted > 100, $"only {accepted} damaged bodies were still JSON: the test says little");
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        TypeSchema type = SchemaRegistry.Default.Find("apiextensions.k8s.io/v1", "CustomResourceDefinition")!;
        string deep = string.Concat(Enumerable.Repeat("""{"not":""", 600)) + "{}" + new string('}', 600);
        string body = $$$"""{"spec":{"versions":[{"schema":{"openAPIV3Schema":{{{deep}}}}}]}}""";

        Assert.NotNull(JsonDecoder.Decode(type, Encoding.UTF8.GetBytes(body)).Error);
    }

    [Fact]
    public void Any_two_objects_can_be_patched_merged_and_compared()
    {
        TypeSchema type = SchemaRegistry.Default.Find("v1", "Pod")!;
        ApplySchema schema = ApplySchema.Of(type);
        Random random = new(2);
        JsonObject pod = JsonDecoder.Decode(type, Encoding.UTF8.GetBytes(Pod)).Value!;
        for (int round = 0; round < 1000; round++)
        {
            JsonObject left = MutateRoot(pod, random);
            JsonObject right = MutateRoot(pod, random);
            try
            {
                StrategicMergePatch.Apply(type, left, right);
                JsonNode? merged = TypedValue.Merge(schema, left, right);
                if (TypedValue.Validate(schema, left).Count == 0 && TypedValue.Validate(schema, right).Count == 0)
                {
                    Comparison second = TypedValue.Compare(schema, merged, TypedValue.Merge(schema, merged, right));
                    Assert.True(second.IsSame, $"{left.ToJsonString()}\n{right.ToJsonString()}\n{merged?.ToJsonString()}\n{second.Added.ToJson()} {second.Modified.ToJson()} {second.Removed.ToJson()}");
                }
            }
            catch (PatchException)
            {
                // Refused, as it may be.
            }

            Assert.True(TypedValue.Compare(schema, left, left.DeepClone()).IsSame);
            FieldSet set = TypedValue.ToFieldSet(schema, left);
            Assert.True(set.Same(FieldSet.Parse(JsonNode.Parse(set.ToJson().ToJsonString()))));
        }
    }

    private static JsonNode? Mutate(JsonNode? node, Random random)
    {
        if (random.Next(40) == 0)
        {
            return random.Next(6) switch { 0 => null, 1 => "text", 2 => 7L, 3 => new JsonArray(), 4 => true, _ => node is JsonObject ? new JsonObject() : (JsonNode)"x" };
        }

        return node switch
        {
            JsonObject map => MutateMap(map, random),
            JsonArray list => new JsonArray([.. list.Concat(random.Next(3) == 0 ? list : []).Select(item => Mutate(item, random))]),
            _ => node?.DeepClone(),
        };
    }

    private static JsonObject MutateRoot(JsonObject root, Random random) =>
        new(root.Select(p => KeyValuePair.Create(p.Key, p.Value is JsonObject inner ? MutateMap(inner, random) : p.Value?.DeepClone())));

    private static JsonObject MutateMap(JsonObject map, Random random) =>
        new(map.Where(_ => random.Next(10) > 0).Select(p => KeyValuePair.Create(p.Key, Mutate(p.Value, random))));
}
