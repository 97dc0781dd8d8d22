namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>The examples, as their walk-throughs have them.</summary>
[Trait("Category", "Root")]
[Collection(OneLab.Name)]
public sealed class ExampleTests(LabFixture lab)
{
    [Fact]
    public void Dockers_way_and_the_same_as_pods()
    {
        string[] shown = Commands.Require(Commands.Executable, "lab", "docker", "--name", LabFixture.Name).Split('\n', StringSplitOptions.TrimEntries);

        Assert.All(
            (string[])
            [
                "publish 10.240.0.5:8080 for web-1: done",
                "publish 10.240.0.5:8080 for web-2: create element inet docker published { tcp . 8080 comment \"web-2\" : 172.17.0.3 . 80 }: File exists",
                "publish 10.240.0.5:8081 for web-2: done",
                "worker-2 asks http://10.240.0.5:8080/: web-1",
                "worker-2 asks http://10.240.0.5:8081/: web-2",
                "worker-2 asks http://172.17.0.2:80/: no answer",
            ],
            line => Assert.Contains(line, shown));
        Assert.Equal(["web-1", "web-2"], shown.Where(static line => line.StartsWith("worker-2 asks http://10.200.0.", StringComparison.Ordinal)).Select(static line => line.Split(": ")[1]));
        Assert.Single(shown, static line => line.StartsWith("worker-2 asks http://10.240.0.20:8080/: published-", StringComparison.Ordinal));
        Assert.Single(shown, static line => line.StartsWith("why published-", StringComparison.Ordinal) && line.Contains("didn't have free ports", StringComparison.Ordinal));

        // nft prints what we put into the kernel.
        Assert.Contains("dnat ip to meta l4proto . th dport map @published", Commands.Require("ip", "netns", "exec", $"fl-{LabFixture.Name}-docker", "nft", "list", "table", "inet", "docker"), StringComparison.Ordinal);
        lab.Kubectl("delete", "pods", "-l", "app=docker-and-pods", "--grace-period=1");
    }

    [Fact]
    public void Workloads_register_themselves_and_are_withdrawn_when_they_leave_or_fall_silent()
    {
        Apply("self-registration");
        LabFixture.Eventually(() => Registered().Length == 3, "three workers have registered");
        string clusterIp = lab.Kubectl("get", "service", "registered", "-o", "jsonpath={.spec.clusterIP}");
        HashSet<string> answers = [];
        LabFixture.Eventually(() => Count(answers, lab.AskFromPod("client", $"http://{clusterIp}/")) == 3, "all three answer at the Service's address");
        LabFixture.Eventually(() => Registered().SequenceEqual(answers.Order()), "those who answer are those who are registered");

        // One that is asked to leave withdraws itself.
        lab.Kubectl("scale", "deployment", "worker", "--replicas=2");
        LabFixture.Eventually(() => Registered().Length == 2, "the one that left is withdrawn");

        // One that falls silent is withdrawn by the janitor when its Lease has run out, and back when it speaks again.
        string silent = "";
        LabFixture.Eventually(() => (silent = Registered().FirstOrDefault() ?? "").Length > 0, "somebody is registered");
        string process = Commands.Require("pgrep", "-f", "^python3 -u /registrar/registrar.py work").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .First(id => File.ReadAllText($"/proc/{id}/environ").Contains($"POD={silent}\0", StringComparison.Ordinal));
        Commands.Require("kill", "-STOP", process);
        LabFixture.Eventually(() => !Registered().Contains(silent), "the silent one is withdrawn");
        LabFixture.Eventually(() => lab.Kubectl("logs", "deployment/janitor").Contains("expired " + silent, StringComparison.Ordinal), "the janitor says so");
        Commands.Require("kill", "-CONT", process);
        LabFixture.Eventually(() => Registered().Contains(silent), "it finds that it was withdrawn, and registers");
        Remove("self-registration");
        LabFixture.Eventually(() => Registered().Length == 0, "all have withdrawn themselves");
    }

    [Fact]
    public void Services_are_a_registry_that_the_cluster_keeps()
    {
        Apply("services");
        lab.Kubectl("rollout", "status", "deployment/shop", "--timeout=300s");
        lab.Kubectl("wait", "--for=condition=Ready", "pod/customer", "--timeout=300s");
        LabFixture.Eventually(() => lab.InPod("customer", "echo $SHOP_SERVICE_HOST") != "", "the Service's variables are there");
        HashSet<string> answers = [];
        LabFixture.Eventually(() => Count(answers, lab.AskFromPod("customer", "http://$SHOP_SERVICE_HOST/")) == 3, "every pod answers");

        Assert.Equal(3, lab.Kubectl("get", "endpointslices", "-l", "kubernetes.io/service-name=shop-each", "-o", "jsonpath={.items[*].endpoints[*].addresses[0]}").Split(' ').Length);
        Remove("services");
    }

    [Fact]
    public void A_queue_stands_between_producers_and_consumers()
    {
        Apply("queue");
        lab.Kubectl("wait", "--for=condition=Complete", "job/producer", "--timeout=300s");
        string redis = lab.Kubectl("get", "pod", "-l", "app=queue", "-o", "jsonpath={.items[0].metadata.name}");
        LabFixture.Eventually(() => lab.Kubectl("exec", redis, "--", "redis-cli", "HLEN", "done").Trim() == "60", "every order is done");

        Assert.Equal("0", lab.Kubectl("exec", redis, "--", "redis-cli", "LLEN", "orders").Trim());
        string[] workers = [.. lab.Kubectl("exec", redis, "--", "redis-cli", "HVALS", "done").Trim().Split('\n').Distinct()];
        Assert.All(workers, static worker => Assert.StartsWith("consumer-", worker, StringComparison.Ordinal));
        Remove("queue");
    }

    private string[] Registered() => [.. lab.Kubectl("get", "endpointslices", "-l", "kubernetes.io/service-name=registered", "-o", "jsonpath={.items[*].metadata.name}").Split(' ', StringSplitOptions.RemoveEmptyEntries).Order()];

    private void Apply(string example) => lab.Kubectl("apply", "-f", FileOf(example));

    private void Remove(string example) => lab.Kubectl("delete", "-f", FileOf(example), "--wait=false");

    private static int Count(HashSet<string> answers, string another)
    {
        answers.Add(another);
        return answers.Count;
    }

    private static string FileOf(string example) => Path.Combine(Commands.Repository, "examples/discovery", example, example + ".yaml");
}
