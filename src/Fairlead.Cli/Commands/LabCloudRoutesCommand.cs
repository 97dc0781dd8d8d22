using System.CommandLine;
using Fairlead.Cli.Output;
using Fairlead.Lab.Cloud;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead lab cloud-routes</c>: what <c>lab up --mode vpc</c> starts in the router. Not for people, so it is not listed.</summary>
internal static class LabCloudRoutesCommand
{
    public static Command Create()
    {
        Option<string> kubeconfig = new("--kubeconfig") { Required = true };
        Command command = new("cloud-routes", "Write routes to the nodes' pod CIDRs into this host, following the nodes.") { kubeconfig };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => Daemons.RunAsync(
            async token =>
            {
                using ILoggerFactory loggers = DaemonLog.Create();
                await CloudRouteController.RunAsync(parsed.GetValue(kubeconfig)!, loggers, TimeProvider.System, token).ConfigureAwait(false);
            },
            cancellationToken));
        return command;
    }
}
