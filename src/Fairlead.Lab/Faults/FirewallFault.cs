using Fairlead.Kernel;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>
/// Somebody installs a firewall on a node: a table <c>inet firewalld</c> whose forward chain lets only answers and translated connections through. Pods of the node reach
/// Services, and no pod elsewhere. Our own accepting rules don't help: another base chain's drop is final.
/// </summary>
/// <param name="Host">The host.</param>
/// <param name="Drop">Drop silently instead of refusing with "administratively prohibited".</param>
public sealed record FirewallFault(string Host, bool Drop) : Fault
{
    // As firewalld has it: behind the filters of others (src/firewall/core/nftables.py).
    private const int Priority = ChainPriority.Filter + 10;
    private static readonly TableId s_table = TableId.Inet("firewalld");

    /// <inheritdoc/>
    public override string Text => $"firewall {Host}{(Drop ? " --drop" : "")}";

    internal override string Place => Host;

    internal override void Validate(LabTopology topology) => topology.Host(Host);

    internal override bool OutlastsStopOf(string host) => host != Host;

    internal override void Apply(FaultScene scene) => scene.Commit(Host, new Transaction(s_table)
        .DestroyTable().AddTable()
        .Add(Chain.Hooked("filter_FORWARD", ChainType.Filter, Hook.Forward, Priority, Drop ? ChainPolicy.Drop : ChainPolicy.Accept))
        .Add(
            Rule.Of("filter_FORWARD", Match.State(ConntrackStates.Established | ConntrackStates.Related), Statement.Accept),
            Rule.Of("filter_FORWARD", Match.Status(ConntrackStatuses.DestinationNat), Statement.Accept),
            Rule.Of("filter_FORWARD", Statement.Count(), Drop ? Statement.Drop : Statement.RejectProhibited())));

    /// <summary>Does once what a person or a firewall's reload does with <c>nft flush ruleset</c>, and says which tables there were. Nothing to undo: whoever owns a table has to mend it.</summary>
    /// <exception cref="LabException">There is no such host.</exception>
    public static IReadOnlyList<string> Flush(LabTopology topology, string host)
    {
        using NetworkNamespace network = NetworkNamespace.OpenNamed(topology.Host(host).Namespace);
        using NfTablesClient client = network.Run(NfTablesClient.Open);
        IReadOnlyList<TableId> tables = [.. client.ListTables().Select(listed => listed.Table.Id)];
        foreach (TableId table in tables)
        {
            client.Commit(new Transaction(table).DestroyTable());
        }

        return [.. tables.Select(table => table.ToString())];
    }

    internal override void Undo(FaultScene scene) => scene.Commit(Host, new Transaction(s_table).DestroyTable());
}
