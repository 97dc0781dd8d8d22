using System.Globalization;
using System.Text.RegularExpressions;

namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>The walking skeleton from outside: our published executable, a real kubectl, real packets.</summary>
[Trait("Category", "Root")]
[Collection(OneLab.Name)]
public sealed class WebTests(LabFixture lab)
{
    [Fact]
    public void Kubectl_shows_pods_with_the_columns_that_people_know()
    {
        string[] lines = lab.Kubectl("get", "pods", "-o", "wide", "-l", "app in (web,client)").Trim().Split('\n');

        Assert.Equal("NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES", Regex.Replace(lines[0].Trim(), @"\s+", " "));
        Assert.Equal(4, lines.Length - 1);
        Assert.All(lines[1..], line => Assert.Matches(@"^\S+ +1/1 +Running +\d+.* +10\.200\.[012]\.\d+ +worker-[012] +<none> +<none>$", line.TrimEnd()));
    }

    [Fact]
    public void Every_node_is_ready_with_its_address_and_pod_cidr()
    {
        string nodes = lab.Kubectl("get", "nodes", "-o", "jsonpath={range .items[*]}{.metadata.name} {.status.addresses[?(@.type==\"InternalIP\")].address} {.spec.podCIDR} {.status.conditions[?(@.type==\"Ready\")].status}{\"\\n\"}{end}");

        Assert.Equal(
            ["worker-0 10.240.0.20 10.200.0.0/24 True", "worker-1 10.240.0.21 10.200.1.0/24 True", "worker-2 10.240.0.22 10.200.2.0/24 True"],
            nodes.Trim().Split('\n').Order());
    }

    private const int Sigpipe = 13;

    [Fact]
    public void A_program_on_a_host_takes_the_place_of_the_command_that_runs_it()
    {
        string exec = $"{Commands.Executable} lab exec --name {LabFixture.Name} worker-0 --";
        string[] answer = Commands.Require("bash", "-c", $"echo $$; exec {exec} sh -c 'echo $$; hostname; grep SigIgn /proc/self/status'").Trim().Split('\n');
        Assert.Equal(answer[0], answer[1]);
        Assert.Equal("worker-0", answer[2]);
        Assert.Equal(0UL, ulong.Parse(answer[3].Split('\t')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << (Sigpipe - 1)));
        Assert.Equal(7, Commands.Run("bash", "-c", $"{exec} sh -c 'exit 7'").ExitCode);
        var missing = Commands.Run("bash", "-c", $"{exec} nosuch");
        Assert.Contains("'nosuch' can't be run on worker-0: No such file or directory.", missing.Error, StringComparison.Ordinal);
        Assert.Equal(127, missing.ExitCode);
        Assert.Equal(126, Commands.Run("bash", "-c", $"{exec} /etc/hostname").ExitCode);
    }

    [Fact]
    public void Pods_on_different_nodes_reach_each_other_with_their_own_addresses()
    {
        (string Name, string Address, string Node)[] pods = Pods("app=web");
        (string _, string address, string node) = pods[0];
        string other = pods.First(pod => pod.Node != node).Address;

        // The pod answers on its own node's bridge and across the wire; the witness is ping from the other pod's node.
        string answer = LabFixture.On(node, "ping", "-c", "1", "-W", "60", other);

        Assert.Contains("1 received", answer, StringComparison.Ordinal);
        Assert.NotEqual(address, other);
    }

    [Fact]
    public void The_cluster_ip_answers_from_every_pod_of_the_service()
    {
        string clusterIp = lab.Kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
        var answers = new HashSet<string>();
        for (int i = 0; i < 60 && answers.Count < 3; i++)
        {
            answers.Add(lab.AskFromPod("client", $"http://{clusterIp}/"));
        }

        Assert.Equal(Pods("app=web").Select(pod => pod.Name).Order(), answers.Order());
    }

    [Fact]
    public void A_nodes_own_programs_reach_the_cluster_ip()
    {
        string clusterIp = lab.Kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");

        Assert.StartsWith("web-", LabFixture.AskFrom("worker-1", $"http://{clusterIp}/"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_that_is_killed_comes_back_in_the_same_namespace_with_the_same_address()
    {
        (string name, string address, string node) = Pods("app=web")[0];
        string id = ContainerId(name);
        string before = NamespaceOf(address);
        string process = ContainerProcess(id);

        Commands.Require("kill", "-9", process);
        LabFixture.Eventually(() => lab.PodField(name, ".status.containerStatuses[0].restartCount") is "1" or "2" && lab.PodField(name, ".status.containerStatuses[0].ready") == "true", "it is back");

        Assert.NotEqual(id, ContainerId(name));
        Assert.Equal((name, address, node), Pods("app=web").Single(pod => pod.Name == name));
        Assert.Equal(before, NamespaceOf(address));
    }

    [Fact]
    public async Task An_agent_that_is_killed_and_started_again_drops_no_connection_through_the_service()
    {
        string clusterIp = lab.Kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
        string node = Pods("app=client")[0].Node;
        string agent = AgentOn(node);

        // One connection, kept alive: a request before, one after the agent was killed, one after it is back.
        string script = $$"""
            exec 3<>/dev/tcp/{{clusterIp}}/80
            ask() { printf 'GET / HTTP/1.1\r\nHost: web\r\n\r\n' >&3; while read -r -t 60 -u 3 line; do [ "$line" = $'\r' ] && break; done; read -r -t 60 -u 3 body || exit 1; echo "$body"; }
            ask; kill -9 {{agent}}; sleep 0.3; ask; sleep 4; ask
            """;
        Task<string> connection = Task.Run(() => LabFixture.On(node, "bash", "-c", script));
        LabFixture.Eventually(() => AgentOn(node) == "", "the agent is gone");
        Commands.Require(Commands.Executable, "lab", "start", "--name", LabFixture.Name, node);
        LabFixture.Eventually(() => AgentOn(node) is { Length: > 0 } now && now != agent, "the agent is back");

        string[] answers = (await connection).Trim().Split('\n');
        Assert.Equal(3, answers.Length);
        Assert.Single(answers.Distinct());
        Assert.StartsWith("web-", answers[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_of_the_lab_touches_the_machines_own_network()
    {
        Assert.DoesNotContain(MachineState.Read(LabFixture.Name).Since(lab.Before), line => Regex.IsMatch(line, "^[-+] (link|address|route|route6|rule|nft|sysctl) "));
    }

    private (string Name, string Address, string Node)[] Pods(string selector) =>
        [.. lab.Kubectl("get", "pods", "-l", selector, "-o", "jsonpath={range .items[*]}{.metadata.name} {.status.podIP} {.spec.nodeName}{\"\\n\"}{end}")
            .Trim().Split('\n').Select(line => line.Split(' ')).Select(parts => (parts[0], parts[1], parts[2]))];

    private string ContainerId(string pod) =>
        lab.Kubectl("get", "pod", pod, "-o", "jsonpath={.status.containerStatuses[0].containerID}").Split("//")[^1];

    /// <summary>The main process of a container, found from outside: the one in the control group that carries the container's id.</summary>
    private static string ContainerProcess(string id) => Directory.GetDirectories("/proc")
        .Where(path => int.TryParse(Path.GetFileName(path), out _))
        .Where(path => Commands.Run("grep", "-q", id, Path.Combine(path, "cgroup")).ExitCode == 0)
        .Select(path => Path.GetFileName(path)!)
        .First(process => !File.ReadAllText($"/proc/{process}/cmdline").Contains("conmon", StringComparison.Ordinal));

    private static string NamespaceOf(string podAddress)
    {
        foreach (string @namespace in Directory.GetFiles("/run/netns"))
        {
            string name = Path.GetFileName(@namespace);
            if (name.StartsWith("fl-" + LabFixture.Name, StringComparison.Ordinal)
                && Commands.Run("ip", "-n", name, "-o", "address", "show", "dev", "eth0").Output.Contains($" {podAddress}/", StringComparison.Ordinal))
            {
                return Commands.Require("stat", "-L", "-c", "%i", @namespace).Trim();
            }
        }

        throw new InvalidOperationException($"No namespace has the address {podAddress}.");
    }

    private static string AgentOn(string node)
    {
        string status = Commands.Require(Commands.Executable, "lab", "status", "--name", LabFixture.Name);
        bool onNode = false;
        foreach (string line in status.Split('\n'))
        {
            onNode = line.TrimStart().StartsWith(node, StringComparison.Ordinal) || (onNode && line.StartsWith("      ", StringComparison.Ordinal));
            if (onNode && Regex.Match(line, @"\bagent\s+(\d+)\b") is { Success: true } match)
            {
                return match.Groups[1].Value;
            }
        }

        return "";
    }
}
