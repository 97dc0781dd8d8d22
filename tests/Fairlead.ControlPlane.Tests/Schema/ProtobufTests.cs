using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Schema;

namespace Fairlead.ControlPlane.Tests.Schema;

public class ProtobufTests
{
    public static TheoryData<string> Cases() => Case.Names("Protobuf");

    /// <summary>
    /// Witness: body is what kubectl 1.32 sent for the command, expected what the same command prints with <c>--dry-run=client -o json</c>.
    /// </summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_body_of_kubectl_gives_the_object_it_meant(string name)
    {
        byte[] body = Convert.FromBase64String(Case.Read("Protobuf", name, "body.base64"));

        DecodeResult decoded = ProtobufDecoder.Decode(SchemaRegistry.Default, body);

        Assert.Null(decoded.Error);
        JsonObject expected = Case.Json("Protobuf", name, "expected.json");
        Assert.True(JsonValues.Same(expected, decoded.Value), $"expected {expected.ToJsonString()}\nbut got {decoded.Value!.ToJsonString()}");
    }

    /// <summary>Damaged bodies give an object or an error, never another exception.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_damaged_body_costs_nothing_but_an_error(string name)
    {
        byte[] body = Convert.FromBase64String(Case.Read("Protobuf", name, "body.base64"));
        Random random = new(body.Length);
        for (int round = 0; round < 2000; round++)
        {
            byte[] damaged = body[..random.Next(4, body.Length + 1)];
            for (int changes = random.Next(4); changes > 0 && damaged.Length > 4; changes--)
            {
                damaged[random.Next(4, damaged.Length)] = (byte)random.Next(256);
            }

            DecodeResult decoded = ProtobufDecoder.Decode(SchemaRegistry.Default, damaged);
            Assert.True(decoded.Value is null != decoded.Error is null);
        }
    }

    [Fact]
    public void Nested_messages_end_at_a_depth()
    {
        TypeSchema schema = SchemaRegistry.Default.Type("apiextensions.v1.JSONSchemaProps");
        byte[] message = [];
        for (int depth = 0; depth < 400; depth++)
        {
            // not = 28: field number 28, length-delimited.
            int length = message.Length;
            message = [0xe2, 0x01, (byte)(length & 0x7f | 0x80), (byte)(length >> 7 & 0x7f | 0x80), (byte)(length >> 14), .. message];
        }

        Assert.Equal("exceeded max depth", ProtobufDecoder.Decode(schema, message, "", "").Error);
    }
}
