using System.Text;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Schema;
using Fairlead.ControlPlane.Schema.Apply;

namespace Fairlead.ControlPlane.Tests.Schema;

public class ServerSideApplyTests
{
    private static readonly DateTimeOffset _now = new(2026, 11, 21, 23, 53, 21, TimeSpan.Zero);

    /// <summary>Objects and owned fields as kube-apiserver 1.36 answered to a create by an updater.</summary>
    [Theory]
    [InlineData("v1/Service", """{"metadata":{"name":"sv","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"type":"ClusterIP","sessionAffinity":"None","internalTrafficPolicy":"Cluster"}}""",
        """{"f:spec":{"f:internalTrafficPolicy":{},"f:ports":{".":{},"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{},"f:protocol":{},"f:targetPort":{}}},"f:selector":{},"f:sessionAffinity":{},"f:type":{}}}""")]
    [InlineData("v1/Pod", """{"metadata":{"name":"p","namespace":"default"},"spec":{"containers":[{"name":"c","image":"nginx","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler","enableServiceLinks":true},"status":{"phase":"Pending"}}""",
        """{"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:resources":{},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:enableServiceLinks":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}""")]
    [InlineData("apps/v1/Deployment", """{"metadata":{"name":"d"},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"nginx:1","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler"}},"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}},"revisionHistoryLimit":10,"progressDeadlineSeconds":600},"status":{}}""",
        """{"f:spec":{"f:progressDeadlineSeconds":{},"f:replicas":{},"f:revisionHistoryLimit":{},"f:selector":{},"f:strategy":{"f:rollingUpdate":{".":{},"f:maxSurge":{},"f:maxUnavailable":{}},"f:type":{}},"f:template":{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:resources":{},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}}}""")]
    [InlineData("networking.k8s.io/v1/NetworkPolicy", """{"metadata":{"name":"n"},"spec":{"podSelector":{},"ingress":[{"ports":[{"protocol":"TCP","port":80}]}],"policyTypes":["Ingress"]}}""",
        """{"f:spec":{"f:ingress":{},"f:policyTypes":{}}}""")]
    [InlineData("discovery.k8s.io/v1/EndpointSlice", """{"metadata":{"name":"e"},"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"],"conditions":{}}],"ports":[{"name":"","protocol":"TCP","port":80}]}""",
        """{"f:addressType":{},"f:endpoints":{},"f:ports":{}}""")]
    [InlineData("v1/ConfigMap", """{"metadata":{"generateName":"g-","labels":{"l":"1"}}}""", """{"f:metadata":{"f:generateName":{},"f:labels":{".":{},"f:l":{}}}}""")]
    public void A_creator_owns_what_it_and_the_defaults_set(string kind, string body, string fields)
    {
        TypeSchema type = Kind(kind);
        JsonObject created = Canonical(type, body);

        FieldManager.Update(FieldManagerContext.For(type, "", hasStatus: true), null, created, "Python-urllib", _now);

        string expected = $$"""[{"manager":"Python-urllib","operation":"Update","apiVersion":"{{type.ApiVersion}}","time":"2026-11-21T23:53:21Z","fieldsType":"FieldsV1","fieldsV1":{{fields}}}]""";
        Assert.Equal(expected, Managed(created));
    }

    [Fact]
    public void An_applier_owns_what_it_applied()
    {
        JsonObject result = Apply(null, "m1", """{"data":{"x":"1","y":"1"}}""");

        Assert.Equal(
            """[{"manager":"m1","operation":"Apply","apiVersion":"v1","time":"2026-11-21T23:53:21Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:x":{},"f:y":{}}}}]""",
            Managed(result));
    }

    [Fact]
    public void Another_value_for_an_owned_field_conflicts()
    {
        JsonObject live = Apply(null, "m1", """{"data":{"x":"1","y":"1"}}""");

        ApplyConflictException conflict = Assert.Throws<ApplyConflictException>(() => Apply(live, "m2", """{"data":{"x":"2"}}"""));

        Assert.Equal("Apply failed with 1 conflict: conflict with \"m1\": .data.x", conflict.Message);
        Assert.Equal("conflict with \"m1\"", conflict.Conflicts[0].Message);
        Assert.Equal(".data.x", conflict.Conflicts[0].Field);
    }

    [Fact]
    public void Force_takes_the_field_over()
    {
        JsonObject live = Apply(null, "m1", """{"data":{"x":"1","y":"1"}}""");

        JsonObject result = Apply(live, "m2", """{"data":{"x":"2"}}""", force: true);

        Assert.Equal("""{"x":"2","y":"1"}""", result["data"]!.ToJsonString());
        Assert.Equal("""{"f:data":{"f:y":{}}}""", Fields(result, "m1"));
        Assert.Equal("""{"f:data":{"f:x":{}}}""", Fields(result, "m2"));
    }

    [Fact]
    public void The_same_value_is_shared_and_only_the_last_owner_s_leaving_removes_it()
    {
        JsonObject live = Apply(null, "m1", """{"data":{"x":"1","y":"1"}}""");
        live = Apply(live, "m2", """{"data":{"x":"1"}}""");

        live = Apply(live, "m1", """{"data":{"y":"1"}}""");
        Assert.Equal("""{"x":"1","y":"1"}""", live["data"]!.ToJsonString());

        live = Apply(live, "m2", "{}");
        Assert.Equal("""{"y":"1"}""", live["data"]!.ToJsonString());
        Assert.Null(Fields(live, "m2"));
    }

    [Fact]
    public void What_is_no_longer_applied_goes_away_and_what_others_set_stays()
    {
        TypeSchema type = Kind("apps/v1/Deployment");
        JsonObject live = ApplyTo(type, null, "m1", """{"metadata":{"name":"d","labels":{"a":"1"}},"spec":{"replicas":2,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"a","image":"a:1","env":[{"name":"X","value":"1"}]},{"name":"b","image":"b:1"}]}}}}""");
        live = ApplyTo(type, live, "m2", """{"metadata":{"name":"d"},"spec":{"template":{"spec":{"containers":[{"name":"b","imagePullPolicy":"Never"}]}}}}""");
        JsonObject updated = (JsonObject)live.DeepClone();
        updated["spec"]!["minReadySeconds"] = 5L;
        FieldManager.Update(FieldManagerContext.For(type, "", true), live, updated, "hand", _now);

        JsonObject result = ApplyTo(type, updated, "m1", """{"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"a","image":"a:1"}]}}}}""");

        Assert.Null(result["spec"]!["replicas"]);
        Assert.Null(result["metadata"]!["labels"]);
        Assert.Equal(5, result["spec"]!["minReadySeconds"]!.GetValue<long>());
        Assert.Equal(
            """[{"name":"a","image":"a:1","resources":{}},{"name":"b","resources":{},"imagePullPolicy":"Never"}]""",
            result["spec"]!["template"]!["spec"]!["containers"]!.ToJsonString());

        // An item that no other applier names goes, with what updaters set inside it.
        result = ApplyTo(type, result, "m2", """{"metadata":{"name":"d"}}""");
        Assert.Equal("a", Assert.Single(result["spec"]!["template"]!["spec"]!["containers"]!.AsArray())!["name"]!.GetValue<string>());
    }

    [Fact]
    public void A_conflict_inside_a_list_s_item_names_the_item_and_the_updater()
    {
        TypeSchema type = Kind("apps/v1/Deployment");
        JsonObject live = Canonical(type, """{"metadata":{"name":"d"},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"template":{"spec":{"containers":[{"name":"c","image":"nginx:1"}]}}}}""");
        FieldManager.Update(FieldManagerContext.For(type, "", true), null, live, "kubectl-client-side-apply", _now);

        ApplyConflictException conflict = Assert.Throws<ApplyConflictException>(() => ApplyTo(
            type, live, "me", """{"metadata":{"name":"d"},"spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"c","image":"nginx:2"}]}}}}"""));

        Assert.Equal(
            "Apply failed with 2 conflicts: conflicts with \"kubectl-client-side-apply\" using apps/v1:\n- .spec.replicas\n- .spec.template.spec.containers[name=\"c\"].image",
            conflict.Message);
    }

    [Fact]
    public void A_status_update_owns_status_only()
    {
        TypeSchema type = Kind("apps/v1/Deployment");
        JsonObject live = Canonical(type, """{"metadata":{"name":"d"},"spec":{"replicas":1,"selector":{},"template":{"spec":{"containers":[]}}}}""");
        FieldManager.Update(FieldManagerContext.For(type, "", true), null, live, "a", _now);
        JsonObject updated = (JsonObject)live.DeepClone();
        updated["status"]!["replicas"] = 1L;
        updated["spec"]!["replicas"] = 9L;

        FieldManager.Update(FieldManagerContext.For(type, "status", true), live, updated, "controller", _now.AddSeconds(1));

        Assert.Equal("""{"f:status":{"f:replicas":{}}}""", Fields(updated, "controller"));
        Assert.Equal("status", updated["metadata"]!["managedFields"]!.AsArray().Single(static e => e!["manager"]!.GetValue<string>() == "controller")!["subresource"]!.GetValue<string>());
    }

    [Fact]
    public void An_update_that_changes_nothing_keeps_the_times()
    {
        JsonObject live = Apply(null, "m1", """{"data":{"x":"1"}}""");
        string before = live.ToJsonString();

        JsonObject again = Apply(live, "m1", """{"data":{"x":"1"}}""", at: _now.AddHours(1));
        Assert.Equal(before, again.ToJsonString());

        JsonObject updated = (JsonObject)live.DeepClone();
        FieldManager.Update(FieldManagerContext.For(Kind("v1/ConfigMap"), "", false), live, updated, "other", _now.AddHours(1));
        Assert.Equal(before, updated.ToJsonString());
    }

    [Fact]
    public void Owners_that_a_client_sends_are_honoured_and_an_empty_entry_forgets_them()
    {
        TypeSchema type = Kind("v1/ConfigMap");
        JsonObject live = Apply(null, "m1", """{"data":{"x":"1"}}""");
        JsonObject migrated = (JsonObject)live.DeepClone();
        migrated["metadata"]!["managedFields"]![0]!["manager"] = "m9";
        FieldManager.Update(FieldManagerContext.For(type, "", false), live, migrated, "migrator", _now);
        Assert.Equal("""{"f:data":{"f:x":{}}}""", Fields(migrated, "m9"));

        JsonObject forgotten = (JsonObject)live.DeepClone();
        forgotten["metadata"]!["managedFields"] = new JsonArray { (JsonNode)new JsonObject() };
        FieldManager.Update(FieldManagerContext.For(type, "", false), live, forgotten, "migrator", _now);
        Assert.False(forgotten["metadata"]!.AsObject().ContainsKey("managedFields"));
    }

    [Fact]
    public void An_object_that_nobody_tracked_is_tracked_from_its_first_apply()
    {
        JsonObject live = Canonical(Kind("v1/ConfigMap"), """{"metadata":{"name":"c","uid":"u"},"data":{"x":"1","y":"1"}}""");

        ApplyConflictException conflict = Assert.Throws<ApplyConflictException>(() => Apply(live, "m1", """{"data":{"x":"2"}}"""));

        Assert.Equal("Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.x", conflict.Message);
    }

    [Fact]
    public void Kubectl_takes_over_what_it_applied_from_the_client_s_side()
    {
        TypeSchema type = Kind("v1/ConfigMap");
        JsonObject live = Canonical(type, """{"metadata":{"name":"c","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"},\"data\":{\"x\":\"1\"}}"}},"data":{"x":"1"}}""");
        FieldManager.Update(FieldManagerContext.For(type, "", false), null, live, "kubectl-client-side-apply", _now);

        JsonObject result = ApplyTo(type, live, "kubectl", """{"metadata":{"name":"c"},"data":{"x":"2"}}""");

        Assert.Equal("2", result["data"]!["x"]!.GetValue<string>());
        Assert.Equal(
            "{\"apiVersion\":\"v1\",\"data\":{\"x\":\"2\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}\n",
            result["metadata"]!["annotations"]!["kubectl.kubernetes.io/last-applied-configuration"]!.GetValue<string>());
    }

    [Theory] //  body                                              message
    [InlineData("""{"spec":{"replica":1}}""", ".spec.replica: field not declared in schema")]
    [InlineData("""{"spec":{"replicas":"one"}}""", ".spec.replicas: expected numeric (int or float), got string")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"name":"a"},{"name":"a"}]}}}}""", """.spec.template.spec.containers: duplicate entries for key [name="a"]""")]
    public void A_configuration_that_does_not_fit_is_refused(string body, string message)
    {
        PatchException refused = Assert.Throws<PatchException>(() => ApplyTo(Kind("apps/v1/Deployment"), null, "m", body));

        Assert.Equal($"failed to create typed patch object (/; apps/v1, Kind=Deployment): {message}", refused.Message);
    }

    [Fact]
    public void Applied_items_keep_their_order_among_others()
    {
        TypeSchema type = Kind("v1/Pod");
        JsonObject live = ApplyTo(type, null, "m1", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""");

        JsonObject result = ApplyTo(type, live, "m2", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c"},{"name":"b"}]}}""");

        Assert.Equal("a,c,b", string.Join(',', result["spec"]!["containers"]!.AsArray().Select(static c => c!["name"]!.GetValue<string>())));
    }

    [Fact]
    public void Field_sets_are_written_in_order_whatever_order_they_were_read_in()
    {
        const string Ordered = """{"f:a":{},"f:ports":{".":{},"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}},"k:{\"port\":443,\"protocol\":\"TCP\"}":{}},"f:z":{"v:\"x\"":{},"v:\"y\"":{}}}""";
        const string Shuffled = """{"f:z":{"v:\"y\"":{},"v:\"x\"":{}},"f:ports":{"k:{\"protocol\":\"TCP\",\"port\":443}":{},"k:{\"port\":80,\"protocol\":\"TCP\"}":{"f:port":{},".":{}},".":{}},"f:a":{}}""";

        Assert.Equal(Ordered, FieldSet.Parse(JsonNode.Parse(Shuffled)).ToJson().ToJsonString(KubernetesText.Options));
    }

    private static JsonObject Apply(JsonObject? live, string manager, string body, bool force = false, DateTimeOffset? at = null) =>
        ApplyTo(Kind("v1/ConfigMap"), live, manager, body, force, at);

    private static JsonObject ApplyTo(TypeSchema type, JsonObject? live, string manager, string body, bool force = false, DateTimeOffset? at = null)
    {
        JsonObject applied = JsonNode.Parse(body)!.AsObject();
        applied["apiVersion"] = type.ApiVersion;
        applied["kind"] = type.GoName;
        JsonObject merged = FieldManager.Apply(FieldManagerContext.For(type, "", hasStatus: type.Field("status") is not null), live, applied, manager, force, at ?? _now);
        DecodeResult decoded = JsonDecoder.Decode(type, merged);
        Assert.Null(decoded.Error);
        return decoded.Value!;
    }

    private static string Managed(JsonObject value) => value["metadata"]!["managedFields"]!.ToJsonString(KubernetesText.Options);

    private static string? Fields(JsonObject value, string manager) => value["metadata"]!["managedFields"]!.AsArray()
        .FirstOrDefault(e => e!["manager"]!.GetValue<string>() == manager)?["fieldsV1"]!.ToJsonString(KubernetesText.Options);

    private static JsonObject Canonical(TypeSchema type, string body) => JsonDecoder.Decode(type, Encoding.UTF8.GetBytes(body)).Value!;

    private static TypeSchema Kind(string kind)
    {
        int slash = kind.LastIndexOf('/');
        return SchemaRegistry.Default.Find(kind[..slash], kind[(slash + 1)..])!;
    }
}
