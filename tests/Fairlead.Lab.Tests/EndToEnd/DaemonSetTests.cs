using System.Text.RegularExpressions;

namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>deploy/fairlead.yaml and its image as on a cluster of others: applied by kubectl to a lab that has CNI plugins and no agents. Programs on the machine: podman or docker, and those of <see cref="Exchange"/>.</summary>
[Trait("Category", "Root")]
public sealed class DaemonSetTests : IDisposable
{
    private const string Name = "daemonset";
    private static readonly string[] s_workers = ["worker-0", "worker-1", "worker-2"];
    private string _kubeconfig = "";

    public void Dispose() => Commands.Run(Commands.Executable, "lab", "down", "--name", Name);

    /// <summary>The router knows the pods' ranges, as a cloud's does, so that all modes can be had; and nodes follow a new mode one by one, as a rolling update goes.</summary>
    [Fact(Explicit = true)] // 2 minutes: an image, and three rolling updates of three nodes
    public void A_cluster_gets_its_network_from_the_manifest_and_changes_the_mode_without_a_second_of_silence()
    {
        Commands.Require(Commands.Executable, "lab", "up", "--name", Name, "--nodes", "3", "--mode", "vpc", "--network", "cni");
        _kubeconfig = Commands.Require(Commands.Executable, "lab", "kubeconfig", "--name", Name).Trim();
        Commands.Require(Commands.Executable, "lab", "load", "--name", Name, Image());
        Kubectl("apply", "-f", Path.Combine(Commands.Repository, "deploy/fairlead.yaml"));
        RolledOut();

        Apply(string.Concat(s_workers.Select(worker => Exchange.Peer("peer-" + worker, worker))) + """
            apiVersion: v1
            kind: Service
            metadata: {name: peers}
            spec: {selector: {app: peer}, ports: [{port: 70, targetPort: 7000}]}
            """);
        Kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=300s");
        Apply(Exchange.Speaker("speaker", "worker-0", s_workers.Select(worker => $"{worker}={Kubectl("get", "pod", "peer-" + worker, "-o", "jsonpath={.status.podIP}")}")));
        Kubectl("wait", "--for=condition=Ready", "pod/speaker", "--timeout=300s");
        LabFixture.Eventually(() => Heard().Count == 6 && Heard().Values.All(one => one.Answers > 20), "all exchanges go");
        ServiceCarriesLongPackets();

        foreach ((string mode, string route) in ((string, string)[])[("vxlan", "10.200.1.0 dev fairlead.1 proto 72"), ("none", ""), ("direct", "10.240.0.21 dev eth0 proto 72")])
        {
            int before = Heard()["tcp-worker-1"].Answers;
            Kubectl("-n", "kube-system", "patch", "daemonset", "fairlead", "--type=json", "-p",
                $$"""[{"op":"replace","path":"/spec/template/spec/containers/0/command/3","value":"--mode={{mode}}"}]""");
            RolledOut();
            LabFixture.Eventually(() => Regex.IsMatch(On("worker-0", "ip", "route", "show", "10.200.1.0/24"), route.Length == 0 ? "^$" : Regex.Escape(route)), $"worker-0 is in mode {mode}");
            ServiceCarriesLongPackets();
            LabFixture.Eventually(() => Heard()["tcp-worker-1"].Answers > before + 20, "the exchange goes on");
        }

        // The way within one node is the measure of the machine's own pauses.
        Dictionary<string, (int Answers, TimeSpan Longest)> heard = Heard();
        TimeSpan most = TimeSpan.FromSeconds(1) + (heard["tcp-worker-0"].Longest > heard["ping-worker-0"].Longest ? heard["tcp-worker-0"].Longest : heard["ping-worker-0"].Longest);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', heard.Select(one => $"{one.Key}: {one.Value.Answers} answers, at most {one.Value.Longest.TotalMilliseconds} ms apart")));
        Assert.Equal(6, heard.Count);
        Assert.All(heard, one => Assert.InRange(one.Value.Longest, TimeSpan.Zero, most));

        // Nothing is left of the tunnels, and what the agents made stays when they go.
        LabFixture.Eventually(() => s_workers.All(worker => On(worker, "ip", "link", "show", "type", "vxlan").Length == 0), "no tunnel end is left");
        Kubectl("delete", "-f", Path.Combine(Commands.Repository, "deploy/fairlead.yaml"));
        ServiceCarriesLongPackets();
    }

    [Fact(Explicit = true)] // 10 s
    public void Without_any_network_nodes_wait_for_one_and_take_the_one_that_comes()
    {
        Commands.Require(Commands.Executable, "lab", "up", "--name", Name, "--nodes", "1", "--network", "none");
        _kubeconfig = Commands.Require(Commands.Executable, "lab", "kubeconfig", "--name", Name).Trim();
        string ready = Kubectl("get", "node", "worker-0", "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status} {.status.conditions[?(@.type=='Ready')].message}");
        Assert.StartsWith("False ", ready, StringComparison.Ordinal);
        Assert.Contains("no network configuration in /etc/cni/net.d", ready, StringComparison.Ordinal);

        // What an installer does: a plugin into /opt/cni/bin, then a configuration.
        On("worker-0", "sh", "-c", """
            printf '#!/bin/sh\ncase $CNI_COMMAND in ADD) echo "{\\"cniVersion\\":\\"1.0.0\\",\\"ips\\":[{\\"address\\":\\"10.200.0.77/24\\"}]}";; VERSION) echo "{\\"cniVersion\\":\\"1.0.0\\",\\"supportedVersions\\":[\\"1.0.0\\"]}";; esac\n' >/opt/cni/bin/mine
            chmod +x /opt/cni/bin/mine
            echo '{"cniVersion":"1.0.0","name":"mine","plugins":[{"type":"mine"}]}' >/etc/cni/net.d/10-mine.conflist
            """);
        Kubectl("wait", "--for=condition=Ready", "node/worker-0", "--timeout=300s");
        Apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: first}
            spec: {terminationGracePeriodSeconds: 0, containers: [{name: main, image: any, command: [sleep, infinity]}]}
            """);
        Kubectl("wait", "--for=condition=Ready", "pod/first", "--timeout=300s");
        Assert.Equal("10.200.0.77", Kubectl("get", "pod", "first", "-o", "jsonpath={.status.podIP}"));
        Assert.False(File.Exists("/opt/cni/bin/mine"));
    }

    private static string Image()
    {
        string image = Path.Combine(Commands.Repository, "out/image.tar");
        if (!File.Exists(image) || File.GetLastWriteTimeUtc(image) < File.GetLastWriteTimeUtc(Commands.Executable))
        {
            Commands.Require(Path.Combine(Commands.Repository, "eng/image.sh"));
        }

        return image;
    }

    private void RolledOut() => Kubectl("-n", "kube-system", "rollout", "status", "daemonset/fairlead", "--timeout=300s");

    /// <summary>200,000 bytes there and back through the Service, which chooses a node each time.</summary>
    private void ServiceCarriesLongPackets()
    {
        string address = Kubectl("get", "service", "peers", "-o", "jsonpath={.spec.clusterIP}");
        const string Program = """
            import socket, sys, threading
            for i in range(6):
                s = socket.create_connection((sys.argv[1], 70), timeout=60)
                threading.Thread(target=lambda: s.sendall(b'x' * 200000)).start()
                left = 200000
                while left: left -= len(s.recv(left))
                s.close()
            print('all came back')
            """;
        CommandResult answer = new(-1, "", "");
        LabFixture.Eventually(
            () => (answer = Commands.Run(Commands.Kubectl() ?? "kubectl", "--kubeconfig", _kubeconfig, "exec", "speaker", "--", "python3", "-c", Program, address)).Output.Trim() == "all came back",
            () => "the Service answers: " + answer.Error);
    }

    private Dictionary<string, (int Answers, TimeSpan Longest)> Heard() => Exchange.Read(Kubectl("logs", "speaker", "--tail=1"));

    private void Apply(string manifest)
    {
        CommandResult applied = Commands.RunWith(manifest, Commands.Kubectl() ?? "kubectl", "--kubeconfig", _kubeconfig, "apply", "-f", "-");
        Assert.True(applied.ExitCode == 0, applied.Error);
    }

    private string Kubectl(params string[] arguments) => Commands.Require(Commands.Kubectl() ?? "kubectl", ["--kubeconfig", _kubeconfig, .. arguments]).Trim();

    private static string On(string host, params string[] command) => Commands.Require(Commands.Executable, ["lab", "exec", "--name", Name, host, "--", .. command]).Trim();
}
