using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.NfTables;

/// <summary>The kernel refused a transaction; nothing of it was done.</summary>
public sealed class TransactionException : KernelException
{
    internal TransactionException(TableId table, IReadOnlyList<OperationFailure> failures)
        : base($"commit to table {table}", failures[0].Answer.Error, Word(table, failures)) => Failures = failures;

    /// <summary>All operations that the kernel objected to, in their order; never empty. Later ones are often the first one's consequence.</summary>
    public IReadOnlyList<OperationFailure> Failures { get; }

    private static string Word(TableId table, IReadOnlyList<OperationFailure> failures)
    {
        string first = failures[0].Describe(table);
        return failures.Count == 1 ? first : $"{first} (and {failures.Count - 1} more)";
    }
}

/// <summary>What the kernel refused, and why.</summary>
/// <param name="Operation">The operation; null where the kernel objected to the whole (<see cref="Errno.Exists"/> does not occur then; a chain of jumps may be a loop, the generation may have changed).</param>
/// <param name="Element">Of many elements the one that it was, where the kernel said.</param>
/// <param name="Answer">Its reason.</param>
public sealed record OperationFailure(Operation? Operation, Element? Element, NetlinkAnswer Answer)
{
    /// <summary>One sentence: operation, the kernel's words, errno.</summary>
    public string Describe(TableId table)
    {
        string operation = Operation switch
        {
            ElementOperation elements when Element is { } one => (elements with { Elements = [one] }).Describe(table),
            not null => Operation.Describe(table),
            null => $"commit to table {table}",
        };
        return Answer.ToException(operation).Message;
    }
}
