using System.CommandLine;
using Fairlead.Cli.Output;
using Fairlead.Lab.Fabric;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead lab up</c>: what a lab is made of.</summary>
internal static class LabUpCommand
{
    private static readonly LabOptions s_standard = new();

    public static Command Create()
    {
        Option<string> name = LabCommand.NameOption();
        Option<int> nodes = LabCommand.NodesOption();
        Option<int> controllers = new("--controllers") { Description = "Number of controllers; the first serves the API, the others are hosts without processes.", DefaultValueFactory = _ => s_standard.Controllers };
        Option<string> preset = new("--preset") { Description = "The addresses: hard-way.", DefaultValueFactory = _ => LabPreset.HardWay.Name };
        Option<Choice<LabMode>> mode = Choice.Option("--mode", "How packets travel between nodes: direct (routes on one segment), vxlan (nodes on several segments), vpc (the router routes pods).", s_standard.Mode);
        Option<int?> segments = new("--segments") { Description = "On how many segments the workers are dealt out; 2 with vxlan, otherwise 1." };
        Option<Choice<Switch>> podRoutes = Choice.Option("--pod-routes", "With --mode vpc: whether a controller writes routes to the nodes' pod CIDRs into the router.", Switch.On);
        Option<Choice<LabNetwork>> network = Choice.Option("--network", "Who makes the pods' network: fairlead, or what you want to try: cni (pods have links and addresses; routes, Services and DNS are yours), none (nodes aren't ready until there is a CNI configuration).", s_standard.Network);
        Option<bool> dualStack = new("--dual-stack") { Description = "IPv6 beside IPv4 for nodes, pods and services." };
        Option<int> clients = new("--clients") { Description = "Number of hosts outside the cluster that know the nodes' public addresses only.", DefaultValueFactory = _ => s_standard.Clients };
        Option<int> mtu = new("--mtu") { Description = "MTU of all links between hosts, in bytes; pods' links follow.", DefaultValueFactory = _ => s_standard.Mtu };
        Option<int> apiPort = new("--api-port") { Description = "The API's port on this machine's loopback; 0 takes one that is free.", DefaultValueFactory = _ => 0 };
        Command command = new("up", "Bring a lab up; one of the same name is taken down first.")
        {
            name, nodes, controllers, preset, mode, segments, podRoutes, network, dualStack, clients, mtu, apiPort,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new LabOptions
            {
                Name = parsed.GetValue(name)!,
                Workers = parsed.GetValue(nodes),
                Controllers = parsed.GetValue(controllers),
                Preset = LabPreset.Named(parsed.GetValue(preset)!),
                Mode = parsed.GetValue(mode),
                Segments = parsed.GetValue(segments),
                PodRoutes = parsed.GetValue(podRoutes) == Switch.On,
                Network = parsed.GetValue(network),
                DualStack = parsed.GetValue(dualStack),
                Clients = parsed.GetValue(clients),
                Mtu = parsed.GetValue(mtu),
                ApiPort = parsed.GetValue(apiPort),
            };
            if (MachineLimits.WarnOfNeighbours(options.Workers) is { } warning)
            {
                Console.Error.WriteLine("fairlead: " + warning);
            }

            RunningLab lab = await StepPrinter.RunAsync(
                steps => LabBuilder.UpAsync(options, steps, cancellationToken)).ConfigureAwait(false);
            Console.WriteLine($"Lab {lab.Topology.Name} is up. Kubeconfig: {lab.Paths.Kubeconfig}");
            return 0;
        });
        return command;
    }

    /// <summary>What a person calls a bool.</summary>
    private enum Switch
    {
        On,
        Off,
    }
}
