using System.Net;
using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Cni.Plugins.PortMap;

/// <summary>
/// The host ports of all containers: elements of maps, whatever their number.
/// <code>
/// table inet fairlead-cni-portmap {
///     map ports4    { type inet_proto . inet_service : ipv4_addr . inet_service }               any address of the host
///     map at4       { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service }   one address (hostIP)
///     set hairpin4  { type ipv4_addr . ipv4_addr }                    containers that may reach themselves by a host port
///     set loopback4 { type ipv4_addr . inet_proto . inet_service }    container ports that 127.0.0.1 reaches
///     set hidden4   { type ipv4_addr . inet_proto . inet_service }    container ports that never see their clients (masqAll)
///     … and the same for IPv6
///     chain prerouting  { type nat hook prerouting priority dstnat; fib daddr type local jump ports }
///     chain output      { type nat hook output priority dstnat; fib daddr type local jump ports }
///     chain ports       { dnat ip to ip daddr . meta l4proto . th dport map @at4; dnat ip to meta l4proto . th dport map @ports4; … }
///     chain postrouting { type nat hook postrouting priority srcnat; ct status dnat jump sources }
///     chain sources     { ip saddr . ip daddr @hairpin4 masquerade; ip saddr 127.0.0.0/8 ip daddr . meta l4proto . th dport @loopback4 masquerade; … }
///     chain martians    { type filter hook prerouting priority raw; iifname != "lo" ip daddr 127.0.0.0/8 drop }
/// }
/// </code>
/// A network with conditions has maps and a chain <c>ports-ID</c> of its own, to which <c>ports</c> jumps.
/// The chain martians keeps to the machine what route_localnet would let others send to its loopback addresses.
/// </summary>
internal static class PortTable
{
    public const string TableName = "fairlead-cni-portmap";
    private const int Attempts = 10;

    private static readonly IPNetwork Loopback = new(IPAddress.Parse("127.0.0.0"), 8);

    public static TableId Table { get; } = TableId.Inet(TableName);

    /// <summary>Adds a container's mappings, all or none.</summary>
    /// <exception cref="CniException">A host port is another container's (code 7).</exception>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public static void Add(IReadOnlyList<PortElement> elements, PortConditions conditions, string comment)
    {
        using NfTablesClient client = NfTablesClient.Open();
        Transaction quick = new(Table);
        foreach (PortElement element in elements)
        {
            quick.Append(new ElementOperation(element.IsShared ? Verb.Add : Verb.Create, element.Set, [element.Element with { Comment = comment }]));
        }

        IReadOnlyList<OperationFailure> failures = client.TryCommit(quick);
        for (int attempt = 0; failures.Count > 0; attempt++)
        {
            if (attempt == Attempts || failures[0].Answer.Error is not (Errno.NotFound or Errno.Exists))
            {
                throw failures[0].Answer.ToException("map host ports");
            }

            Ruleset? existing = client.ListRuleset(Table);
            Transaction careful = new(Table);
            if (existing is null)
            {
                AppendTable(careful);
            }

            if (conditions.Id.Length > 0 && existing?.Chains.Any(listed => listed.Chain.Name == ChainName(conditions)) != true)
            {
                AppendConditions(careful, conditions);
            }

            foreach (PortElement element in elements)
            {
                Element? other = existing?.Elements.GetValueOrDefault(element.Set.Name)?.FirstOrDefault(candidate => candidate.Key == element.Element.Key);
                if (other is not null && other.Comment != comment && !element.IsShared)
                {
                    throw new CniException(CniErrorCode.InvalidConfiguration, $"host port {element.Describe()} is already mapped", $"it belongs to {other.Comment}");
                }

                if (other is not null)
                {
                    careful.Delete(element.Set, [other]);
                }

                careful.Create(element.Set, [element.Element with { Comment = comment }]);
            }

            failures = client.TryCommit(careful);
        }
    }

    /// <summary>Removes the elements whose comments are stale, and gives them back.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public static IReadOnlyList<(Set Set, Element Element)> Remove(Func<string?, bool> isStale)
    {
        using NfTablesClient client = NfTablesClient.Open();
        return NodeTable.RemoveElements(client, Table, isStale);
    }

    /// <summary>Finds out whether each of a container's mappings is still there.</summary>
    /// <exception cref="CniException">One is not (code 100).</exception>
    public static void Check(IReadOnlyList<PortElement> elements, PortConditions conditions)
    {
        using NfTablesClient client = NfTablesClient.Open();
        Ruleset ruleset = client.ListRuleset(Table) ?? throw ContainerLink.Failed($"host ports are not mapped: there is no table {Table}");
        foreach (PortElement element in elements)
        {
            if (ruleset.Elements.GetValueOrDefault(element.Set.Name)?.Any(other => other.Key == element.Element.Key && other.Data == element.Element.Data) != true)
            {
                throw ContainerLink.Failed($"host port {element.Describe()} is not mapped: {element.Set.Name} in table {Table} lacks it");
            }
        }

        foreach (string chain in (ReadOnlySpan<string>)["prerouting", "output", "postrouting", "sources", ChainName(conditions)])
        {
            if (!ruleset.RulesOf(chain).Any())
            {
                throw ContainerLink.Failed($"host ports are not mapped: chain {chain} in table {Table} has no rules");
            }
        }
    }

    private static string ChainName(PortConditions conditions) => $"ports{conditions.Id}";

    private static void AppendTable(Transaction transaction)
    {
        transaction.Append(new TableOperation(Verb.Create, new Table { Id = Table, Comment = "Fairlead's CNI plugins: ports of the host that lead to containers" }));
        foreach (PortSets sets in (ReadOnlySpan<PortSets>)[PortSets.IPv4(""), PortSets.IPv6("")])
        {
            transaction.Add(sets.Ports).Add(sets.At).Add(sets.Hairpin).Add(sets.LoopbackPorts).Add(sets.Hidden);
        }

        transaction
            .Add(Chain.Regular("ports"))
            .Add(Chain.Regular("sources"))
            .Add(Chain.Hooked("prerouting", ChainType.Nat, Hook.Prerouting, ChainPriority.DestinationNat))
            .Add(Chain.Hooked("output", ChainType.Nat, Hook.Output, ChainPriority.DestinationNat))
            .Add(Chain.Hooked("postrouting", ChainType.Nat, Hook.Postrouting, ChainPriority.SourceNat))
            .Add(Chain.Hooked("martians", ChainType.Filter, Hook.Prerouting, ChainPriority.Raw))
            .Add(
                Rule.Of("prerouting", Match.Equal(Field.DestinationAddressType, Scalar.Number((uint)FibAddressType.Local)), Statement.Jump("ports")),
                Rule.Of("output", Match.Equal(Field.DestinationAddressType, Scalar.Number((uint)FibAddressType.Local)), Statement.Jump("ports")),
                Rule.Of("postrouting", Match.Status(ConntrackStatuses.DestinationNat), Statement.Jump("sources")),
                Rule.Of("martians", Match.NotEqual(Field.InputInterface, Scalar.InterfaceName("lo")), Match.Within(Field.IpDestination, Loopback), Statement.Drop));
        foreach (PortSets sets in (ReadOnlySpan<PortSets>)[PortSets.IPv4(""), PortSets.IPv6("")])
        {
            AppendTranslations(transaction, "ports", sets, []);
            transaction.Add(
                Rule.Of("sources", Match.InSet(sets.Hairpin.Name, sets.Source, sets.Destination), Statement.Masquerade()),
                Rule.Of("sources", Match.InSet(sets.Hidden.Name, sets.Destination, Field.Protocol, Field.DestinationPort), Statement.Masquerade()));
            if (!sets.IsIPv6)
            {
                transaction.Add(Rule.Of(
                    "sources",
                    Match.Within(Field.IpSource, Loopback),
                    Match.InSet(sets.LoopbackPorts.Name, sets.Destination, Field.Protocol, Field.DestinationPort),
                    Statement.Masquerade()));
            }
        }
    }

    private static void AppendConditions(Transaction transaction, PortConditions conditions)
    {
        string chain = ChainName(conditions);
        transaction.Append(new ChainOperation(Verb.Create, Chain.Regular(chain)));
        foreach (PortSets sets in (ReadOnlySpan<PortSets>)[PortSets.IPv4(conditions.Id), PortSets.IPv6(conditions.Id)])
        {
            transaction.Add(sets.Ports).Add(sets.At);
            AppendTranslations(transaction, chain, sets, sets.IsIPv6 ? conditions.IPv6 : conditions.IPv4);
        }

        transaction.Add(Rule.Of("ports", Statement.Jump(chain)));
    }

    private static void AppendTranslations(Transaction transaction, string chain, PortSets sets, ValueList<Expression> conditions) => transaction.Add(
        Rule.Of(chain, Match.Family(sets.Family), conditions, Statement.DestinationNatMap(sets.Family, sets.At.Name, sets.Destination, Field.Protocol, Field.DestinationPort)),
        Rule.Of(chain, Match.Family(sets.Family), conditions, Statement.DestinationNatMap(sets.Family, sets.Ports.Name, Field.Protocol, Field.DestinationPort)));
}
