namespace Fairlead.Dns.Wire;

/// <summary>A record inside a message: where its parts stand, and its numbers.</summary>
/// <param name="Start">Where the record starts, with its owner's name.</param>
/// <param name="NameLength">How long the owner's name is, uncompressed.</param>
/// <param name="Type">Its type.</param>
/// <param name="Class">Its class; a size for <see cref="RecordType.Opt"/>.</param>
/// <param name="TtlPosition">Where its time to live stands, to be lowered in place.</param>
/// <param name="Ttl">How many seconds it may be kept; flags for <see cref="RecordType.Opt"/>.</param>
/// <param name="Data">Where its data starts.</param>
/// <param name="DataLength">How long that is.</param>
public readonly record struct WireRecord(int Start, int NameLength, RecordType Type, RecordClass Class, int TtlPosition, uint Ttl, int Data, int DataLength)
{
    /// <summary>Where the next record starts.</summary>
    public int End => Data + DataLength;
}
