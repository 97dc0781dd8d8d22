using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Schema;

namespace Fairlead.ControlPlane.Tests.Schema;

/// <summary>
/// Witness: the files that Kubernetes publishes beside its Go types (k8s.io/api/testdata), one object of every kind with every field set,
/// in JSON and in protobuf. Debian ships them in golang-k8s-api-dev; KUBERNETES_API_TESTDATA names the folder that holds HEAD.
/// </summary>
public class PublishedTestData
{
    public static TheoryData<string> Files()
    {
        TheoryData<string> files = [];
        if (Environment.GetEnvironmentVariable("KUBERNETES_API_TESTDATA") is { Length: > 0 } folder)
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(folder, "HEAD"), "*.pb").Order(StringComparer.Ordinal))
            {
                string name = Path.GetFileNameWithoutExtension(file);
                ProtobufDecoder.ReadEnvelope(File.ReadAllBytes(file), out string apiVersion, out string kind);
                if (SchemaRegistry.Default.Find(apiVersion, kind) is not null)
                {
                    files.Add(name);
                }
            }
        }
        else
        {
            files.Add("");
        }

        return files;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Protobuf_and_JSON_give_the_published_object(string name)
    {
        Assert.SkipWhen(name.Length == 0, "KUBERNETES_API_TESTDATA is not set (golang-k8s-api-dev is not unpacked here)");
        string path = Path.Combine(Environment.GetEnvironmentVariable("KUBERNETES_API_TESTDATA")!, "HEAD", name);
        byte[] protobuf = File.ReadAllBytes(path + ".pb");
        byte[] json = File.ReadAllBytes(path + ".json");
        ProtobufDecoder.ReadEnvelope(protobuf, out string apiVersion, out string kind);
        TypeSchema type = SchemaRegistry.Default.Find(apiVersion, kind)!;

        JsonNode expected = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { MaxDepth = 512 })!;
        DecodeResult fromJson = JsonDecoder.Decode(type, json);
        DecodeResult fromProtobuf = ProtobufDecoder.Decode(SchemaRegistry.Default, protobuf);

        Assert.Null(fromJson.Error);
        Assert.Empty(fromJson.StrictErrors);
        Assert.Null(fromProtobuf.Error);
        Assert.Equal(expected.ToJsonString(), fromJson.Value!.ToJsonString());
        Assert.Equal(expected.ToJsonString(), fromProtobuf.Value!.ToJsonString());
    }
}
