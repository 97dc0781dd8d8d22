using System.CommandLine;
using Fairlead.Cli.Output;
using Fairlead.Kubernetes;
using Fairlead.Lab.Fabric;
using Spectre.Console;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead lab demo</c>: a lab with the objects of examples/web.yaml in it, and what it does, as tables.</summary>
internal static class LabDemoCommand
{
    private const int Requests = 8;
    private static readonly ObjectKey s_client = new("default", "client");

    public static Command Create()
    {
        Option<string> name = LabCommand.NameOption();
        Option<int> nodes = LabCommand.NodesOption();
        Command command = new("demo", "Bring a lab up and show it working: nodes, pods, a ping, requests to a Service, a pod's way to the wire.") { name, nodes };
        command.SetAction((parsed, cancellationToken) => RunAsync(new LabOptions { Name = parsed.GetValue(name)!, Workers = parsed.GetValue(nodes) }, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(LabOptions options, CancellationToken cancellationToken)
    {
        long start = TimeProvider.System.GetTimestamp();
        DemoCluster demo = await StepPrinter.RunAsync(steps => PrepareAsync(options, steps, cancellationToken)).ConfigureAwait(false);
        using KubernetesClient client = demo.Client;

        Heading("Nodes");
        Tables.Write(NodeTable(await client.ListAsync<Node>(null, cancellationToken).ConfigureAwait(false)));

        IReadOnlyList<Pod> pods = (await client.ListAsync<Pod>(new ListOptions { Namespace = "default" }, cancellationToken).ConfigureAwait(false)).Items;
        Heading("Pods");
        Tables.Write(PodTable(pods));

        Pod from = pods.First(pod => pod.Metadata.Name == s_client.Name);
        Pod to = pods.FirstOrDefault(pod => pod.Metadata.Name != s_client.Name && pod.Spec.NodeName != from.Spec.NodeName) ?? pods.First(pod => pod != from);
        Heading($"Ping from {from.Metadata.Name} on {from.Spec.NodeName} to {to.Metadata.Name} on {to.Spec.NodeName}");
        ExecResult ping = await client.ExecAsync(s_client, null, ["ping", "-c", "3", "-i", "0.2", "-W", "2", to.Status!.PodIP!], cancellationToken).ConfigureAwait(false);
        Console.WriteLine(ping.Output.TrimEnd());

        Heading($"{Requests} requests from {from.Metadata.Name} to Service web, {demo.ClusterIp}:80");
        Tables.Write(await RequestTableAsync(client, demo.ClusterIp, pods, cancellationToken).ConfigureAwait(false));

        Heading($"The way of {from.Metadata.Name} to the wire");
        Tables.Write(ChainTable(demo.Lab, from));

        Heading("Time");
        TimeSpan total = TimeProvider.System.GetElapsedTime(start);
        Tables.Write(TimeTable(demo, total));

        PrintNextSteps(demo.Lab);
        return ping.ExitCode == 0 ? 0 : CommandLine.Failed;
    }

    private static async Task<DemoCluster> PrepareAsync(LabOptions options, LabSteps steps, CancellationToken cancellationToken)
    {
        long start = TimeProvider.System.GetTimestamp();
        RunningLab lab = await LabBuilder.UpAsync(options, steps, cancellationToken).ConfigureAwait(false);
        TimeSpan ready = TimeProvider.System.GetElapsedTime(start);
        var client = KubernetesClient.FromKubeconfig(lab.Paths.Kubeconfig);
        await steps.RunAsync("apply examples/web.yaml", () => ExampleObjects.CreateAsync(client, "web.yaml", cancellationToken)).ConfigureAwait(false);
        await steps.RunAsync("wait until its pods are ready", () => PodsReady.WaitAsync(client, "default", 4, cancellationToken)).ConfigureAwait(false);
        string clusterIp = "";
        await steps.RunAsync("ask the Service for the first time", async () =>
        {
            Service service = await client.GetAsync<Service>(new ObjectKey("default", "web"), cancellationToken).ConfigureAwait(false);
            clusterIp = service.Spec.ClusterIP!;
            await AskAsync(client, clusterIp, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return new DemoCluster(lab, client, clusterIp, steps.Done, ready, TimeProvider.System.GetElapsedTime(start));
    }

    private static async Task<string> AskAsync(KubernetesClient client, string clusterIp, CancellationToken cancellationToken)
    {
        ExecResult answer = await client.ExecAsync(s_client, null, ["curl", "-sS", "--max-time", "5", "--retry", "5", "--retry-connrefused", "--retry-delay", "0", $"http://{clusterIp}/"], cancellationToken).ConfigureAwait(false);
        return answer.ExitCode == 0 ? answer.Output.Trim() : throw new LabException($"the Service at {clusterIp} did not answer: {answer.Error.Trim()}");
    }

    private static Table NodeTable(KubernetesList<Node> nodes)
    {
        Table table = Tables.New("Node", "Address", "Pod CIDR", "Ready");
        foreach (Node node in nodes.Items.OrderBy(node => node.Metadata.Name, StringComparer.Ordinal))
        {
            table.AddRow(
                node.Metadata.Name,
                node.Status?.Addresses.FirstOrDefault(address => address.Type == "InternalIP")?.Address ?? "",
                node.Spec?.PodCidr ?? "",
                node.Status?.Conditions.FirstOrDefault(condition => condition.Type == "Ready")?.Status ?? "Unknown");
        }

        return table;
    }

    private static Table PodTable(IReadOnlyList<Pod> pods)
    {
        Table table = Tables.New("Pod", "Address", "Node", "Phase");
        foreach (Pod pod in pods.OrderBy(pod => pod.Metadata.Name, StringComparer.Ordinal))
        {
            table.AddRow(pod.Metadata.Name, pod.Status?.PodIP ?? "", pod.Spec.NodeName ?? "", pod.Status?.Phase ?? "");
        }

        return table;
    }

    private static async Task<Table> RequestTableAsync(KubernetesClient client, string clusterIp, IReadOnlyList<Pod> pods, CancellationToken cancellationToken)
    {
        Table table = Tables.New("Request", "Answered by", "Address", "Node");
        for (int i = 1; i <= Requests; i++)
        {
            string answer = await AskAsync(client, clusterIp, cancellationToken).ConfigureAwait(false);
            Pod? pod = pods.FirstOrDefault(pod => pod.Metadata.Name == answer);
            table.AddRow($"{i}", answer, pod?.Status?.PodIP ?? "", pod?.Spec.NodeName ?? "");
        }

        return table;
    }

    private static Table ChainTable(RunningLab lab, Pod pod)
    {
        Table table = Tables.New("What", "Which");
        foreach ((string what, string which) in PodChain.Describe(lab, pod))
        {
            table.AddRow(Markup.Escape(what), Markup.Escape(which));
        }

        return table;
    }

    private static Table TimeTable(DemoCluster demo, TimeSpan total)
    {
        Table table = Tables.New("Step", "Took");
        foreach (LabStep step in demo.Steps)
        {
            table.AddRow(Markup.Escape(step.Name), StepPrinter.Duration(step.Took!.Value));
        }

        table.AddRow("[bold]from start to nodes ready[/]", StepPrinter.Duration(demo.Ready));
        table.AddRow("[bold]from start to the first answered request[/]", StepPrinter.Duration(demo.FirstAnswer));
        table.AddRow("[bold]the whole demo[/]", StepPrinter.Duration(total));
        return table;
    }

    private static void PrintNextSteps(RunningLab lab)
    {
        string name = lab.Topology.Name == new LabOptions().Name ? "" : $" --name {lab.Topology.Name}";
        string worker = lab.Topology.Workers.First().Namespace;
        Console.WriteLine();
        Console.WriteLine($"Kubeconfig: {lab.Paths.Kubeconfig}");
        Console.WriteLine();
        Console.WriteLine("Try next:");
        Console.WriteLine($"  export KUBECONFIG={lab.Paths.Kubeconfig}");
        Console.WriteLine("  kubectl get pods -o wide");
        Console.WriteLine("  kubectl scale deployment web --replicas 5");
        Console.WriteLine($"  ip netns exec {worker} nft list table inet fairlead");
        Console.WriteLine($"  ip netns exec {worker} tcpdump -ni cnio0");
        Console.WriteLine($"  {Environment.ProcessPath} lab status{name}");
        Console.WriteLine();
        Console.WriteLine("Take it down, so that nothing is left:");
        Console.WriteLine($"  {Environment.ProcessPath} lab down{name}");
    }

    private static void Heading(string text)
    {
        Console.WriteLine();
        AnsiConsole.MarkupLine($"[bold underline]{Markup.Escape(text)}[/]");
    }

    private sealed record DemoCluster(RunningLab Lab, KubernetesClient Client, string ClusterIp, IReadOnlyList<LabStep> Steps, TimeSpan Ready, TimeSpan FirstAnswer);
}
