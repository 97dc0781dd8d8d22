using Fairlead.Kernel.NfTables.Text;

namespace Fairlead.Kernel.NfTables;

/// <summary>One step of a transaction. The hierarchy is closed.</summary>
public abstract record Operation
{
    private protected Operation(Verb verb) => Verb = verb;

    /// <summary>What is done.</summary>
    public Verb Verb { get; }

    /// <summary>As nft would be told it, long lists of elements cut short: for logs and errors.</summary>
    public string Describe(TableId table) => OperationText.Describe(table, this);
}

/// <summary>What an operation does to an object.</summary>
public enum Verb
{
    /// <summary>Make it; where it is already there, that is fine (a rule is always made, behind the others).</summary>
    Add,

    /// <summary>Make it; fails where it is already there.</summary>
    Create,

    /// <summary>Make a rule in front of the others, or in front of one of them.</summary>
    Insert,

    /// <summary>Put a rule in the place of another.</summary>
    Replace,

    /// <summary>Empty it: a table or chain of its rules, a set of its elements.</summary>
    Flush,

    /// <summary>Remove it; fails where it isn't there.</summary>
    Delete,

    /// <summary>Remove it; where it isn't there, that is fine. Needs Linux 6.3, except for tables, which any kernel destroys.</summary>
    Destroy,
}

/// <summary>Something is done with the table.</summary>
/// <param name="Verb">Add, Create, Flush, Delete or Destroy.</param>
/// <param name="Table">The table.</param>
public sealed record TableOperation(Verb Verb, Table Table) : Operation(Verb);

/// <summary>Something is done with a chain.</summary>
/// <param name="Verb">Add, Create, Flush, Delete or Destroy.</param>
/// <param name="Chain">The chain; for the last three its name is enough.</param>
public sealed record ChainOperation(Verb Verb, Chain Chain) : Operation(Verb);

/// <summary>A rule is made.</summary>
/// <param name="Verb">Add, Insert or Replace.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Handle">The rule that it comes after (Add), before (Insert) or in the place of (Replace); 0: none.</param>
public sealed record RuleOperation(Verb Verb, Rule Rule, ulong Handle = 0) : Operation(Verb);

/// <summary>A rule is removed.</summary>
/// <param name="Verb">Delete or Destroy.</param>
/// <param name="Chain">The chain that it is in.</param>
/// <param name="Handle">Its handle, as listed.</param>
public sealed record RuleRemoval(Verb Verb, string Chain, ulong Handle) : Operation(Verb);

/// <summary>Something is done with a set or map.</summary>
/// <param name="Verb">Add, Create, Flush, Delete or Destroy.</param>
/// <param name="Set">The set; for the last three its name is enough.</param>
public sealed record SetOperation(Verb Verb, Set Set) : Operation(Verb);

/// <summary>Something is done with elements of a set or map.</summary>
/// <param name="Verb">Add, Create, Delete or Destroy.</param>
/// <param name="Set">The set as it was made: its types and flags say how elements are written.</param>
/// <param name="Elements">The elements; for Delete and Destroy their keys are enough. Not copied: leave the list alone.</param>
public sealed record ElementOperation(Verb Verb, Set Set, IReadOnlyList<Element> Elements) : Operation(Verb);

/// <summary>Something is done with a named counter, limit or quota.</summary>
/// <param name="Verb">Add, Create, Delete or Destroy.</param>
/// <param name="Object">The object; for the last two name and kind are enough.</param>
public sealed record ObjectOperation(Verb Verb, StatefulObject Object) : Operation(Verb);
