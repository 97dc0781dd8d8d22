namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>enum nft_set_flags.</summary>
[Flags]
internal enum SetFlags : uint
{
    None = 0,
    Anonymous = 0x1,
    Constant = 0x2,
    Interval = 0x4,
    Map = 0x8,
    Timeout = 0x10,
    Evaluated = 0x20,
    Objects = 0x40,
    Concatenation = 0x80,
    Expressions = 0x100,
}

/// <summary>enum nft_set_elem_flags.</summary>
[Flags]
internal enum ElementFlags : uint
{
    None = 0,
    IntervalEnd = 1,
    CatchAll = 2,
}
