using System.Text;
using Fairlead.Kernel.NfTables.Text;

namespace Fairlead.Kernel.NfTables;

/// <summary>
/// Changes to one table that the kernel makes all or not at all: a packet sees the table before or after, never between. A value that is
/// gathered, can be printed, and is applied by <see cref="NfTablesClient.Commit"/>. Operations are worked off in the order in which they were added.
/// </summary>
/// <remarks>It is not for several tables, and it doesn't look at what the kernel holds: whoever adds must know what is there.</remarks>
public sealed class Transaction
{
    private readonly List<Operation> _operations = [];

    /// <summary>A transaction without operations.</summary>
    public Transaction(TableId table) => Table = table;

    /// <summary>The table that all operations are about.</summary>
    public TableId Table { get; }

    /// <summary>The operations so far.</summary>
    public IReadOnlyList<Operation> Operations => _operations;

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => _operations.Count == 0;

    /// <summary>Adds an operation.</summary>
    public Transaction Append(Operation operation)
    {
        _operations.Add(operation);
        return this;
    }

    /// <summary>Adds the table, where it isn't there.</summary>
    public Transaction AddTable(string? comment = null) => Append(new TableOperation(Verb.Add, new Table { Id = Table, Comment = comment }));

    /// <summary>Deletes the table with all that is in it.</summary>
    public Transaction DeleteTable() => Append(new TableOperation(Verb.Delete, new Table { Id = Table }));

    /// <summary>Deletes the table with all that is in it, where it is there. On any kernel: it is added first.</summary>
    public Transaction DestroyTable() => Append(new TableOperation(Verb.Destroy, new Table { Id = Table }));

    /// <summary>Removes all rules of all chains.</summary>
    public Transaction FlushTable() => Append(new TableOperation(Verb.Flush, new Table { Id = Table }));

    /// <summary>Adds a chain, where it isn't there; a base chain that is there gets this policy.</summary>
    public Transaction Add(Chain chain) => Append(new ChainOperation(Verb.Add, chain));

    /// <summary>Adds a set or map, where it isn't there. One that is there with other types or flags is an error.</summary>
    public Transaction Add(Set set) => Append(new SetOperation(Verb.Add, set));

    /// <summary>Adds a rule behind the others of its chain, or behind one of them.</summary>
    public Transaction Add(Rule rule, ulong after = 0) => Append(new RuleOperation(Verb.Add, rule, after));

    /// <summary>Adds rules behind the others of their chains.</summary>
    public Transaction Add(params ReadOnlySpan<Rule> rules)
    {
        foreach (Rule rule in rules)
        {
            Add(rule);
        }

        return this;
    }

    /// <summary>Adds a named counter, limit or quota, where it isn't there.</summary>
    public Transaction Add(StatefulObject named) => Append(new ObjectOperation(Verb.Add, named));

    /// <summary>Adds elements. One that is there with the same value is fine; a map's key that leads elsewhere is an error: delete it first.</summary>
    public Transaction Add(Set set, params IReadOnlyList<Element> elements) => AppendElements(Verb.Add, set, elements);

    /// <summary>Adds elements that must not be there yet.</summary>
    public Transaction Create(Set set, params IReadOnlyList<Element> elements) => AppendElements(Verb.Create, set, elements);

    /// <summary>Adds a rule in front of the others of its chain, or in front of one of them.</summary>
    public Transaction Insert(Rule rule, ulong before = 0) => Append(new RuleOperation(Verb.Insert, rule, before));

    /// <summary>Puts a rule in the place of another.</summary>
    public Transaction Replace(Rule rule, ulong handle) => Append(new RuleOperation(Verb.Replace, rule, handle));

    /// <summary>Removes a rule.</summary>
    public Transaction DeleteRule(string chain, ulong handle) => Append(new RuleRemoval(Verb.Delete, chain, handle));

    /// <summary>Removes all rules of a chain.</summary>
    public Transaction FlushChain(string chain) => Append(new ChainOperation(Verb.Flush, Chain.Regular(chain)));

    /// <summary>Removes a chain and its rules. No rule and no element may lead to it any more.</summary>
    public Transaction DeleteChain(string chain) => Append(new ChainOperation(Verb.Delete, Chain.Regular(chain)));

    /// <summary>Removes all elements of a set.</summary>
    public Transaction Flush(Set set) => Append(new SetOperation(Verb.Flush, set));

    /// <summary>Removes a set that no rule uses any more.</summary>
    public Transaction Delete(Set set) => Append(new SetOperation(Verb.Delete, set));

    /// <summary>Removes elements, which must be there.</summary>
    public Transaction Delete(Set set, params IReadOnlyList<Element> elements) => AppendElements(Verb.Delete, set, elements);

    /// <summary>Removes elements, where they are there (Linux 6.3).</summary>
    public Transaction Destroy(Set set, params IReadOnlyList<Element> elements) => AppendElements(Verb.Destroy, set, elements);

    /// <summary>Removes a named object that no rule uses any more.</summary>
    public Transaction Delete(StatefulObject named) => Append(new ObjectOperation(Verb.Delete, named));

    /// <summary>All operations as text that <c>nft -f</c> takes, whole.</summary>
    public override string ToString()
    {
        Dictionary<string, Set> sets = [];
        foreach (Operation operation in _operations)
        {
            if (operation is SetOperation { Set: var set })
            {
                sets[set.Name] = set;
            }
        }

        StringBuilder text = new();
        foreach (Operation operation in _operations)
        {
            OperationText.Write(text, Table, operation, int.MaxValue, sets.GetValueOrDefault);
            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>No elements, no operation: the kernel would take an empty deletion for a flush.</summary>
    private Transaction AppendElements(Verb verb, Set set, IReadOnlyList<Element> elements) =>
        elements.Count == 0 ? this : Append(new ElementOperation(verb, set, elements));
}
