using System.Net;
using Fairlead.Lab.Kubelet;
using Microsoft.Extensions.Logging;

namespace Fairlead.Lab.Tests.Kubelet;

/// <summary>A node's process in tests: this executable again, inside the namespaces that a test made.</summary>
internal static class NodeHost
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        using CancellationTokenSource stop = new();
        Console.CancelKeyPress += (_, cancel) =>
        {
            cancel.Cancel = true;
            stop.Cancel();
        };
        using var loggers = LoggerFactory.Create(static builder => builder.AddSimpleConsole(static o => o.SingleLine = true));
        var (lab, node, state, kubeconfig, plugins, configuration) = (arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
        await NodeRuntime.RunAsync(
            new NodeRuntimeOptions
            {
                LabName = lab,
                NodeName = node,
                NodeAddresses = [IPAddress.Parse("10.240.0.20")],
                PodCidrs = ["10.200.0.0/24"],
                ClusterDns = IPAddress.Parse("10.32.0.10"),
                StateDirectory = state,
                Kubeconfig = kubeconfig,
                CniBinDirectories = [plugins],
                CniConfDirectory = configuration,
                ImageDirectory = Path.Combine(Path.GetDirectoryName(state)!, "images"),
                ResponderExecutable = Environment.ProcessPath,
            },
            loggers,
            stop.Token);
        return 0;
    }
}
