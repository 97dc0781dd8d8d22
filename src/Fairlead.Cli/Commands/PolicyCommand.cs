using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Agent.Local;
using Fairlead.Cli.Output;
using Fairlead.Cli.Policies;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Spectre.Console;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead policy</c>: who may reach whom, why not, and what a change would change.</summary>
internal static class PolicyCommand
{
    private static readonly Option<string?> s_kubeconfig = new("--kubeconfig") { Description = "The kubeconfig file; without it $KUBECONFIG." };

    public static Command Create() => new("policy", "NetworkPolicies and ClusterNetworkPolicies: who reaches whom, and why not.")
    {
        Denials(), Test(), Matrix(), Diff(), Audit(), Status(),
    };

    private static Command Denials()
    {
        Option<bool> follow = new("--follow", "-f") { Description = "Go on with what is denied from now on." };
        Option<int> last = new("--last") { Description = "How many receipts of before.", DefaultValueFactory = _ => 100 };
        Option<string> socket = AgentSocket.Option();
        Command command = new("denials", "What policies denied on this node: who, whom, and which policy or missing rule decided.") { follow, last, socket };
        command.SetAction((parsed, cancellationToken) => AgentSocket.PrintAsync(
            parsed.GetValue(socket)!,
            string.Create(CultureInfo.InvariantCulture, $"/policy/denials?last={parsed.GetValue(last)}{(parsed.GetValue(follow) ? "&follow=1" : "")}"),
            cancellationToken));
        return command;
    }

    private static Command Test()
    {
        Argument<string> source = new("source") { Description = "A pod (NAMESPACE/POD) or an address." };
        Argument<string> destination = new("destination") { Description = "A pod (NAMESPACE/POD), a Service (NAMESPACE/SERVICE) or an address." };
        Argument<PortText> port = PortArgument();
        Option<string> ns = Namespace();
        Command command = new("test", "Say whether a connection would be allowed, and why, from the objects alone.") { source, destination, port, ns, s_kubeconfig };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using KubernetesClient client = Connect(parsed.GetValue(s_kubeconfig));
            ClusterState cluster = await LivePolicies.ReadAsync(client, withServices: true, cancellationToken).ConfigureAwait(false);
            (string from, NetAddress sender) = Place.Parse(parsed.GetValue(source)!, parsed.GetValue(ns)!, cluster);
            PolicyExplainer explainer = new(cluster);
            foreach ((string to, NetAddress receiver, PortText what) in Place.Destinations(parsed.GetValue(destination)!, parsed.GetValue(ns)!, cluster, sender.IsIPv6, parsed.GetValue(port)))
            {
                PolicyVerdict[] verdicts = [.. explainer.Explain(sender, receiver, what.Protocol, what.Port)];
                Console.WriteLine($"{from} ({sender}) → {to} ({receiver}) {what}: {(verdicts.All(v => v.IsAllowed) ? "allowed" : "denied")}");
                foreach (PolicyVerdict verdict in verdicts)
                {
                    Console.WriteLine($"  {(verdict.IsIngress ? $"ingress of {to}" : $"egress of {from}")}: {(verdict.IsAllowed ? "allowed" : "denied")}: {verdict}");
                }
            }

            return 0;
        });
        return command;
    }

    private static Command Matrix()
    {
        Option<string> ns = Namespace();
        Option<PortText> port = new("--port") { Description = "The port, such as 80 or 53/udp.", CustomParser = ParsePort, DefaultValueFactory = _ => new(TransportProtocol.Tcp, 80) };
        Option<bool> probe = new("--probe") { Description = "Really connect (TCP) from inside the pods, and mark where that differs." };
        Command command = new("matrix", "A table of which pod of a namespace reaches which: rows send, columns receive.") { ns, port, probe, s_kubeconfig };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using KubernetesClient client = Connect(parsed.GetValue(s_kubeconfig));
            if (parsed.GetValue(probe) && parsed.GetValue(port).Protocol != TransportProtocol.Tcp)
            {
                throw new AgentException($"--probe connects by TCP and can't try {parsed.GetValue(port)}: name a TCP port, or leave --probe out.");
            }

            ClusterState cluster = await LivePolicies.ReadAsync(client, withServices: false, cancellationToken).ConfigureAwait(false);
            return await new ReachMatrix(client, cluster, parsed.GetValue(ns)!, parsed.GetValue(port)).PrintAsync(parsed.GetValue(probe), cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static Command Diff()
    {
        Option<string> file = new("--filename", "-f") { Description = "A file with policies that are new or changed.", Required = true };
        Option<string> ns = Namespace();
        Command command = new("diff", "Which connections between pods a change of policies would open or close, before it is applied.") { file, ns, s_kubeconfig };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using KubernetesClient client = Connect(parsed.GetValue(s_kubeconfig));
            ClusterState before = await LivePolicies.ReadAsync(client, withServices: false, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<PolicyState> changed = LivePolicies.ReadFile(parsed.GetValue(file)!, parsed.GetValue(ns)!);
            int count = 0;
            foreach (PolicyDifference difference in PolicyDifference.Between(before, changed))
            {
                count++;
                Console.WriteLine(difference);
            }

            Console.WriteLine(count == 0 ? "no connection between pods changes" : $"{count} connections change");
            return 0;
        });
        return command;
    }

    private static Command Audit()
    {
        Argument<string> state = new("state") { Description = "on: the policy only records what it would deny; off: it denies." };
        state.AcceptOnlyFromAmong("on", "off");
        Argument<string> policy = new("policy") { Description = "The NetworkPolicy." };
        Option<string> ns = Namespace();
        Command command = new("audit", "Let a NetworkPolicy only record what it would deny (see 'fairlead policy denials'), or enforce it.") { state, policy, ns, s_kubeconfig };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using KubernetesClient client = Connect(parsed.GetValue(s_kubeconfig));
            bool on = parsed.GetValue(state) == "on";
            ObjectKey key = new(parsed.GetValue(ns)!, parsed.GetValue(policy)!);
            JsonObject change = new() { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Annotations.PolicyAudit] = on ? "true" : null } } };
            try
            {
                await client.PatchAsync<NetworkPolicy>(key, Patch.Merge(change), cancellationToken: cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is KubernetesException or HttpRequestException)
            {
                throw new AgentException($"NetworkPolicy {key}: {e.Message}", e);
            }

            Console.WriteLine(on ? $"{key} only records what it would deny" : $"{key} denies");
            return 0;
        });
        return command;
    }

    private static Command Status()
    {
        Command command = new("status", "For each policy, on which nodes it is in force.") { s_kubeconfig };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using KubernetesClient client = Connect(parsed.GetValue(s_kubeconfig));
            ClusterState cluster = await LivePolicies.ReadAsync(client, withServices: false, cancellationToken).ConfigureAwait(false);
            Dictionary<string, PolicyForce> nodes = await PolicyForce.ReadAsync(client, cancellationToken).ConfigureAwait(false);
            string digest = PolicyDigest.Of(cluster.Policies.Values);
            string[] behind = [.. cluster.Nodes.Keys.Where(n => nodes.GetValueOrDefault(n).Digest != digest).Order(StringComparer.Ordinal)];
            Table table = Tables.New("POLICY", "TIER", "REVISION", "IN FORCE", "NOT YET");
            foreach (PolicyState policy in cluster.Policies.Values.OrderBy(p => p.Tier).ThenBy(p => p.Priority).ThenBy(p => p.Key))
            {
                string[] waiting = [.. behind.Where(n => !nodes.GetValueOrDefault(n).Has(policy))];
                table.AddRow(
                    Markup.Escape(policy.Key + (policy.IsAudit ? " (audit)" : "")),
                    policy.Tier.ToString(),
                    policy.Revision,
                    $"{cluster.Nodes.Count - waiting.Length} of {cluster.Nodes.Count} nodes",
                    Markup.Escape(string.Join(' ', waiting)));
            }

            Tables.Write(table);
            Console.WriteLine(behind.Length == 0 ? "every node holds these and no others" : $"not yet these and no others: {string.Join(' ', behind)}");
            return 0;
        });
        return command;
    }

    private static Option<string> Namespace() => new("--namespace", "-n") { Description = "The namespace of names without one.", DefaultValueFactory = _ => "default" };

    private static Argument<PortText> PortArgument() => new("port") { Description = "The port, such as 80 or 53/udp.", CustomParser = ParsePort };

    private static PortText ParsePort(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (!PortText.TryParse(result.Tokens[0].Value, out PortText port))
        {
            result.AddError($"'{result.Tokens[0].Value}' is not a port such as 80, 53/udp or 9999/sctp.");
        }

        return port;
    }

    private static KubernetesClient Connect(string? kubeconfig)
    {
        try
        {
            return new(KubernetesClientOptions.FromKubeconfig(kubeconfig));
        }
        catch (Exception e) when (e is InvalidDataException or FormatException)
        {
            throw new AgentException($"{e.Message} Name a kubeconfig with --kubeconfig or $KUBECONFIG.", e);
        }
    }
}
