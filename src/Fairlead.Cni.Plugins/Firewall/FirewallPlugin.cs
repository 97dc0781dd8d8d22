using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Firewall;

/// <summary>
/// firewall: who may reach the container through this host (<c>ingressPolicy</c>): everybody (open), no container of another bridge (same-bridge), or no
/// container at all (isolated). Replies always pass.
/// <code>
/// table inet fairlead-cni-firewall {
///     set bridges { type ifname }                    the bridges of all networks with this plugin
///     map pods4   { type ipv4_addr : verdict }       10.1.0.5 : goto to-cni0, or: goto isolated
///     map pods6   { type ipv6_addr : verdict }
///     chain forward  { type filter hook forward priority filter; ct state established,related accept; ip daddr vmap @pods4; ip6 daddr vmap @pods6 }
///     chain to-cni0  { iifname "cni0" accept; iifname @bridges drop }
///     chain isolated { iifname @bridges drop }
///     chain open     { accept }
/// }
/// </code>
/// </summary>
internal sealed class FirewallPlugin : CniPlugin
{
    public const string TableName = "fairlead-cni-firewall";
    private const string Forward = "forward";
    private const int Attempts = 10;

    private static readonly TableId Table = TableId.Inet(TableName);
    private static readonly Set Bridges = Set.Of("bridges", DataType.InterfaceName);
    private static readonly Map Pods4 = Map.ToVerdicts("pods4", DataType.Ipv4Address);
    private static readonly Map Pods6 = Map.ToVerdicts("pods6", DataType.Ipv6Address);

    public override string Name => "firewall";

    public override CniResult Add(CniRequest request)
    {
        CniResult result = request.RequirePreviousResult();
        Policy policy = Policy.Read(request, result);
        string comment = Ownership.Comment(request.Configuration.Name, request.Attachment);
        using NfTablesClient client = NfTablesClient.Open();
        for (int attempt = 0; ; attempt++)
        {
            Ruleset? existing = client.ListRuleset(Table);
            IReadOnlyList<OperationFailure> failures = client.TryCommit(Plan(result, policy, comment, existing));
            if (failures.Count == 0)
            {
                return result;
            }

            if (attempt == Attempts || failures[0].Answer.Error is not (Errno.NotFound or Errno.Exists))
            {
                throw failures[0].Answer.ToException($"guard container {request.ContainerId}");
            }
        }
    }

    public override void Delete(CniRequest request)
    {
        string comment = Ownership.Comment(request.Configuration.Name, request.Attachment);
        using NfTablesClient client = NfTablesClient.Open();
        NodeTable.RemoveElements(client, Table, other => other == comment);
    }

    public override void Check(CniRequest request)
    {
        CniResult previous = request.RequirePreviousResult();
        Policy policy = Policy.Read(request, previous);
        using NfTablesClient client = NfTablesClient.Open();
        Ruleset? ruleset = client.ListRuleset(Table);
        foreach (CniAddress address in previous.ContainerAddresses)
        {
            DataValue key = Scalar.Address(address.Address.Address);
            bool present = ruleset?.Elements.GetValueOrDefault(MapOf(address).Name)?.Any(element => element.Key == key && element.Verdict == Verdict.Goto(policy.Chain)) == true
                && ruleset.RulesOf(policy.Chain).Any() && ruleset.RulesOf(Forward).Count() >= 3;
            if (!present)
            {
                throw ContainerLink.Failed($"{address.Address.Address} is not guarded: table {Table} lacks it");
            }
        }
    }

    public override void CollectGarbage(CniRequest request)
    {
        string network = request.Configuration.Name;
        HashSet<string?> valid = [.. request.Configuration.ValidAttachments.Select(attachment => Ownership.Comment(network, attachment))];
        using NfTablesClient client = NfTablesClient.Open();
        NodeTable.RemoveElements(client, Table, comment => Ownership.IsOfNetwork(comment, network) && !valid.Contains(comment));
    }

    private static Transaction Plan(CniResult result, Policy policy, string comment, Ruleset? existing)
    {
        Transaction transaction = new(Table);
        if (existing is null)
        {
            AppendTable(transaction);
        }

        if (policy.Bridge is { } bridge)
        {
            transaction.Add(Bridges, [Element.Of(Scalar.InterfaceName(bridge))]);
            if (policy.Chain.StartsWith("to-", StringComparison.Ordinal) && existing?.Chains.Any(listed => listed.Chain.Name == policy.Chain) != true)
            {
                transaction
                    .Append(new ChainOperation(Verb.Create, Chain.Regular(policy.Chain)))
                    .Add(
                        Rule.Of(policy.Chain, Match.Input(bridge), Statement.Accept),
                        Rule.Of(policy.Chain, Match.InSet(Bridges.Name, Field.InputInterface), Statement.Drop));
            }
        }

        foreach (CniAddress address in result.ContainerAddresses)
        {
            Map map = MapOf(address);
            Element element = Element.Of(Scalar.Address(address.Address.Address), Verdict.Goto(policy.Chain)) with { Comment = comment };
            if (existing?.Elements.GetValueOrDefault(map.Name)?.Any(other => other.Key == element.Key) == true)
            {
                transaction.Delete(map, [element]);
            }

            transaction.Create(map, [element]);
        }

        return transaction;
    }

    private static Map MapOf(CniAddress address) => address.Address.IsIPv6 ? Pods6 : Pods4;

    private static void AppendTable(Transaction transaction) => transaction
        .Append(new TableOperation(Verb.Create, new Table { Id = Table, Comment = "Fairlead's CNI plugins: who may reach containers" }))
        .Add(Bridges)
        .Add(Chain.Regular("open"))
        .Add(Chain.Regular("isolated"))
        .Add(Pods4)
        .Add(Pods6)
        .Add(Chain.Hooked(Forward, ChainType.Filter, Hook.Forward, ChainPriority.Filter))
        .Add(
            Rule.Of(Forward, Match.State(ConntrackStates.Established | ConntrackStates.Related), Statement.Accept),
            Rule.Of(Forward, Statement.VerdictMap(Pods4.Name, Field.IpDestination)),
            Rule.Of(Forward, Statement.VerdictMap(Pods6.Name, Field.Ip6Destination)),
            Rule.Of("open", Statement.Accept),
            Rule.Of("isolated", Match.InSet(Bridges.Name, Field.InputInterface), Statement.Drop));

    /// <summary>What the configuration asks for: the chain that the container's addresses lead to, and its bridge, where the policy needs one.</summary>
    private sealed record Policy(string Chain, string? Bridge)
    {
        public static Policy Read(CniRequest request, CniResult result)
        {
            ConfigurationObject root = request.Configuration.Root;
            if (root.GetString("backend") is { } backend and not ("" or "iptables" or "nftables" or "firewalld"))
            {
                throw root.Invalid("backend", $"\"{backend}\" is none of \"nftables\", \"iptables\", \"firewalld\"");
            }

            string policy = root.GetString("ingressPolicy") is { Length: > 0 } given ? given : "open";
            return policy switch
            {
                "open" => new Policy("open", null),
                "isolated" => new Policy("isolated", FindBridge(root, result)),
                "same-bridge" => FindBridge(root, result) is var bridge ? new Policy($"to-{bridge}", bridge) : throw new InvalidOperationException(),
                _ => throw root.Invalid("ingressPolicy", $"\"{policy}\" is none of \"open\", \"same-bridge\", \"isolated\""),
            };
        }

        private static string FindBridge(ConfigurationObject root, CniResult result)
        {
            using RouteNetlink host = RouteNetlink.Open();
            foreach (CniInterface link in result.Interfaces.Where(link => string.IsNullOrEmpty(link.Sandbox)))
            {
                if (host.FindLink(link.Name) is { Kind: BridgeKind })
                {
                    return link.Name;
                }
            }

            throw root.Invalid("ingressPolicy", "needs a bridge, and the result of the plugins before names none");
        }
    }
}
