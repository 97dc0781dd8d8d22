using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables.Wire;

namespace Fairlead.Kernel.NfTables;

/// <summary>
/// nf_tables of one network namespace, spoken to over netlink: commits transactions and lists what the kernel has. No nft process and no lock
/// are involved; several may commit at once, the kernel lets one after another.
/// </summary>
public sealed class NfTablesClient : IDisposable
{
    private const int ListAttempts = 20;

    private readonly NetlinkSocket _socket;

    private NfTablesClient(NetlinkSocket socket) => _socket = socket;

    /// <summary>Opens a socket in the calling thread's network namespace; it stays there, and any thread may use it.</summary>
    /// <exception cref="KernelException">There is no such socket to be had.</exception>
    public static NfTablesClient Open() => new(NetlinkSocket.Open(NetlinkProtocol.Netfilter));

    /// <summary>The port by which notifications name this socket as the author of a change.</summary>
    public uint PortId => _socket.PortId;

    /// <summary>Does all of the transaction, or throws and has done nothing. When this returns, packets see the new state.</summary>
    /// <param name="transaction">What to do; an empty one asks the kernel for nothing.</param>
    /// <param name="generation">Fail with ERESTART (85) where the rules are no longer in this state (<see cref="GetGeneration"/>).</param>
    /// <exception cref="TransactionException">The kernel refused.</exception>
    /// <exception cref="KernelException">The batch could not be sent.</exception>
    public void Commit(Transaction transaction, uint? generation = null)
    {
        IReadOnlyList<OperationFailure> failures = TryCommit(transaction, generation);
        if (failures.Count != 0)
        {
            throw new TransactionException(transaction.Table, failures);
        }
    }

    /// <summary>Like <see cref="Commit"/>, with what the kernel refused as an answer; empty when all was done.</summary>
    /// <exception cref="KernelException">The batch could not be sent.</exception>
    public IReadOnlyList<OperationFailure> TryCommit(Transaction transaction, uint? generation = null)
    {
        if (transaction.IsEmpty)
        {
            return [];
        }

        NetlinkMessageWriter writer = new(stackalloc byte[4096]);
        try
        {
            List<BatchEncoder.Origin> origins = BatchEncoder.Write(ref writer, transaction, generation);
            List<NetlinkBatchError> errors = _socket.Batch(in writer);
            return errors.Count == 0 ? [] : Failures.Explain(transaction, origins, errors, writer.Complete());
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>The state that the rules are in now.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public Generation GetGeneration()
    {
        NetlinkMessageWriter writer = new(stackalloc byte[64]);
        BatchEncoder.Begin(ref writer, NfTablesMessage.GetGeneration, NetlinkFlags.Request, TableFamily.Unspecified);
        List<Generation> generations = [];
        _socket.Get(in writer, static (message, results) => results.Add(ObjectDecoder.Generation(message)), generations).ThrowIfFailed("read the generation of nf_tables");
        return generations[0];
    }

    /// <summary>All tables, or those of one family.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<ListedTable> ListTables(TableFamily family = TableFamily.Unspecified)
    {
        NetlinkMessageWriter writer = new(stackalloc byte[64]);
        BatchEncoder.Begin(ref writer, NfTablesMessage.GetTable, NetlinkFlags.Request, family);
        return Dump<ListedTable>(in writer, "list tables", static (message, results) => results.Add(ObjectDecoder.Table(message)));
    }

    /// <summary>The chains of a table, in the order in which they were made.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<ListedChain> ListChains(TableId table)
    {
        NetlinkMessageWriter writer = new(stackalloc byte[64]);
        BatchEncoder.Begin(ref writer, NfTablesMessage.GetChain, NetlinkFlags.Request, table.Family);
        List<ListedChain> chains = Dump<ListedChain>(in writer, $"list chains of table {table}", static (message, results) => results.Add(ObjectDecoder.Chain(message)));
        chains.RemoveAll(chain => chain.Table != table); // the kernel lists those of all tables of the family
        return chains;
    }

    /// <summary>The rules of a table, or of one of its chains; those of one chain in their order.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<ListedRule> ListRules(TableId table, string? chain = null)
    {
        NetlinkMessageWriter writer = new(stackalloc byte[1024]);
        BatchEncoder.Begin(ref writer, NfTablesMessage.GetRule, NetlinkFlags.Request, table.Family);
        writer.WriteString(RuleAttribute.Table, table.Name);
        if (chain is not null)
        {
            writer.WriteString(RuleAttribute.Chain, chain);
        }

        return Dump<ListedRule>(in writer, $"list rules of table {table}", static (message, results) => results.Add(ObjectDecoder.Rule(message)));
    }

    /// <summary>The sets and maps of a table.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<ListedSet> ListSets(TableId table)
    {
        NetlinkMessageWriter writer = new(stackalloc byte[1024]);
        BatchEncoder.Begin(ref writer, NfTablesMessage.GetSet, NetlinkFlags.Request, table.Family);
        writer.WriteString(SetAttribute.Table, table.Name);
        return Dump<ListedSet>(in writer, $"list sets of table {table}", static (message, results) => results.Add(ObjectDecoder.Set(message)));
    }

    /// <summary>The elements of a set, ranges whole: those of one field in ascending order, all others in the kernel's.</summary>
    /// <param name="table">The table.</param>
    /// <param name="set">The set: its types and flags say how elements are read.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<Element> ListElements(TableId table, Set set)
    {
        NetlinkMessageWriter writer = new(stackalloc byte[1024]);
        BatchEncoder.Begin(ref writer, NfTablesMessage.GetElement, NetlinkFlags.Request, table.Family);
        writer.WriteString(ElementListAttribute.Table, table.Name);
        writer.WriteString(ElementListAttribute.Set, set.Name);
        List<ElementDecoder.WireElement> elements = Dump<ElementDecoder.WireElement>(
            in writer, $"list elements of set {set.Name} in table {table}", static (message, results) => ElementDecoder.Read(message, results));
        return ElementDecoder.Join(set, elements);
    }

    /// <summary>The named counters, limits and quotas of a table, with their state.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<ListedObject> ListObjects(TableId table)
    {
        NetlinkMessageWriter writer = new(stackalloc byte[1024]);
        BatchEncoder.Begin(ref writer, NfTablesMessage.GetObject, NetlinkFlags.Request, table.Family);
        writer.WriteString(ObjectAttribute.Table, table.Name);
        return Dump<ListedObject>(in writer, $"list objects of table {table}", static (message, results) => results.Add(ObjectDecoder.Object(message)));
    }

    /// <summary>All of a table at one instant: taken again where somebody committed meanwhile. Null where there is no such table.</summary>
    /// <exception cref="NetlinkException">The kernel refused, or the rules never held still.</exception>
    public Ruleset? ListRuleset(TableId table)
    {
        for (int attempt = 0; attempt < ListAttempts; attempt++)
        {
            uint before = GetGeneration().Id;
            Ruleset? ruleset = ReadRuleset(table, before);
            if (GetGeneration().Id == before)
            {
                return ruleset;
            }
        }

        throw new NetlinkException($"list table {table}", Errno.Interrupted, $"the rules changed during each of {ListAttempts} readings");
    }

    /// <summary>Closes the socket. What it committed stays, but for tables with <see cref="TableFlags.Owner"/>.</summary>
    public void Dispose() => _socket.Dispose();

    private Ruleset? ReadRuleset(TableId table, uint generation)
    {
        Table? found = ListTables(table.Family).FirstOrDefault(listed => listed.Table.Id == table)?.Table;
        if (found is null)
        {
            return null;
        }

        try
        {
            IReadOnlyList<ListedSet> sets = ListSets(table);
            return new Ruleset
            {
                Generation = generation,
                Table = found,
                Chains = ListChains(table),
                Rules = ListRules(table),
                Sets = sets,
                Elements = sets.ToDictionary(set => set.Set.Name, set => ListElements(table, set.Set)),
                Objects = ListObjects(table),
            };
        }
        catch (NetlinkException exception) when (exception.Error == Errno.NotFound)
        {
            return null; // deleted meanwhile: the generation has changed, too
        }
    }

    private List<T> Dump<T>(in NetlinkMessageWriter request, string operation, NetlinkCollector<T> collector)
    {
        _socket.Dump(in request, collector, out List<T> results).ThrowIfFailed(operation);
        return results;
    }
}
