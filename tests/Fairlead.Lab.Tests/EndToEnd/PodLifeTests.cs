namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>A pod's life: start in order, probes, ports of the node, the end that its grace period allows, and a node whose runtime was killed.</summary>
[Trait("Category", "Root")]
[Collection(OneLab.Name)]
public sealed class PodLifeTests(LabFixture lab)
{
    [Fact]
    public void Containers_start_one_after_the_other_and_stop_within_their_grace()
    {
        lab.Apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: life}
            spec:
              terminationGracePeriodSeconds: 30
              shareProcessNamespace: true
              initContainers:
              - {name: first, image: machine, command: [bash, -c, "echo first >> /log/all"], volumeMounts: [{name: log, mountPath: /log}]}
              - name: sidecar
                image: machine
                restartPolicy: Always
                command: [bash, -c, "trap 'echo sidecar stops >> /log/all; exit 0' TERM; echo sidecar >> /log/all; while :; do sleep 0.1; done"]
                startupProbe: {exec: {command: [grep, sidecar, /log/all]}, periodSeconds: 1, timeoutSeconds: 60, failureThreshold: 60}
                volumeMounts: [{name: log, mountPath: /log}]
              containers:
              - name: one
                image: machine
                command: [bash, -c, "trap 'echo one is asked >> /log/all; sleep 0.5; echo one stops >> /log/all; exit 0' TERM; while :; do sleep 0.1; done"]
                lifecycle:
                  postStart: {exec: {command: [bash, -c, "sleep 1; echo one has started >> /log/all"]}}
                  preStop: {exec: {command: [bash, -c, "sleep 0.5; echo one is prepared >> /log/all"]}}
                volumeMounts: [{name: log, mountPath: /log}]
              - name: two
                image: machine
                command: [bash, -c, "trap 'exit 0' TERM; echo two >> /log/all; while :; do sleep 0.1; done"]
                volumeMounts: [{name: log, mountPath: /log}]
              volumes: [{name: log, hostPath: {path: DIRECTORY, type: DirectoryOrCreate}}]
            """.Replace("DIRECTORY", Directory, StringComparison.Ordinal), "life");
        try
        {
            Assert.Contains("fairlead-pause", lab.Kubectl("exec", "life", "-c", "two", "--", "cat", "/proc/1/cmdline"), StringComparison.Ordinal);
            lab.Kubectl("delete", "pod", "life");

            Assert.Equal(
                ["first", "sidecar", "one has started", "two", "one is prepared", "one is asked", "one stops", "sidecar stops"],
                File.ReadAllLines(Path.Combine(Directory, "all")));
        }
        finally
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    [Fact]
    public void A_pod_that_does_not_want_to_end_is_ended_when_somebody_asks_again_by_force()
    {
        lab.Apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: stubborn}
            spec: {terminationGracePeriodSeconds: 600, containers: [{name: main, image: machine, command: [bash, -c, "trap '' TERM; while :; do sleep 0.1; done"]}]}
            """, "stubborn");
        string process = Commands.Require("pgrep", "-f", "^bash -c trap '' TERM; while").Trim();
        lab.Kubectl("delete", "pod", "stubborn", "--wait=false");
        Assert.NotEqual("", lab.PodField("stubborn", ".metadata.deletionTimestamp"));

        lab.Kubectl("delete", "pod", "stubborn", "--grace-period=0", "--force");

        LabFixture.Eventually(() => !System.IO.Directory.Exists($"/proc/{process}"), "its process is gone");
    }

    [Fact]
    public void A_host_port_leads_from_the_node_to_the_pod()
    {
        lab.Apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: published}
            spec:
              nodeName: worker-1
              containers:
              - {name: main, image: machine, ports: [{containerPort: 8088, hostPort: 7080}], readinessProbe: {tcpSocket: {port: 8088}, periodSeconds: 1}}
            """, "published");

        // From another node, from the node itself, and through its loopback.
        Assert.Equal("published", LabFixture.AskFrom("worker-0", "http://10.240.0.21:7080/"));
        Assert.Equal("published", LabFixture.AskFrom("worker-1", "http://10.240.0.21:7080/"));
        Assert.Equal("published", LabFixture.AskFrom("worker-1", "http://127.0.0.1:7080/"));

        lab.Kubectl("delete", "pod", "published", "--grace-period=1");
        Assert.DoesNotContain("7080", LabFixture.On("worker-1", "nft", "list", "ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_grpc_probe_asks_the_health_service()
    {
        // The gRPC health protocol over HTTP/2 without TLS, in the bytes of RFC 9113 and health.proto: the state is what a file says.
        lab.Apply("""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: grpc-health}
            data:
              health.py: |
                import socket, struct, threading
                def frame(kind, flags, stream, data=b""): return struct.pack(">I", len(data))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + data
                def header(name, value): return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value
                def serve(peer):
                    read, bodies = peer.makefile("rb").read, {}
                    read(24)
                    peer.sendall(frame(4, 0, 0))
                    while head := read(9):
                        length, kind, flags, stream = int.from_bytes(head[:3], "big"), head[3], head[4], int.from_bytes(head[5:], "big")
                        data = read(length)
                        if kind == 4 and not flags & 1: peer.sendall(frame(4, 1, 0))
                        if kind == 6 and not flags & 1: peer.sendall(frame(6, 1, 0, data))
                        if kind == 0: bodies[stream] = bodies.get(stream, b"") + data
                        if kind == 0 and flags & 1:
                            state = int(open("/state/now").read())
                            wanted = bodies[stream][7:].decode()
                            print("asked for", wanted, flush=True)
                            peer.sendall(frame(1, 4, stream, header(b":status", b"200") + header(b"content-type", b"application/grpc")))
                            peer.sendall(frame(0, 0, stream, b"\0\0\0\0\2\x08" + bytes([state])))
                            peer.sendall(frame(1, 5, stream, header(b"grpc-status", b"0")))
                open("/state/now", "w").write("2")
                listener = socket.create_server(("", 9000))
                while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: grpc}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
              - name: main
                image: machine
                command: [python3, /program/health.py]
                readinessProbe: {grpc: {port: 9000, service: shop}, periodSeconds: 1}
                volumeMounts: [{name: program, mountPath: /program}, {name: state, mountPath: /state}]
              volumes: [{name: program, configMap: {name: grpc-health}}, {name: state, emptyDir: {}}]
            """);
        LabFixture.Eventually(() => lab.EventsOf("grpc").Contains("Unhealthy: Readiness probe failed: service unhealthy (responded with \"NOT_SERVING\")"), "the probe says what the service said");
        Assert.Equal("false", lab.PodField("grpc", ".status.containerStatuses[0].ready"));

        lab.InPod("grpc", "echo 1 > /state/now");

        lab.Kubectl("wait", "--for=condition=Ready", "pod/grpc", "--timeout=300s");
        Assert.Contains("asked for shop", lab.Kubectl("logs", "grpc"), StringComparison.Ordinal);
        lab.Delete("grpc");
    }

    [Fact]
    public void Pods_live_on_when_their_nodes_runtime_is_killed_and_are_taken_up_when_it_is_back()
    {
        lab.Apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: survivor}
            spec: {nodeName: worker-2, terminationGracePeriodSeconds: 1, containers: [{name: main, image: machine, ports: [{containerPort: 8089}], readinessProbe: {tcpSocket: {port: 8089}, periodSeconds: 1}}]}
            """, "survivor");
        (string address, string id, string started) = (lab.PodField("survivor", ".status.podIP"), lab.PodField("survivor", ".status.containerStatuses[0].containerID"), lab.PodField("survivor", ".status.containerStatuses[0].state.running.startedAt"));

        Commands.Require("kill", "-9", Runtime());
        Assert.Equal("survivor", LabFixture.AskFrom("worker-0", $"http://{address}:8089/"));
        Commands.Require(Commands.Executable, "lab", "start", "--name", LabFixture.Name, "worker-2");

        LabFixture.Eventually(() => lab.TryKubectl("exec", "survivor", "--", "true").ExitCode == 0, "commands run in it again");
        Assert.Equal((address, id, started, "0"), (lab.PodField("survivor", ".status.podIP"), lab.PodField("survivor", ".status.containerStatuses[0].containerID"),
            lab.PodField("survivor", ".status.containerStatuses[0].state.running.startedAt"), lab.PodField("survivor", ".status.containerStatuses[0].restartCount")));
        lab.Kubectl("delete", "pod", "survivor");
        Assert.DoesNotContain("survivor", Commands.Require("ip", "netns", "list"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_is_described_as_people_know_it()
    {
        string node = lab.Kubectl("describe", "node", "worker-0");

        Assert.All(
            (string[])["KubeletReady", "kubelet is posting ready status", "InternalIP:  10.240.0.20", "PodCIDR:                      10.200.0.0/24", "Container Runtime Version:  crun://", "pods:               110", "HolderIdentity:  worker-0"],
            line => Assert.Contains(line, node, StringComparison.Ordinal));
        Assert.Contains("NodeReady: Node worker-0 status is now: NodeReady", lab.EventsOf("worker-0"));
    }

    private static string Directory { get; } = Path.Combine("/var/lib/fairlead", $"test-life-{Environment.ProcessId}");

    private static string Runtime() => Commands.Require("cat", $"/sys/fs/cgroup/freezer/fairlead/{LabFixture.Name}/worker-2/node/cgroup.procs").Trim();
}
