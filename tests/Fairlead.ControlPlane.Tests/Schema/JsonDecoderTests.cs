using System.Text;
using Fairlead.ControlPlane.Schema;

namespace Fairlead.ControlPlane.Tests.Schema;

public class JsonDecoderTests
{
    [Theory] //  kind           body                                                  note
    [InlineData("v1/ConfigMap", """{"dat":{}}""", """unknown field "dat" """)]
    [InlineData("v1/ConfigMap", """{"data":{"a":"1","a":"2"}}""", """duplicate field "data.a" """)]
    [InlineData("v1/Pod", """{"spec":{"containers":[{"name":"a"},{"nam":"b"}]}}""", """unknown field "spec.containers[1].nam" """)]
    [InlineData("v1/Pod", """{"spec":{"volumes":[{"name":"v","emptyDirr":{}}]}}""", """unknown field "spec.volumes[0].emptyDirr" """)]
    [InlineData("v1/Pod", """{"metadata":{"name":"a","name":"b"}}""", """duplicate field "metadata.name" """)]
    [InlineData("apps/v1/Deployment", """{"Spec":{}}""", """unknown field "Spec" """)]
    [InlineData("apps/v1/Deployment", """{"spec":{"selector":{"matchLabels":{"x":"y","x":"y"}}},"foo":1,"spec":{}}""", """duplicate field "spec.selector.matchLabels.x", unknown field "foo", duplicate field "spec" """)]
    public void Fields_that_no_schema_knows_are_noted(string kind, string body, string notes)
    {
        DecodeResult result = Decode(kind, body);

        Assert.Null(result.Error);
        Assert.Equal("strict decoding error: " + notes.TrimEnd(), result.StrictError);
    }

    [Theory] //  kind             body                                       error
    [InlineData("v1/ConfigMap", """{"data":{"a":1}}""", "json: cannot unmarshal number into Go struct field ConfigMap.data of type string")]
    [InlineData("v1/ConfigMap", "[]", "json: cannot unmarshal array into Go value of type v1.ConfigMap")]
    [InlineData("apps/v1/Deployment", """{"spec":{"replicas":"3"}}""", "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("apps/v1/Deployment", """{"spec":{"replicas":1.5}}""", "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("apps/v1/Deployment", """{"spec":{"replicas":3000000000}}""", "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("v1/Service", """{"spec":{"ports":[{"port":"http"}]}}""", "json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32")]
    [InlineData("v1/Service", """{"spec":{"ports":[{"protocol":6}]}}""", "json: cannot unmarshal number into Go struct field ServicePort.spec.ports.protocol of type v1.Protocol")]
    [InlineData("v1/Service", """{"spec":{"ports":[{"targetPort":true}]}}""", "json: cannot unmarshal bool into Go value of type int32")]
    [InlineData("v1/Pod", """{"metadata":{"labels":["a"]}}""", "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string")]
    [InlineData("v1/Pod", """{"spec":{"containers":{"name":"a"}}}""", "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container")]
    [InlineData("v1/Pod", """{"spec":"x"}""", "json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec")]
    [InlineData("v1/Pod", """{"spec":{"containers":[{"resources":{"limits":{"cpu":"lots"}}}]}}""", Quantity.FormatError)]
    [InlineData("v1/Pod", """{"spec":{"hostNetwork":"yes"},"metadata":{"creationTimestamp":"yesterday"}}""", """parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006" """)]
    [InlineData("v1/Secret", """{"data":{"a":"?"}}""", "illegal base64 data at input byte 0")]
    [InlineData("v1/Pod", """{"spec":{"volumes":[{"name":"a","hostPath":7}]}}""", "json: cannot unmarshal number into Go struct field Volume.spec.volumes.VolumeSource.hostPath of type v1.HostPathVolumeSource")]
    public void A_value_of_the_wrong_type_is_refused_in_Go_s_words(string kind, string body, string error) =>
        Assert.Equal(error.TrimEnd(), Decode(kind, body).Error);

    [Theory] // body             error
    [InlineData("{bad", "invalid character 'b' looking for beginning of object key string")]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("""{"a" 1}""", "invalid character '1' after object key")]
    [InlineData("""{"a":1 2}""", "invalid character '2' after object key:value pair")]
    [InlineData("""[1 2]""", "invalid character '2' after array element")]
    [InlineData("""{"a":tru3}""", "invalid character '3' in literal true (expecting 'e')")]
    [InlineData("""{"a":1.}""", "invalid character '}' after decimal point in numeric literal")]
    [InlineData("""{} x""", "invalid character 'x' after top-level value")]
    [InlineData("""{"a":"\x"}""", "invalid character 'x' in string escape code")]
    [InlineData("""{"a":"b",}""", "invalid character '}' looking for beginning of object key string")]
    public void Malformed_text_is_refused_in_Go_s_words(string body, string error) => Assert.Equal(error, Decode("v1/Pod", body).Error);

    [Theory] //  kind            body                                                          canonical
    [InlineData("v1/ConfigMap", """{"data":{"b":"2","a":"1"},"x":1,"metadata":{"name":"c","creationTimestamp":null}}""", """{"metadata":{"name":"c"},"data":{"a":"1","b":"2"}}""")]
    [InlineData("v1/Service", """{"spec":{"ports":[{"port":80}]}}""", """{"metadata":{},"spec":{"ports":[{"port":80,"targetPort":0}]},"status":{"loadBalancer":{}}}""")]
    [InlineData("coordination.k8s.io/v1/Lease", """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease"}""", """{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{},"spec":{}}""")]
    [InlineData("apps/v1/Deployment", """{"spec":{"replicas":0,"paused":false}}""", """{"metadata":{},"spec":{"replicas":0,"selector":null,"template":{"metadata":{},"spec":{"containers":null}},"strategy":{}},"status":{}}""")]
    [InlineData("v1/Pod", """{"spec":{"containers":[{"name":"a","resources":{"limits":{"memory":"1024Mi","cpu":0.5}}}]}}""", """{"metadata":{},"spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":"500m","memory":"1Gi"}}}]},"status":{}}""")]
    [InlineData("v1/Event", """{"metadata":{},"lastTimestamp":"2026-01-02T03:04:05+02:00"}""", """{"metadata":{},"involvedObject":{},"source":{},"firstTimestamp":null,"lastTimestamp":"2026-01-02T01:04:05Z","eventTime":null,"reportingComponent":"","reportingInstance":""}""")]
    public void An_object_comes_back_as_Go_would_write_it(string kind, string body, string canonical)
    {
        DecodeResult result = Decode(kind, body);

        Assert.Null(result.Error);
        Assert.Equal(canonical, result.Value!.ToJsonString());
        Assert.Equal(canonical, JsonDecoder.Decode(Kind(kind), result.Value).Value!.ToJsonString());
    }

    [Theory] // text       canonical
    [InlineData("1000m", "1")]
    [InlineData("0.5", "500m")]
    [InlineData("1.5Gi", "1536Mi")]
    [InlineData("1024Ki", "1Mi")]
    [InlineData("100Ki", "100Ki")]
    [InlineData("0.5Ki", "512")]
    [InlineData("12e6", "12e6")]
    [InlineData("1e3", "1e3")]
    [InlineData("1E", "1E")]
    [InlineData("1000k", "1M")]
    [InlineData("+5", "5")]
    [InlineData("-0.001", "-1m")]
    [InlineData("0Gi", "0")]
    [InlineData("1n", "1n")]
    [InlineData("0.1n", "1n")]
    [InlineData(".5", "500m")]
    [InlineData("99999999999999999999", "9223372036854775807")]
    [InlineData("1.7976931348623157e308", "9223372036854775807")]
    public void A_quantity_has_one_text(string text, string canonical)
    {
        Assert.Null(Quantity.TryParse(text, out Quantity quantity));
        Assert.Equal(canonical, quantity.ToString());
    }

    [Theory]
    [InlineData("", Quantity.FormatError)]
    [InlineData("lots", Quantity.FormatError)]
    [InlineData("1.2.3", Quantity.FormatError)]
    [InlineData("1Kii", "unable to parse quantity's suffix")]
    [InlineData("1K", "unable to parse quantity's suffix")]
    public void A_text_that_is_no_quantity_is_refused(string text, string error) => Assert.Equal(error, Quantity.TryParse(text, out _));

    [Theory] // text   canonical
    [InlineData("90m", "1h30m0s")]
    [InlineData("1.5s", "1.5s")]
    [InlineData("20ms", "20ms")]
    [InlineData("1h1us", "1h0m0.000001s")]
    [InlineData("0", "0s")]
    public void A_duration_has_one_text(string text, string canonical)
    {
        Assert.Null(GoTime.ParseDuration(text, out long nanoseconds));
        Assert.Equal(canonical, GoTime.FormatDuration(nanoseconds));
    }

    [Fact]
    public void Every_type_of_the_table_parses()
    {
        foreach (string name in SchemaRegistry.Default.TypeNames)
        {
            TypeSchema type = SchemaRegistry.Default.Type(name);
            Assert.True(type.Fields.Count < 128, $"{name} has more fields than the decoder's duplicate check holds");
            Assert.NotNull(CanonicalObject.Zero(type));
            Assert.All(type.Fields, static field => Assert.True(field.Value.Kind != ValueKind.Struct || field.Value.Struct.Name.Length > 0));
        }
    }

    private static TypeSchema Kind(string kind)
    {
        int slash = kind.LastIndexOf('/');
        return SchemaRegistry.Default.Find(kind[..slash], kind[(slash + 1)..])!;
    }

    private static DecodeResult Decode(string kind, string body) => JsonDecoder.Decode(Kind(kind), Encoding.UTF8.GetBytes(body));
}
