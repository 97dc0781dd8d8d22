using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Schema;

namespace Fairlead.ControlPlane.Tests.Schema;

public class StrategicMergePatchTests
{
    public static TheoryData<string> Cases() => Case.Names("StrategicMerge");

    /// <summary>Witness: result.json is what <c>kubectl patch --local --type=strategic</c> 1.36 made of original and patch.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Merges_as_kubectl_does(string name)
    {
        JsonObject original = Case.Json("StrategicMerge", name, "original.json");
        JsonObject patch = Case.Json("StrategicMerge", name, "patch.json");
        JsonObject expected = Case.Json("StrategicMerge", name, "result.json");
        TypeSchema type = SchemaRegistry.Default.Find(original["apiVersion"]!.GetValue<string>(), original["kind"]!.GetValue<string>())!;

        JsonObject result = StrategicMergePatch.Apply(type, original, patch);

        Assert.Equal(Canonical(type, expected), Canonical(type, result));
        Assert.Equal(Case.Json("StrategicMerge", name, "original.json").ToJsonString(), original.ToJsonString());
    }

    [Theory] // patch                                                                    message
    [InlineData("""{"spec":{"strategy":{"$retainKeys":["x"],"type":"Recreate"}}}""", "invalid patch format of retainKeys")]
    [InlineData("""{"metadata":{"$deleteFromPrimitiveList":["a"]}}""", "invalid patch format of primitive list")]
    [InlineData("""{"spec":{"$patch":"explode"}}""", """unknown patch type: "explode" in map: {"$patch":"explode"}""")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"image":"x"}]}}}}""", """map: {"image":"x"} does not contain declared merge key: name""")]
    public void A_bad_patch_is_refused(string patch, string message)
    {
        JsonObject original = JsonNode.Parse("""{"metadata":{"finalizers":["a"]},"spec":{"strategy":{"type":"RollingUpdate"},"template":{"spec":{"containers":[{"name":"a"}]}}}}""")!.AsObject();

        PatchException refused = Assert.Throws<PatchException>(
            () => StrategicMergePatch.Apply(SchemaRegistry.Default.Find("apps/v1", "Deployment")!, original, JsonNode.Parse(patch)!.AsObject()));

        Assert.Equal(message, refused.Message);
    }

    private static string Canonical(TypeSchema type, JsonObject value)
    {
        DecodeResult decoded = JsonDecoder.Decode(type, value);
        Assert.Null(decoded.Error);
        return decoded.Value!.ToJsonString();
    }
}
