using System.Text.Json.Nodes;

namespace Fairlead.Lab.Tests.Kubelet;

[Trait("Category", "Root")]
public sealed class PodFeatureTests
{
    [Fact]
    public async Task A_container_sees_what_its_pod_says()
    {
        await using var node = await TestNode.StartAsync();
        node.Api.Create("/api/v1/namespaces/default/configmaps", Object("ConfigMap", "cm", """{"data":{"a":"1","b.txt":"from a map"}}"""));
        node.Api.Create("/api/v1/namespaces/default/secrets", Object("Secret", "sec", """{"data":{"pw":"Z2VoZWlt"}}"""));
        node.Api.Create("/api/v1/namespaces/default/services", Object("Service", "web", """{"spec":{"clusterIP":"10.32.0.7","ports":[{"port":80,"protocol":"TCP"}]}}"""));
        node.CreatePod("a", """
            {
              "restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "hostname": "feathost", "subdomain": "sub", "serviceAccountName": "default",
              "hostAliases": [{"ip":"192.0.2.5","hostnames":["alias.example"]}],
              "securityContext": {"runAsUser":1000,"runAsGroup":1000,"fsGroup":2000},
              "initContainers": [
                {"name":"init","image":"machine","command":["sh","-c","echo from init > /data/init"],"volumeMounts":[{"name":"data","mountPath":"/data"}]},
                {"name":"side","image":"machine","restartPolicy":"Always","command":["sleep","infinity"]}],
              "containers": [{
                "name":"main","image":"machine",
                "command":["sh","-c","id -u; id -g; id -G; cat /data/init /cfg/b.txt; echo; cat /sec/pw; echo; cat /dl/labels; echo; cat /token/token; echo; hostname; cat /etc/hostname; grep -c alias.example /etc/hosts; grep -c \"feathost.sub.default.svc.cluster.local\" /etc/hosts; cat /etc/resolv.conf; echo $FROM_CM $S_pw $LIMIT $WEB_SERVICE_HOST $(NODE) '$$(NODE)'; ls -A /run /var/lib/fairlead"],
                "env": [
                  {"name":"NODE","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}},
                  {"name":"FROM_CM","valueFrom":{"configMapKeyRef":{"name":"cm","key":"a"}}},
                  {"name":"LIMIT","valueFrom":{"resourceFieldRef":{"resource":"limits.memory","divisor":"1Mi"}}}],
                "envFrom": [{"prefix":"S_","secretRef":{"name":"sec"}}],
                "resources": {"limits":{"memory":"64Mi","cpu":"500m"}},
                "volumeMounts": [{"name":"data","mountPath":"/data"},{"name":"cfg","mountPath":"/cfg"},{"name":"sec","mountPath":"/sec"},{"name":"dl","mountPath":"/dl"},{"name":"token","mountPath":"/token"}]}],
              "volumes": [
                {"name":"data","emptyDir":{}},{"name":"cfg","configMap":{"name":"cm"}},{"name":"sec","secret":{"secretName":"sec"}},
                {"name":"dl","downwardAPI":{"items":[{"path":"labels","fieldRef":{"fieldPath":"metadata.name"}}]}},
                {"name":"token","projected":{"sources":[{"serviceAccountToken":{"path":"token"}}]}}]
            }
            """);
        await node.UntilAsync(() => (string?)node.Pod("a")!["status"]!["phase"] is "Succeeded" or "Failed", "it has ended");
        Assert.Equal(
            """
            1000
            1000
            1000 2000
            from init
            from a map
            geheim
            a
            a-token
            feathost
            feathost
            1
            1
            search default.svc.cluster.local svc.cluster.local cluster.local
            nameserver 10.32.0.10
            options ndots:5
            1 geheim 64 10.32.0.7 n0 $(NODE)
            /run:
            /var/lib/fairlead:
            """,
            string.Join('\n', node.LogOf("a", "main").Where(static line => line.Length > 0).Select(static line => line.StartsWith("search ", StringComparison.Ordinal) ? "search default.svc.cluster.local svc.cluster.local cluster.local" : line)));
    }

    [Fact]
    public async Task What_goes_wrong_is_said_in_the_usual_words()
    {
        await using var node = await TestNode.StartAsync();
        node.CreatePod("crash", """{"containers":[{"name":"main","image":"machine","command":["sh","-c","exit 2"]}]}""");
        node.CreatePod("nocommand", """{"containers":[{"name":"main","image":"machine","command":["/no/such/file"]}]}""");
        node.CreatePod("nomap", """{"containers":[{"name":"main","image":"machine","command":["true"],"env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"nope","key":"a"}}}]}]}""");
        node.CreatePod("badname", """{"containers":[{"name":"main","image":"Not A Name"}]}""");
        node.CreatePod("volume", """{"containers":[{"name":"main","image":"machine"}],"volumes":[{"name":"v","configMap":{"name":"nope"}}]}""");
        node.CreatePod("hungry", """{"restartPolicy":"Never","containers":[{"name":"main","image":"machine","command":["python3","-c","x='a'*(200<<20)"],"resources":{"limits":{"memory":"20Mi"}}}]}""");
        node.CreatePod("late", """{"restartPolicy":"Never","activeDeadlineSeconds":1,"terminationGracePeriodSeconds":0,"containers":[{"name":"main","image":"machine","command":["sleep","infinity"]}]}""");
        await node.UntilAsync(() => Waiting("crash") == "CrashLoopBackOff" && Waiting("nocommand") == "CrashLoopBackOff", "they back off");
        await node.UntilAsync(() => (string?)node.Pod("hungry")!["status"]!["phase"] == "Failed" && (string?)node.Pod("late")!["status"]!["reason"] == "DeadlineExceeded" && (string?)node.Pod("late")!["status"]!["phase"] == "Failed", "they fail");
        Assert.Equal(2, (int?)Status("crash")["lastState"]!["terminated"]!["exitCode"]);
        Assert.Equal("StartError", (string?)Status("nocommand")["lastState"]!["terminated"]!["reason"]);
        Assert.Equal("CreateContainerConfigError", Waiting("nomap"));
        Assert.Equal("InvalidImageName", Waiting("badname"));
        Assert.Equal("ContainerCreating", Waiting("volume"));
        Assert.Contains(node.Api.Events, static e => e is { Object: "volume", Reason: "FailedMount", Message: "MountVolume.SetUp failed for volume \"v\" : configmap \"nope\" not found" });
        Assert.Equal("OOMKilled", (string?)Status("hungry")["state"]!["terminated"]!["reason"]);

        JsonNode Status(string pod) => node.Pod(pod)!["status"]!["containerStatuses"]![0]!;

        string? Waiting(string pod) => (string?)node.Pod(pod)?["status"]?["containerStatuses"]?[0]?["state"]?["waiting"]?["reason"];
    }

    [Fact]
    public async Task Probes_and_hooks_do_their_part()
    {
        await using var node = await TestNode.StartAsync();
        node.CreatePod("live", """{"terminationGracePeriodSeconds":0,"containers":[{"name":"main","image":"machine","command":["sleep","infinity"],"livenessProbe":{"tcpSocket":{"port":81},"periodSeconds":1,"failureThreshold":1}}]}""");
        node.CreatePod("host", """{"hostNetwork":true,"terminationGracePeriodSeconds":0,"containers":[{"name":"main","image":"machine","command":["python3","-m","http.server","8088"],"readinessProbe":{"httpGet":{"port":8088},"periodSeconds":1}}]}""");
        node.CreatePod("hooks", """{"terminationGracePeriodSeconds":10,"containers":[{"name":"main","image":"machine","command":["sh","-c","trap 'exit 0' TERM; sleep infinity & wait"],"lifecycle":{"postStart":{"exec":{"command":["sh","-c","echo started > /h/started"]}},"preStop":{"exec":{"command":["sh","-c","echo stopping > /h/stopping"]}}},"volumeMounts":[{"name":"h","mountPath":"/h"}]}],"volumes":[{"name":"h","hostPath":{"path":"HOOKS"}}]}""".Replace("HOOKS", Path.Combine(Path.GetDirectoryName(node.State)!, "hooks"), StringComparison.Ordinal));
        await node.UntilReadyAsync("host");
        await node.UntilReadyAsync("hooks");
        Assert.Equal("10.240.0.20", (string?)node.Pod("host")!["status"]!["podIP"]);
        Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(node.State)!, "hooks", "started")));
        node.Api.Delete("/api/v1/namespaces/default/pods/hooks");
        await node.UntilAsync(() => node.Pod("hooks") is null, "it is gone");
        Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(node.State)!, "hooks", "stopping")));
        await node.UntilAsync(() => (int?)node.Pod("live")!["status"]!["containerStatuses"]![0]!["restartCount"] >= 1, "it is restarted");
        Assert.Contains(node.Api.Events, static e => e is { Object: "live", Reason: "Killing", Message: "Container main failed liveness probe, will be restarted" });
    }

    private static JsonObject Object(string kind, string name, string content)
    {
        var item = JsonNode.Parse(content)!.AsObject();
        item["apiVersion"] = "v1";
        item["kind"] = kind;
        item["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" };
        return item;
    }
}
