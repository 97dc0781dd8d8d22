using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>A prefix and who has it, in order of addresses, then lengths (what contains comes before what it contains), then names.</summary>
internal readonly record struct HeldPrefix(NetPrefix Prefix, string Holder) : IComparable<HeldPrefix>
{
    public int CompareTo(HeldPrefix other)
    {
        int order = Prefix.Address.CompareTo(other.Prefix.Address);
        order = order != 0 ? order : Prefix.Length.CompareTo(other.Prefix.Length);
        return order != 0 ? order : string.CompareOrdinal(Holder, other.Holder);
    }
}

/// <summary>Prefixes by their holders. Those that overlap another one are found without a walk through all.</summary>
internal sealed class PrefixIndex
{
    private readonly ImmutableSortedSet<HeldPrefix> held;
    private readonly ImmutableDictionary<(bool IsIPv6, int Length), int> lengths;

    private PrefixIndex(ImmutableSortedSet<HeldPrefix> held, ImmutableDictionary<(bool IsIPv6, int Length), int> lengths) => (this.held, this.lengths) = (held, lengths);

    public static PrefixIndex Empty { get; } = new([], ImmutableDictionary<(bool, int), int>.Empty);

    /// <summary>Many at once, without the cost of finding a place for each.</summary>
    public static PrefixIndex Create(IReadOnlyCollection<HeldPrefix> prefixes)
    {
        ImmutableSortedSet<HeldPrefix> held = [.. prefixes];
        return new(held, held.GroupBy(h => (h.Prefix.IsIPv6, h.Prefix.Length)).ToImmutableDictionary(g => g.Key, g => g.Count()));
    }

    public Builder ToBuilder() => new(held.ToBuilder(), lengths.ToBuilder());

    /// <summary>An index that is being changed.</summary>
    /// <param name="held">The prefixes.</param>
    /// <param name="lengths">How many there are of each length: what contains a prefix is looked for at these only.</param>
    internal sealed class Builder(ImmutableSortedSet<HeldPrefix>.Builder held, ImmutableDictionary<(bool IsIPv6, int Length), int>.Builder lengths)
    {
        public PrefixIndex ToImmutable() => new(held.ToImmutable(), lengths.ToImmutable());

        /// <summary>False where this holder has it already.</summary>
        public bool Add(NetPrefix prefix, string holder) => held.Add(new(prefix, holder)) && Count(prefix, 1);

        /// <summary>False where this holder doesn't have it.</summary>
        public bool Remove(NetPrefix prefix, string holder) => held.Remove(new(prefix, holder)) && Count(prefix, -1);

        /// <summary>Those that contain a prefix, itself among them.</summary>
        public IEnumerable<HeldPrefix> Covering(NetPrefix prefix)
        {
            foreach (((bool isIPv6, int length), _) in lengths)
            {
                if (isIPv6 != prefix.IsIPv6 || length > prefix.Length)
                {
                    continue;
                }

                NetPrefix wider = new(prefix.Address, length);
                for (int i = Seek(wider); i < held.Count && held[i] is var found && found.Prefix == wider; i++)
                {
                    yield return found;
                }
            }
        }

        /// <summary>Those that a prefix contains, without itself, in order.</summary>
        public IEnumerable<HeldPrefix> Within(NetPrefix prefix)
        {
            NetAddress last = prefix.Last;
            for (int i = Seek(prefix); i < held.Count && held[i] is var found && found.Prefix.Address <= last; i++)
            {
                if (found.Prefix.Length > prefix.Length)
                {
                    yield return found;
                }
            }
        }

        /// <summary>Both.</summary>
        public IEnumerable<HeldPrefix> Overlapping(NetPrefix prefix) => Covering(prefix).Concat(Within(prefix));

        /// <summary>Where a prefix is or would be: no holder's name sorts before the empty one.</summary>
        private int Seek(NetPrefix prefix) => held.IndexOf(new(prefix, "")) is var index && index < 0 ? ~index : index;

        private bool Count(NetPrefix prefix, int by)
        {
            (bool, int) key = (prefix.IsIPv6, prefix.Length);
            int count = lengths.GetValueOrDefault(key) + by;
            if (count == 0)
            {
                lengths.Remove(key);
            }
            else
            {
                lengths[key] = count;
            }

            return true;
        }
    }
}
