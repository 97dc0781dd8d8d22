namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>What goes wrong with pods, and the words in which kubectl tells it.</summary>
[Trait("Category", "Root")]
[Collection(OneLab.Name)]
public sealed class PodFailureTests(LabFixture lab)
{
    [Fact]
    public void What_fails_is_told_in_the_words_that_people_search_for()
    {
        lab.Apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: crash}
            spec: {containers: [{name: main, image: machine, command: [bash, -c, "echo bye > /dev/termination-log; exit 3"]}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: no-program}
            spec: {containers: [{name: main, image: machine, command: [/does/not/exist]}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: no-map}
            spec: {containers: [{name: main, image: machine, envFrom: [{configMapRef: {name: nope}}]}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: no-volume}
            spec: {containers: [{name: main, image: machine}], volumes: [{name: v, secret: {secretName: nope}}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: no-node}
            spec: {nodeSelector: {moon: dark}, containers: [{name: main, image: machine}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: no-tag}
            spec: {containers: [{name: main, image: "nginx:does-not-exist"}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: no-registry}
            spec: {containers: [{name: main, image: "registry.invalid/app:1"}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: never-loaded}
            spec: {containers: [{name: main, image: app, imagePullPolicy: Never}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: bad-name}
            spec: {containers: [{name: main, image: "Nginx:1"}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: hungry}
            spec: {restartPolicy: Never, containers: [{name: main, image: machine, command: [python3, -c, "bytearray(200 << 20)"], resources: {limits: {memory: 24Mi}}}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: late}
            spec: {activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 0, containers: [{name: main, image: machine, command: [sleep, inf]}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: unhealthy}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
              - name: main
                image: machine
                command: [sleep, inf]
                livenessProbe: {exec: {command: ["false"]}, periodSeconds: 1, failureThreshold: 2}
                readinessProbe: {httpGet: {port: 81, path: /ready}, periodSeconds: 1}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: port-taken-1}
            spec: {nodeName: worker-1, containers: [{name: main, image: machine, command: [sleep, inf], ports: [{containerPort: 80, hostPort: 7999}]}]}
            """, "port-taken-1");
        lab.Apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: port-taken-2}
            spec: {nodeName: worker-1, containers: [{name: main, image: machine, command: [sleep, inf], ports: [{containerPort: 80, hostPort: 7999}]}]}
            """);

        (string Pod, string Status, string Event)[] rows =
        [
            ("crash", "CrashLoopBackOff", "BackOff: Back-off restarting failed container main in pod crash_default("),
            ("no-program", "CrashLoopBackOff", "Failed: Error: create container: executable file `/does/not/exist` not found"),
            ("no-map", "CreateContainerConfigError", "Failed: Error: configmap \"nope\" not found"),
            ("no-volume", "ContainerCreating", "FailedMount: MountVolume.SetUp failed for volume \"v\" : secret \"nope\" not found"),
            ("no-node", "Pending", "FailedScheduling: 0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."),
            ("no-tag", "ImagePullBackOff", "BackOff: Back-off pulling image \"nginx:does-not-exist\""),
            ("no-registry", "ImagePullBackOff", "Failed: Failed to pull image \"registry.invalid/app:1\": failed to pull and unpack image \"registry.invalid/app:1\""),
            ("never-loaded", "ErrImageNeverPull", "ErrImageNeverPull: Container image \"app\" is not present with pull policy of Never"),
            ("bad-name", "InvalidImageName", "InspectFailed: Failed to apply default image tag \"Nginx:1\": couldn't parse image name"),
            ("hungry", "OOMKilled", "Started: Container started"),
            ("late", "Error|DeadlineExceeded", "DeadlineExceeded: Pod was active on the node longer than the specified deadline"),
            ("unhealthy", "Running|CrashLoopBackOff", "Killing: Container main failed liveness probe, will be restarted"),
            ("unhealthy", "Running|CrashLoopBackOff", $"Unhealthy: Readiness probe failed: Get \"http://{lab.PodField("unhealthy", ".status.podIP")}:81/ready\": dial tcp {lab.PodField("unhealthy", ".status.podIP")}:81: connect: connection refused"),
            ("port-taken-2", "NodePorts", "NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"),
        ];
        // Some of them come and go, so each is waited for alone.
        Assert.All(rows, row => LabFixture.Eventually(
            () => row.Status.Split('|').Contains(Statuses().GetValueOrDefault(row.Pod)), () => $"{row.Pod} is {row.Status}, not {Statuses().GetValueOrDefault(row.Pod)}"));
        Assert.All(rows, row => LabFixture.Eventually(
            () => lab.EventsOf(row.Pod).Any(line => line.StartsWith(row.Event, StringComparison.Ordinal)), () => $"{row.Pod} has the event {row.Event}, not only {string.Join("; ", lab.EventsOf(row.Pod))}"));

        Assert.Matches(@"^back-off \d+s restarting failed container=main pod=crash_default\(", lab.PodField("crash", ".status.containerStatuses[0].state.waiting.message"));
        Assert.Equal("3 Error bye", lab.PodField("crash", ".status.containerStatuses[0].lastState.terminated['exitCode','reason','message']").Trim());
        Assert.Equal("137", lab.PodField("hungry", ".status.containerStatuses[0].state.terminated.exitCode"));
        Assert.Equal("Failed DeadlineExceeded", lab.PodField("late", ".status['phase','reason']"));
        lab.Delete([.. rows.Select(static row => row.Pod).Distinct(), "port-taken-1"]);
    }

    [Fact]
    public void Metrics_that_are_not_there_are_said_not_to_be() =>
        Assert.Contains("Metrics API not available", lab.TryKubectl("top", "pods").Error, StringComparison.Ordinal);

    private Dictionary<string, string> Statuses() => lab.Kubectl("get", "pods", "--no-headers").Trim().Split('\n')
        .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToDictionary(static columns => columns[0], static columns => columns[2]);
}
