using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using Fairlead.Agent;
using Fairlead.Agent.Local;
using Fairlead.Agent.Policies;
using Fairlead.Network;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead agent</c>: the node's daemon.</summary>
internal static class AgentCommand
{
    public static Command Create()
    {
        Option<string?> kubeconfig = new("--kubeconfig") { Description = "The kubeconfig file; without it $KUBECONFIG, then the credentials of the pod that the agent runs in." };
        Option<string> nodeName = new("--node-name") { Description = "The node's name in the API.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("NODE_NAME") ?? System.Net.Dns.GetHostName() };
        Option<ImmutableArray<NetPrefix>> clusterCidr = Prefixes("--cluster-cidr", "The ranges of all pods, at most one of each family; without it the union of the nodes' pod CIDRs.");
        Option<ImmutableArray<NetPrefix>> serviceCidr = Prefixes("--service-cluster-ip-range", "The ranges of cluster IPs, beside those that ServiceCIDR objects name.");
        RouteFlags routes = new();
        Option<bool> masquerade = new("--masquerade") { Description = "Whether pods' packets out of the cluster get the node's address (=false: they don't).", DefaultValueFactory = _ => true };
        Option<ImmutableArray<NetPrefix>> nonMasquerade = Prefixes("--non-masquerade-cidr", "Destinations outside the cluster that pods reach with their own address.");
        Option<ImmutableArray<NetPrefix>> nodePortAddresses = Prefixes("--node-port-addresses", "On which of the node's addresses node ports answer; without it on all but loopback ones.");
        Option<bool> primaryOnly = new("--node-ports-on-primary-address") { Description = "Node ports answer on the node's InternalIP only." };
        Option<bool> localhost = new("--localhost-node-ports") { Description = "Node ports answer on 127.0.0.0/8 too." };
        Option<string> health = new("--health-address") { Description = "Where metrics and health are served, ADDRESS:PORT; empty for nowhere.", DefaultValueFactory = _ => "0.0.0.0:10256" };
        Option<bool> policies = new("--network-policy") { Description = "Whether NetworkPolicies and ClusterNetworkPolicies are enforced (=false: not).", DefaultValueFactory = _ => true };
        Option<bool> guard = new("--guard-unknown-pods") { Description = "Whether, where there are policies, addresses of this node's pods that no known pod has are kept out (=false: not).", DefaultValueFactory = _ => true };
        Option<Choice<CutConnections>> cut = Choice.Option("--cut-connections", "Which established connections end when a new policy forbids them: none, those that a ClusterNetworkPolicy denies, or all.", CutConnections.Denied);
        Option<string> socket = new("--socket") { Description = "The Unix socket at which verbs such as 'fairlead services' ask this agent; empty for none.", DefaultValueFactory = _ => LocalSocket.DefaultPath };
        health.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: { Length: > 0 } text }] && !(IPEndPoint.TryParse(text, out IPEndPoint? address) && address.Port > 0))
            {
                result.AddError($"--health-address: '{text}' is not an address and port such as 0.0.0.0:10256 or [::]:10256.");
            }
        });
        Option<int> interval = Milliseconds("--commit-interval-ms", "The pause after a commit, in milliseconds; changes of pods, policies and nodes may cut it short.", 100);
        Option<int> audit = Milliseconds("--audit-interval-ms", "How often the kernel is compared with the plan, in milliseconds.", 60_000);

        DnsFlags dns = new();
        Command command = new("agent", "Run a node's network: routes, Services, masquerade. Needs root on the node.")
        {
            kubeconfig, nodeName, clusterCidr, serviceCidr, masquerade, nonMasquerade, nodePortAddresses, primaryOnly, localhost, policies, guard, cut, health, socket, interval, audit,
        };
        routes.AddTo(command);
        dns.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Daemons.RunAsync(
            token => NodeAgent.RunAsync(
                routes.Apply(new AgentOptions
                {
                    Kubeconfig = parsed.GetValue(kubeconfig),
                    NodeName = parsed.GetValue(nodeName)!,
                    ClusterCidrs = parsed.GetValue(clusterCidr),
                    ServiceCidrs = parsed.GetValue(serviceCidr),
                    MasqueradeOutbound = parsed.GetValue(masquerade),
                    NonMasqueradeCidrs = parsed.GetValue(nonMasquerade),
                    NodePortAddresses = parsed.GetValue(nodePortAddresses),
                    NodePortsOnPrimaryAddress = parsed.GetValue(primaryOnly),
                    LocalhostNodePorts = parsed.GetValue(localhost),
                    HealthAddress = parsed.GetValue(health) is { Length: > 0 } text ? IPEndPoint.Parse(text) : null,
                    EnforcePolicies = parsed.GetValue(policies),
                    GuardUnknownPods = parsed.GetValue(guard),
                    CutConnections = parsed.GetValue(cut),
                    LocalSocketPath = parsed.GetValue(socket) is { Length: > 0 } path ? path : null,
                    Dns = dns.Read(parsed),
                    CommitInterval = TimeSpan.FromMilliseconds(parsed.GetValue(interval)),
                    AuditInterval = TimeSpan.FromMilliseconds(parsed.GetValue(audit)),
                }, parsed),
                token),
            cancellationToken));
        return command;
    }

    private static Option<ImmutableArray<NetPrefix>> Prefixes(string name, string description) =>
        ListOption.Create<NetPrefix>(name, description + " Several are separated by commas.", NetPrefix.TryParse, "a range such as 10.200.0.0/16 or fd00::/48");

    private static Option<int> Milliseconds(string name, string description, int standard) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out int value) && value >= 0)
            {
                return value;
            }

            result.AddError($"{name}: '{result.Tokens[0].Value}' is not a number of milliseconds.");
            return 0;
        },
    };
}
