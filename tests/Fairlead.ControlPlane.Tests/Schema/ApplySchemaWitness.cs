using Fairlead.ControlPlane.Schema;
using Fairlead.ControlPlane.Schema.Apply;
using YamlDotNet.RepresentationModel;

namespace Fairlead.ControlPlane.Tests.Schema;

/// <summary>
/// Witness: the merge schema that client-go carries for its apply configurations (applyconfigurations/internal/internal.go; Debian's
/// golang-k8s-client-go-dev). KUBERNETES_CLIENT_GO names that package's folder.
/// </summary>
public class ApplySchemaWitness
{
    [Fact]
    public void Every_type_merges_as_client_go_says()
    {
        string? folder = Environment.GetEnvironmentVariable("KUBERNETES_CLIENT_GO");
        Assert.SkipWhen(string.IsNullOrEmpty(folder), "KUBERNETES_CLIENT_GO is not set (golang-k8s-client-go-dev is not unpacked here)");
        string source = File.ReadAllText(Path.Combine(folder!, "applyconfigurations/internal/internal.go"));
        int start = source.IndexOf("`types:", StringComparison.Ordinal) + 1;
        YamlStream yaml = new();
        yaml.Load(new StringReader(source[start..source.IndexOf('`', start)]));
        Dictionary<string, TypeSchema> types = SchemaRegistry.Default.TypeNames.Select(SchemaRegistry.Default.Type).ToDictionary(static t => t.OpenApiName);
        List<string> differences = [];
        int compared = 0;
        foreach (YamlMappingNode node in ((YamlSequenceNode)yaml.Documents[0].RootNode["types"]).Cast<YamlMappingNode>())
        {
            string name = ((YamlScalarNode)node["name"]).Value!;
            if (!types.TryGetValue(name, out TypeSchema? type) || !node.Children.TryGetValue("map", out YamlNode? map))
            {
                continue;
            }

            compared++;
            ApplySchema schema = ApplySchema.Of(type);
            bool atomic = Text(map, "elementRelationship") == "atomic";
            if (atomic != schema.Atomic)
            {
                differences.Add($"{name}: atomic {atomic}");
            }

            if (!((YamlMappingNode)map).Children.TryGetValue("fields", out YamlNode? fields))
            {
                continue;
            }

            foreach (YamlMappingNode field in ((YamlSequenceNode)fields).Cast<YamlMappingNode>())
            {
                string fieldName = ((YamlScalarNode)field["name"]).Value!;
                string expected = Describe(field["type"]);
                string actual = schema.Field(fieldName) is { } own ? Describe(own) : "missing";
                if (expected.StartsWith("named", StringComparison.Ordinal) ? actual is "missing" : expected != actual)
                {
                    differences.Add($"{name}.{fieldName}: {expected}, not {actual}");
                }
            }
        }

        Assert.True(compared > 300, $"only {compared} types compared");
        Assert.Empty(differences);
    }

    private static string Describe(YamlNode type)
    {
        YamlMappingNode map = (YamlMappingNode)type;
        if (map.Children.ContainsKey("scalar"))
        {
            return "scalar " + Text(map, "scalar");
        }

        if (map.Children.TryGetValue("list", out YamlNode? list))
        {
            string keys = ((YamlMappingNode)list).Children.TryGetValue("keys", out YamlNode? names)
                ? string.Join(',', ((YamlSequenceNode)names).Select(static n => ((YamlScalarNode)n).Value))
                : "";
            return $"list {Text(list, "elementRelationship")} {keys}".TrimEnd();
        }

        if (map.Children.TryGetValue("map", out YamlNode? inner))
        {
            return Text(inner, "elementRelationship") == "atomic" ? "map atomic" : "map";
        }

        return Text(map, "elementRelationship") == "atomic" ? "map atomic" : "named";
    }

    private static string Describe(ApplySchema schema) => schema.Kind switch
    {
        ApplyKind.String => "scalar string",
        ApplyKind.Number => "scalar numeric",
        ApplyKind.Boolean => "scalar boolean",
        ApplyKind.Scalar => "scalar untyped",
        ApplyKind.List => schema.Atomic ? "list atomic" : $"list associative {string.Join(',', schema.Keys)}".TrimEnd(),
        ApplyKind.Map => schema.Atomic ? "map atomic" : "map",
        _ => schema.Kind.ToString(),
    };

    private static string? Text(YamlNode node, string key) =>
        node is YamlMappingNode map && map.Children.TryGetValue(key, out YamlNode? value) ? ((YamlScalarNode)value).Value : null;
}
