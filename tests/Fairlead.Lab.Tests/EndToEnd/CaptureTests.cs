using System.Text.RegularExpressions;

namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>Between two nodes of a lab: whose address packets carry, how long they are, and what becomes of it all when the uplink changes. conntrack(8) and ip(8) are the witnesses.</summary>
[Trait("Category", "Root")]
public sealed partial class CaptureTests : IDisposable
{
    private const string Name = "captures";
    private string _kubeconfig = "";

    public void Dispose() => Commands.Run(Commands.Executable, "lab", "down", "--name", Name);

    [Fact]
    public void Conntrack_holds_the_tuples_with_and_without_ipMasq_and_pods_follow_the_uplink()
    {
        Commands.Require(Commands.Executable, "lab", "up", "--name", Name, "--nodes", "2");
        _kubeconfig = Commands.Require(Commands.Executable, "lab", "kubeconfig", "--name", Name).Trim();
        string server = Start("server", "worker-1", "[python3, -m, http.server, '8080']");

        // ipMasq false, as the lab has it: the other pod sees the pod.
        string plain = Start("plain", "worker-0", "[sleep, infinity]");
        Ask("plain", server);
        Assert.Equal([$"{plain}>{server} {server}>{plain}"], Tuples("worker-0"));
        Assert.Equal([$"{plain}>{server} {server}>{plain}"], Tuples("worker-1"));

        // ipMasq true: the plugin knows its own node's pods only, and the other pod sees the node.
        On("worker-0", "sed", "-i", "s/\"ipMasq\": false/\"ipMasq\": true/", "/etc/cni/net.d/10-bridge.conflist");
        string masked = Start("masked", "worker-0", "[sleep, infinity]");
        Forget();
        Ask("masked", server);
        Assert.Equal([$"{masked}>{server} {server}>10.240.0.20"], Tuples("worker-0"));
        Assert.Equal([$"10.240.0.20>{server} {server}>10.240.0.20"], Tuples("worker-1"));

        // The uplink takes shorter packets, and longer ones again.
        Commands.Require(Commands.Executable, "lab", "fault", "mtu", "worker-0", "1400", "--host-knows", "--name", Name);
        LabFixture.Eventually(() => Kubectl("exec", "plain", "--", "ip", "link", "show", "eth0").Contains(" mtu 1400 ", StringComparison.Ordinal), "the pod's link follows down");
        Commands.Require(Commands.Executable, "lab", "fault", "clear", "--name", Name);
        LabFixture.Eventually(() => Kubectl("exec", "plain", "--", "ip", "link", "show", "eth0").Contains(" mtu 1500 ", StringComparison.Ordinal), "the pod's link follows up");

        // The uplink goes down and comes up: the node has its default route again, and pods reach others.
        On("worker-0", "ip", "link", "set", "eth0", "down");
        On("worker-0", "ip", "link", "set", "eth0", "up");
        LabFixture.Eventually(
            () => On("worker-0", "ip", "route") is var routes && routes.Contains("default via 10.240.0.1 dev eth0", StringComparison.Ordinal) && routes.Contains("10.200.1.0/24 via 10.240.0.21 dev eth0", StringComparison.Ordinal),
            () => "the node's routes are back: " + On("worker-0", "ip", "route"));
        Ask("plain", server);
    }

    /// <summary>Starts a pod on a node, and gives its address.</summary>
    private string Start(string name, string node, string command)
    {
        CommandResult applied = Commands.RunWith($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: {{name}}}
            spec: {nodeName: {{node}}, terminationGracePeriodSeconds: 0, containers: [{name: main, image: any, command: {{command}}}]}
            """, Commands.Kubectl() ?? "kubectl", "--kubeconfig", _kubeconfig, "apply", "-f", "-");
        Assert.True(applied.ExitCode == 0, applied.Error);
        Kubectl("wait", "--for=condition=Ready", "pod/" + name, "--timeout=300s");
        return Kubectl("get", "pod", name, "-o", "jsonpath={.status.podIP}");
    }

    private void Ask(string pod, string server)
    {
        CommandResult answer = new(-1, "", "");
        LabFixture.Eventually(() =>
        {
            Forget(); // what was asked in vain
            answer = Commands.Run(Commands.Kubectl() ?? "kubectl", "--kubeconfig", _kubeconfig, "exec", pod, "--", "curl", "-sS", "-m", "30", "-o", "/dev/null", $"http://{server}:8080/");
            return answer.ExitCode == 0;
        }, () => $"{pod} asks {server}: {answer.Error}");
    }

    private static void Forget()
    {
        foreach (string node in (string[])["worker-0", "worker-1"])
        {
            On(node, "conntrack", "-F");
        }
    }

    /// <summary>Both directions of every flow to port 8080 that a node's conntrack holds: original, then reply.</summary>
    private static string[] Tuples(string node) =>
        [.. On(node, "conntrack", "-L", "-p", "tcp", "--orig-port-dst", "8080").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => string.Join(' ', Tuple().Matches(line).Select(match => $"{match.Groups[1]}>{match.Groups[2]}")))];

    [GeneratedRegex(@"src=(\S+) dst=(\S+)")]
    private static partial Regex Tuple();

    private string Kubectl(params string[] arguments) => Commands.Require(Commands.Kubectl() ?? "kubectl", ["--kubeconfig", _kubeconfig, .. arguments]).Trim();

    private static string On(string host, params string[] command) => Commands.Require(Commands.Executable, ["lab", "exec", "--name", Name, host, "--", .. command]).Trim();
}
