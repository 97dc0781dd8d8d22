using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Schema;

namespace Fairlead.ControlPlane.Tests.Schema;

public class GoTextTests
{
    [Theory] // JSON                                  fmt's %v
    [InlineData("""{"b":{"c":[1,"x",null]},"a":true}""", "map[a:true b:map[c:[1 x <nil>]]]")]
    [InlineData("""{}""", "map[]")]
    public void A_tree_is_printed_as_Go_prints_maps(string json, string text) => Assert.Equal(text, GoText.Print(JsonNode.Parse(json)));

    [Theory] // text      %q
    [InlineData("a\"b\\", "\"a\\\"b\\\\\"")]
    [InlineData("tab\tnul\0", "\"tab\\tnul\\x00\"")]
    [InlineData("grün", "\"grün\"")]
    public void A_string_is_quoted_as_Go_quotes_it(string text, string quoted) => Assert.Equal(quoted, GoText.Quote(text));
}
