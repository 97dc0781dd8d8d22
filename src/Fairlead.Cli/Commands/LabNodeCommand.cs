using System.CommandLine;
using System.Net;
using Fairlead.Cli.Output;
using Fairlead.Lab.Fabric;
using Fairlead.Lab.Kubelet;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead lab node</c>: the kubelet's part on one host; what <c>lab up</c> starts there. Not for people, so it is not listed.</summary>
internal static class LabNodeCommand
{
    public static Command Create()
    {
        Option<string> kubeconfig = new("--kubeconfig") { Required = true };
        Option<string> lab = new("--lab") { Required = true };
        Option<string> nodeName = new("--node-name") { Required = true };
        Option<string> nodeIp = new("--node-ip") { Required = true };
        Option<string?> podCidr = new("--pod-cidr");
        Option<string?> clusterDns = new("--cluster-dns");
        Option<string> binaries = new("--cni-bin-dir") { DefaultValueFactory = _ => "/opt/cni/bin" };
        Option<string> root = new("--root-dir") { Required = true };
        Option<string?> authority = new("--client-ca-file");
        Option<string?> images = new("--image-dir");
        Command command = new("node", "Run the pods of one host.")
        {
            kubeconfig, lab, nodeName, nodeIp, podCidr, clusterDns, binaries, root, authority, images,
        };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => Daemons.RunAsync(
            async token =>
            {
                using ILoggerFactory loggers = DaemonLog.Create();
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
                Task uplink = HostUplink.KeepAsync(RunningLab.Open(parsed.GetValue(lab)!).Topology.Host(parsed.GetValue(nodeName)!), loggers.CreateLogger("uplink"), stop.Token);
                Task runtime = NodeRuntime.RunAsync(
                    new NodeRuntimeOptions
                    {
                        Kubeconfig = parsed.GetValue(kubeconfig)!,
                        LabName = parsed.GetValue(lab)!,
                        NodeName = parsed.GetValue(nodeName)!,
                        NodeAddresses = [.. parsed.GetValue(nodeIp)!.Split(',').Select(IPAddress.Parse)],
                        PodCidrs = parsed.GetValue(podCidr)?.Split(',') ?? [],
                        ClusterDns = parsed.GetValue(clusterDns) is { } dns ? IPAddress.Parse(dns) : null,
                        CniBinDirectories = parsed.GetValue(binaries)!.Split(','),
                        StateDirectory = parsed.GetValue(root)!,
                        KubeletClientAuthority = parsed.GetValue(authority),
                        ImageDirectory = parsed.GetValue(images),
                    },
                    loggers,
                    stop.Token);

                // Whichever ends first takes the other with it; what it threw is thrown here.
                Task first = await Task.WhenAny(uplink, runtime).ConfigureAwait(false);
                await stop.CancelAsync().ConfigureAwait(false);
                await Task.WhenAll(uplink, runtime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await first.ConfigureAwait(false);
            },
            cancellationToken));
        return command;
    }
}
