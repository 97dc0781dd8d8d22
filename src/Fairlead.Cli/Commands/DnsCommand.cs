using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using Fairlead.Agent.Names;
using Fairlead.Cli.Output;
using Fairlead.Dns;
using Fairlead.Dns.Wire;
using Fairlead.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead dns</c>: the server alone, and what the agent's server does on this node.</summary>
internal static class DnsCommand
{
    public static Command Create()
    {
        Option<string?> kubeconfig = new("--kubeconfig") { Description = "The kubeconfig file; without it $KUBECONFIG, then the credentials of the pod that the server runs in." };
        Option<string?> corefile = new("--corefile") { Description = "A Corefile to be followed; without it the cluster's names, and all others from the machine's resolvers." };
        Option<ImmutableArray<IPEndPoint>> listen = ListOption.Create<IPEndPoint>(
            "--listen",
            "Where to answer by UDP and TCP: ADDRESS:PORT, several separated by commas; without it port 53 of all addresses.",
            static (string text, out IPEndPoint endpoint) => IPEndPoint.TryParse(text, out endpoint!) && endpoint.Port != 0,
            "an address and port such as 10.240.0.20:53 or [fd00::20]:53");
        Option<string> domain = new("--cluster-domain") { Description = "The zone of the cluster's names, where there is no Corefile.", DefaultValueFactory = _ => "cluster.local" };
        Option<Choice<PodNames>> pods = Choice.Option("--dns-pods", "How names of pods are answered, where there is no Corefile.", PodNames.Insecure);
        Option<int> threads = new("--threads") { Description = "How many threads wait at each address.", DefaultValueFactory = _ => Environment.ProcessorCount };
        Option<string?> metrics = new("--metrics-address") { Description = "Where metrics and readiness are served, ADDRESS:PORT; without it nowhere." };

        Command command = new("dns", "Serve the cluster's DNS alone; or see what this node's agent is asked.") { kubeconfig, corefile, listen, domain, pods, threads, metrics };
        command.Subcommands.Add(CreateLog());
        command.Subcommands.Add(CreateTop());
        command.SetAction((parsed, cancellationToken) => Daemons.RunAsync(
            async token =>
            {
                if (!DnsName.TryParse(parsed.GetValue(domain), out DnsName zone) || zone.IsRoot)
                {
                    throw new ArgumentException($"--cluster-domain '{parsed.GetValue(domain)}' is not a domain name such as cluster.local.");
                }

                using ILoggerFactory loggers = DaemonLog.Create();
                using KubernetesClient client = new(KubernetesClientOptions.Find(parsed.GetValue(kubeconfig)) with { UserAgent = "fairlead-dns" });
                await StandaloneDns.RunAsync(
                    new()
                    {
                        Zone = new() { Zone = zone, Pods = parsed.GetValue(pods) },
                        Listen = parsed.GetValue(listen) is { IsEmpty: false } addresses ? addresses : [new(System.Net.IPAddress.Any, 53), new(System.Net.IPAddress.IPv6Any, 53)],
                        Threads = parsed.GetValue(threads),
                        Corefile = parsed.GetValue(corefile),
                        MetricsAddress = parsed.GetValue(metrics) is { Length: > 0 } text ? IPEndPoint.Parse(text) : null,
                    },
                    client, loggers.CreateLogger("dns"), TimeProvider.System, token).ConfigureAwait(false);
            },
            cancellationToken));
        return command;
    }

    private static Command CreateLog()
    {
        Option<string> socket = AgentSocket.Option();
        Option<bool> follow = new("--follow", "-f") { Description = "Go on with queries as they come." };
        Option<string?> pod = new("--pod") { Description = "Only this pod's queries: NAME, NAMESPACE/NAME or an address." };
        Command command = new("log", "The last queries on this node: who asked for what, where the answer came from, how long it took.") { socket, follow, pod };
        command.SetAction((parsed, cancellationToken) => AgentSocket.PrintAsync(
            parsed.GetValue(socket)!,
            "/dns/log?follow=" + (parsed.GetValue(follow) ? "true" : "false") + (parsed.GetValue(pod) is { } name ? "&pod=" + Uri.EscapeDataString(name) : ""),
            cancellationToken));
        return command;
    }

    private static Command CreateTop()
    {
        Option<string> socket = AgentSocket.Option();
        Command command = new("top", "Which pods asked most of the last queries on this node, and storms of names that nobody has.") { socket };
        command.SetAction((parsed, cancellationToken) => AgentSocket.PrintAsync(parsed.GetValue(socket)!, "/dns/top", cancellationToken));
        return command;
    }
}
