using System.Text;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Schema;

namespace Fairlead.ControlPlane.Tests.Schema;

public class JsonPatchTests
{
    [Theory] // RFC 6902, appendix A, and what kubectl users write
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux"}]""", """{"foo":"bar","baz":"qux"}""")]
    [InlineData("""{"foo":["bar","baz"]}""", """[{"op":"add","path":"/foo/1","value":"qux"}]""", """{"foo":["bar","qux","baz"]}""")]
    [InlineData("""{"foo":["bar"]}""", """[{"op":"add","path":"/foo/-","value":["abc"]}]""", """{"foo":["bar",["abc"]]}""")]
    [InlineData("""{"baz":"qux","foo":"bar"}""", """[{"op":"remove","path":"/baz"}]""", """{"foo":"bar"}""")]
    [InlineData("""{"foo":["bar","qux","baz"]}""", """[{"op":"remove","path":"/foo/1"}]""", """{"foo":["bar","baz"]}""")]
    [InlineData("""{"foo":"bar"}""", """[{"op":"replace","path":"/foo","value":null}]""", """{"foo":null}""")]
    [InlineData("""{"a":{"b":1},"c":{}}""", """[{"op":"move","from":"/a/b","path":"/c/d"}]""", """{"a":{},"c":{"d":1}}""")]
    [InlineData("""{"a":[1]}""", """[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/-","value":2}]""", """{"a":[1],"b":[1,2]}""")]
    [InlineData("""{"a~b":{"c/d":1}}""", """[{"op":"test","path":"/a~0b/c~1d","value":1},{"op":"remove","path":"/a~0b/c~1d"}]""", """{"a~b":{}}""")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"","value":{"b":2}}]""", """{"b":2}""")]
    public void A_patch_applies(string document, string patch, string result) =>
        Assert.Equal(result, JsonPatch.Apply(JsonNode.Parse(document)!, Encoding.UTF8.GetBytes(patch))!.ToJsonString());

    [Theory] //  patch                                                code
    [InlineData("""[{"op":"test","path":"/a","value":2}]""", 422)]
    [InlineData("""[{"op":"remove","path":"/missing"}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/missing","value":1}]""", 422)]
    [InlineData("""[{"op":"add","path":"/missing/b","value":1}]""", 422)]
    [InlineData("""[{"op":"add","path":"/l/9","value":1}]""", 422)]
    [InlineData("""[{"op":"jump","path":"/a"}]""", 422)]
    [InlineData("""[{"path":"/a"}]""", 422)]
    [InlineData("""{"op":"add"}""", 400)]
    [InlineData("""[{]""", 400)]
    public void A_patch_that_does_not_fit_is_refused(string patch, int code) =>
        Assert.Equal(code, Assert.Throws<PatchException>(() => JsonPatch.Apply(JsonNode.Parse("""{"a":1,"l":[1]}""")!, Encoding.UTF8.GetBytes(patch))).Code);

    [Theory] // RFC 7396, appendix A
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    [InlineData("""{"a":"foo"}""", """["c"]""", """["c"]""")]
    public void A_merge_patch_applies(string document, string patch, string result) =>
        Assert.Equal(result, MergePatch.Apply(JsonNode.Parse(document), JsonNode.Parse(patch))!.ToJsonString());
}
