namespace Fairlead.Kernel.NfTables;

/// <summary>A table as the kernel has it.</summary>
/// <param name="Table">The table.</param>
/// <param name="Handle">The kernel's number for it.</param>
public sealed record ListedTable(Table Table, ulong Handle);

/// <summary>A chain as the kernel has it.</summary>
/// <param name="Table">The table that it is in.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Handle">The kernel's number for it.</param>
public sealed record ListedChain(TableId Table, Chain Chain, ulong Handle);

/// <summary>A rule as the kernel has it.</summary>
/// <param name="Table">The table that it is in.</param>
/// <param name="Rule">The rule, counters with what they have counted.</param>
/// <param name="Handle">The kernel's number for it, by which it is deleted and traced.</param>
public sealed record ListedRule(TableId Table, Rule Rule, ulong Handle);

/// <summary>A set or map as the kernel has it.</summary>
/// <param name="Table">The table that it is in.</param>
/// <param name="Set">The set.</param>
/// <param name="Handle">The kernel's number for it.</param>
public sealed record ListedSet(TableId Table, Set Set, ulong Handle);

/// <summary>A named counter, limit or quota as the kernel has it.</summary>
/// <param name="Table">The table that it is in.</param>
/// <param name="Object">The object with its state.</param>
/// <param name="Handle">The kernel's number for it.</param>
public sealed record ListedObject(TableId Table, StatefulObject Object, ulong Handle);

/// <summary>Which state the rules of a network namespace are in: each transaction of anybody counts it up.</summary>
/// <param name="Id">The number; 0 never occurs.</param>
/// <param name="ProcessId">In an event: who committed, in the kernel's first process namespace.</param>
/// <param name="ProcessName">In an event: that process's name.</param>
public readonly record struct Generation(uint Id, uint ProcessId = 0, string? ProcessName = null);
