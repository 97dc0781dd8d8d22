using System.CommandLine;
using IPAddress = System.Net.IPAddress;
using Fairlead.Cli.Output;
using Fairlead.Kubernetes;
using Fairlead.Lab.Docker;
using Fairlead.Lab.Fabric;
using Spectre.Console;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead lab docker</c>: two servers behind one host's address, as Docker has it, and the same two as pods (examples/docker-and-pods).</summary>
internal static class LabDockerCommand
{
    private const ushort HostPort = 8080;
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        Option<string> name = LabCommand.NameOption();
        Command command = new("docker", "For contrast: two containers on docker0 with published ports and their clash, next to the same as pods.") { name };
        command.SetAction((parsed, cancellationToken) => RunAsync(RunningLab.Open(parsed.GetValue(name)!), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(RunningLab lab, CancellationToken cancellationToken)
    {
        DockerHost docker = DockerHost.Create(lab, "web-1", "web-2");
        (DockerContainer first, DockerContainer second) = (docker.Plan.Containers[0], docker.Plan.Containers[1]);
        LabHost asking = lab.Topology.Workers.Last();
        IPAddress host = docker.Plan.Host.Address;

        Heading($"Docker's way: a host {host} with docker0 {docker.Plan.Gateway} and two containers that serve on port {DockerPlan.ContainerPort}");
        Table containers = Tables.New("Container", "Address", "Namespace");
        foreach (DockerContainer container in docker.Plan.Containers)
        {
            containers.AddRow(container.Name, container.Address.ToString(), container.Namespace);
        }

        Tables.Write(containers);
        Say($"publish {host}:{HostPort} for {first.Name}", docker.Publish(HostPort, first) ?? "done");
        Say($"publish {host}:{HostPort} for {second.Name}", docker.Publish(HostPort, second) ?? "done");
        Say($"publish {host}:{HostPort + 1} for {second.Name}", docker.Publish(HostPort + 1, second) ?? "done");
        await AskAsync(asking, host, HostPort, s_answer, cancellationToken).ConfigureAwait(false);
        await AskAsync(asking, host, HostPort + 1, s_answer, cancellationToken).ConfigureAwait(false);
        await AskAsync(asking, first.Address, DockerPlan.ContainerPort, s_silence, cancellationToken).ConfigureAwait(false);
        Console.WriteLine();
        Console.WriteLine(docker.Table().TrimEnd());

        Heading("The same as pods: examples/docker-and-pods/pods.yaml, all on worker-0");
        using KubernetesClient client = KubernetesClient.FromKubeconfig(lab.Paths.Kubeconfig);
        ListOptions ours = new() { Namespace = "default", LabelSelector = "app=docker-and-pods" };
        await client.DeleteCollectionAsync(Pod.ResourceKind.Definition, ours, new DeleteOptions { GracePeriodSeconds = 0 }, cancellationToken).ConfigureAwait(false);
        await ExampleObjects.CreateAsync(client, "docker-and-pods.yaml", cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Pod> pods = await WaitAsync(client, ours, cancellationToken).ConfigureAwait(false);
        Table table = Tables.New("Pod", "Status", "Address", "Host port");
        foreach (Pod pod in pods)
        {
            int published = pod.Spec.Containers[0].Ports[0].HostPort;
            table.AddRow(pod.Metadata.Name, pod.Status.Phase ?? "", pod.Status.PodIP ?? "", published > 0 ? $"{published}" : "");
        }

        Tables.Write(table);
        foreach (Pod pod in pods.Where(pod => pod.Status.PodIP is not null && pod.Metadata.Name.StartsWith("web-", StringComparison.Ordinal)))
        {
            await AskAsync(asking, IPAddress.Parse(pod.Status.PodIP!), DockerPlan.ContainerPort, s_answer, cancellationToken).ConfigureAwait(false);
        }

        await AskAsync(asking, lab.Topology.Host("worker-0").Address, HostPort, s_answer, cancellationToken).ConfigureAwait(false);
        foreach (Pod pod in pods.Where(static pod => pod.Status.Phase == "Pending"))
        {
            Say($"why {pod.Metadata.Name} waits", pod.Status.Conditions.FirstOrDefault(static condition => condition.Type == "PodScheduled")?.Message ?? "nobody has said");
        }

        Heading("What to look at");
        Console.WriteLine($"  ip netns exec {docker.Plan.Host.Namespace} nft list table inet docker");
        Console.WriteLine($"  ip netns exec {docker.Plan.Host.Namespace} ip -br address; ip netns exec {docker.Plan.Host.Namespace} bridge link");
        Console.WriteLine($"  ip netns exec {docker.Plan.Host.Namespace} conntrack -L");
        Console.WriteLine($"  ip netns exec {lab.Topology.Host("worker-0").Namespace} nft list table inet fairlead-cni-portmap");
        Console.WriteLine("  examples/docker-and-pods/README.md; it goes with the lab, or when this command runs again");
        return 0;
    }

    /// <summary>Until each pod is ready, or the scheduler has said that it has no place for it.</summary>
    private static async Task<IReadOnlyList<Pod>> WaitAsync(KubernetesClient client, ListOptions which, CancellationToken cancellationToken)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            IReadOnlyList<Pod> pods = (await client.ListAsync<Pod>(which, cancellationToken).ConfigureAwait(false)).Items;
            if (pods.Count(pod => Is(pod, "Ready", "True") || Is(pod, "PodScheduled", "False")) == 4)
            {
                return pods;
            }

            if (TimeProvider.System.GetElapsedTime(start) > s_start)
            {
                throw new LabException($"the pods are not ready after {s_start.TotalSeconds:F0} s; see 'kubectl describe pods -l app=docker-and-pods'");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }

        static bool Is(Pod pod, string type, string status) => pod.Status.Conditions.Any(condition => condition.Type == type && condition.Status == status);
    }

    private static async Task AskAsync(LabHost from, IPAddress address, int port, TimeSpan patience, CancellationToken cancellationToken) =>
        Say($"{from.Name} asks http://{address}:{port}/", await DockerHost.AskAsync(from.Namespace, address, port, patience, cancellationToken).ConfigureAwait(false) ?? "no answer");

    private static void Say(string what, string result) => Console.WriteLine($"  {what}: {result}");

    private static void Heading(string text)
    {
        Console.WriteLine();
        AnsiConsole.MarkupLine($"[bold underline]{Markup.Escape(text)}[/]");
    }
}
