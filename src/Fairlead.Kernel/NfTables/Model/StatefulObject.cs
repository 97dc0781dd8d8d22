using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables;

/// <summary>A named counter, limit or quota that several rules share.</summary>
public sealed record StatefulObject
{
    /// <summary>At most 255 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>What it counts or limits, with its state: a <see cref="Counter"/>, <see cref="Limit"/>, <see cref="Quota"/> or <see cref="UnknownExpression"/>.</summary>
    public required Expression Content { get; init; }

    /// <summary>At most 127 bytes.</summary>
    public string? Comment { get; init; }

    /// <summary>A counter that begins with zero.</summary>
    public static StatefulObject NewCounter(string name) => new() { Name = name, Content = new Counter() };

    /// <summary>Its kind, as the kernel numbers it.</summary>
    public ObjectType Type => Content switch
    {
        Counter => ObjectType.Counter,
        Quota => ObjectType.Quota,
        Limit => ObjectType.Limit,
        _ => ObjectType.Unknown,
    };
}

/// <summary>NFT_OBJECT_*.</summary>
public enum ObjectType : uint
{
    /// <summary>NFT_OBJECT_UNSPEC.</summary>
    Unknown = 0,

    /// <summary>NFT_OBJECT_COUNTER.</summary>
    Counter = 1,

    /// <summary>NFT_OBJECT_QUOTA.</summary>
    Quota = 2,

    /// <summary>NFT_OBJECT_CT_HELPER.</summary>
    ConntrackHelper = 3,

    /// <summary>NFT_OBJECT_LIMIT.</summary>
    Limit = 4,

    /// <summary>NFT_OBJECT_CONNLIMIT.</summary>
    ConnectionLimit = 5,
}
