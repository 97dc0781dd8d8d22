using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Caching;

/// <summary>What tells answers apart: name, type, class, and whether signatures were asked for (DO) or weren't to be checked (CD).</summary>
internal readonly ref struct CacheKey
{
    public const byte DnssecOk = 1;
    public const byte CheckingDisabled = 2;

    public CacheKey(in Question question)
    {
        Name = question.Name;
        Type = question.Type;
        Class = question.Class;
        Variant = (byte)((question.Edns.DnssecOk ? DnssecOk : 0) | ((question.Flags & HeaderFlags.CheckingDisabled) != 0 ? CheckingDisabled : 0));
        Hash = NameBytes.Hash(Name) ^ (((uint)Type | ((uint)Variant << 16)) * 0x9e37_79b1);
    }

    public ReadOnlySpan<byte> Name { get; }

    public RecordType Type { get; }

    public RecordClass Class { get; }

    public byte Variant { get; }

    public uint Hash { get; }
}
