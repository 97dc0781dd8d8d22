using System.Net;
using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel;
using Fairlead.Kernel.NfTables;

namespace Fairlead.Cni.Plugins.Masquerade;

/// <summary>
/// Gives the pods' packets the node's address where they leave the pods' network. One table for all networks of the node; a pod is an element of
/// a map, and a subnet with what it does not masquerade is a chain:
/// <code>
/// table inet fairlead-cni-masquerade {
///     map pods4 { type ipv4_addr : verdict; elements = { 10.200.0.5 comment "NETWORK CONTAINER INTERFACE" : goto leaving-10.200.0.0-24 } }
///     map pods6 { type ipv6_addr : verdict }
///     chain postrouting { type nat hook postrouting priority srcnat; ip saddr vmap @pods4; ip6 saddr vmap @pods6 }
///     chain leaving-10.200.0.0-24 { ip daddr 10.200.0.0/24 return; ip daddr 224.0.0.0/4 return; masquerade }
/// }
/// </code>
/// </summary>
internal static class PodMasquerade
{
    public const string TableName = "fairlead-cni-masquerade";
    private const string Postrouting = "postrouting";
    private const int Attempts = 10;

    private static readonly TableId Table = TableId.Inet(TableName);
    private static readonly Map Pods4 = Map.ToVerdicts("pods4", DataType.Ipv4Address);
    private static readonly Map Pods6 = Map.ToVerdicts("pods6", DataType.Ipv6Address);

    /// <summary>The multicast groups, which no translation may touch.</summary>
    private static readonly AddressPrefix Multicast4 = new(IPAddress.Parse("224.0.0.0"), 4);
    private static readonly AddressPrefix Multicast6 = new(IPAddress.Parse("ff00::"), 8);

    /// <summary>Masquerades the container's addresses.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public static void Add(CniRequest request, CniResult result, IReadOnlyList<AddressPrefix> nonMasquerade)
    {
        string comment = Ownership.Comment(request.Configuration.Name, request.Attachment);
        List<(Map Map, Element Element, AddressPrefix Network, string Chain)> wanted = [];
        foreach (CniAddress address in result.Addresses)
        {
            AddressPrefix network = address.Address.Network;
            string chain = ChainName(network, nonMasquerade);
            wanted.Add((MapOf(network), Element.Of(Scalar.Address(address.Address.Address), Verdict.Goto(chain)) with { Comment = comment }, network, chain));
        }

        using NfTablesClient client = NfTablesClient.Open();
        Transaction quick = new(Table);
        foreach ((Map map, Element element, _, _) in wanted)
        {
            quick.Create(map, [element]);
        }

        // Nearly always table and chain are there, and the address is not: then one message does it. Otherwise look, and try again when
        // somebody else was faster.
        IReadOnlyList<OperationFailure> failures = client.TryCommit(quick);
        for (int attempt = 0; failures.Count > 0; attempt++)
        {
            if (attempt == Attempts || failures[0].Answer.Error is not (Errno.NotFound or Errno.Exists))
            {
                throw failures[0].Answer.ToException($"masquerade container {request.ContainerId}");
            }

            Transaction careful = new(Table);
            Ruleset? existing = client.ListRuleset(Table);
            if (existing is null)
            {
                AppendTable(careful);
            }

            foreach ((Map map, Element element, AddressPrefix network, string chain) in wanted)
            {
                if (existing?.Chains.Any(listed => listed.Chain.Name == chain) != true)
                {
                    AppendChain(careful, chain, network, nonMasquerade);
                }

                // An element with another owner is of a container that vanished: IPAM gave its address to ours.
                if (existing?.Elements.GetValueOrDefault(map.Name)?.Any(other => other.Key == element.Key) == true)
                {
                    careful.Delete(map, [element]);
                }

                careful.Create(map, [element]);
            }

            failures = client.TryCommit(careful);
        }
    }

    /// <summary>Removes the attachment's addresses, whatever is gone already.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public static void Remove(CniRequest request)
    {
        string comment = Ownership.Comment(request.Configuration.Name, request.Attachment);
        Remove(other => other == comment);
    }

    /// <summary>Removes the addresses of the network's attachments that are no more.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public static void CollectGarbage(CniRequest request)
    {
        string network = request.Configuration.Name;
        HashSet<string?> valid = [.. request.Configuration.ValidAttachments.Select(attachment => Ownership.Comment(network, attachment))];
        Remove(comment => Ownership.IsOfNetwork(comment, network) && !valid.Contains(comment));
    }

    /// <summary>Finds out whether each of the container's addresses is still masqueraded.</summary>
    /// <exception cref="CniException">One is not (code 100).</exception>
    public static void Check(CniRequest request, CniResult previous, IReadOnlyList<AddressPrefix> nonMasquerade)
    {
        using NfTablesClient client = NfTablesClient.Open();
        Ruleset? ruleset = client.ListRuleset(Table);
        bool hooked = ruleset is not null && ruleset.RulesOf(Postrouting).Count() >= 2;
        foreach (CniAddress address in previous.ContainerAddresses)
        {
            AddressPrefix network = address.Address.Network;
            DataValue key = Scalar.Address(address.Address.Address);
            string chain = ChainName(network, nonMasquerade);
            bool present = hooked
                && ruleset!.Elements.GetValueOrDefault(MapOf(network).Name)?.Any(element => element.Key == key && element.Verdict == Verdict.Goto(chain)) == true
                && ruleset.RulesOf(chain).Any();
            if (!present)
            {
                throw ContainerLink.Failed($"{address.Address.Address} is not masqueraded: table {Table} lacks it");
            }
        }
    }

    private static void Remove(Func<string?, bool> isStale)
    {
        using NfTablesClient client = NfTablesClient.Open();
        NodeTable.RemoveElements(client, Table, isStale);
    }

    private static Map MapOf(AddressPrefix network) => network.IsIPv6 ? Pods6 : Pods4;

    /// <summary>Networks that leave different destinations alone have chains of their own.</summary>
    private static string ChainName(AddressPrefix network, IReadOnlyList<AddressPrefix> nonMasquerade)
    {
        string name = $"leaving-{network.Address.ToString().Replace(':', '_')}-{network.PrefixLength}";
        return nonMasquerade.Count == 0 ? name : $"{name}-{Ownership.Hash(string.Join(',', nonMasquerade)):x16}";
    }

    /// <summary>Fails when the table is there: then somebody was faster, and has made its rules too.</summary>
    private static void AppendTable(Transaction transaction) => transaction
        .Append(new TableOperation(Verb.Create, new Table { Id = Table, Comment = "Fairlead's CNI plugins: pods whose packets leave with the node's address" }))
        .Add(Pods4)
        .Add(Pods6)
        .Add(Chain.Hooked(Postrouting, ChainType.Nat, Hook.Postrouting, ChainPriority.SourceNat))
        .Add(
            Rule.Of(Postrouting, Statement.VerdictMap(Pods4.Name, Field.IpSource)),
            Rule.Of(Postrouting, Statement.VerdictMap(Pods6.Name, Field.Ip6Source)));

    private static void AppendChain(Transaction transaction, string chain, AddressPrefix network, IReadOnlyList<AddressPrefix> nonMasquerade)
    {
        transaction.Append(new ChainOperation(Verb.Create, Chain.Regular(chain)));
        Field destination = network.IsIPv6 ? Field.Ip6Destination : Field.IpDestination;
        foreach (AddressPrefix exempt in (ReadOnlySpan<AddressPrefix>)[network, network.IsIPv6 ? Multicast6 : Multicast4, .. nonMasquerade.Where(other => other.IsIPv6 == network.IsIPv6)])
        {
            transaction.Add(Rule.Of(chain, Match.Within(destination, new IPNetwork(exempt.Address, exempt.PrefixLength)), Statement.Return));
        }

        transaction.Add(Rule.Of(chain, Statement.Masquerade()));
    }
}
