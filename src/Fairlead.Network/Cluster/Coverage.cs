using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>Addresses from one to another, both included.</summary>
internal readonly record struct AddressInterval(NetAddress First, NetAddress Last) : IComparable<AddressInterval>
{
    /// <summary>By the first address: intervals of a coverage don't share any.</summary>
    public int CompareTo(AddressInterval other) => First.CompareTo(other.First);
}

/// <summary>
/// What prefixes cover together, as intervals that neither overlap nor touch. A prefix that comes or goes changes only the intervals that it meets: of two
/// prefixes that share an address, one contains the other.
/// </summary>
internal sealed class Coverage
{
    private readonly PrefixIndex prefixes;
    private readonly ImmutableSortedSet<AddressInterval> intervals;

    private Coverage(PrefixIndex prefixes, ImmutableSortedSet<AddressInterval> intervals) => (this.prefixes, this.intervals) = (prefixes, intervals);

    public static Coverage Empty { get; } = new(PrefixIndex.Empty, []);

    /// <summary>Many at once, without the cost of finding a place for each.</summary>
    public static Coverage Create(IReadOnlyCollection<HeldPrefix> prefixes) =>
        new(PrefixIndex.Create(prefixes), [.. PrefixSet.Intervals(prefixes.Select(p => p.Prefix)).Select(i => new AddressInterval(i.First, i.Last))]);

    public Builder ToBuilder() => new(prefixes.ToBuilder(), intervals.ToBuilder());

    /// <summary>A coverage that is being changed.</summary>
    internal sealed class Builder(PrefixIndex.Builder prefixes, ImmutableSortedSet<AddressInterval>.Builder intervals)
    {
        private readonly Dictionary<AddressInterval, int> changes = [];

        /// <summary>The intervals, in order.</summary>
        public IEnumerable<AddressInterval> Intervals => intervals;

        /// <summary>The intervals that are new since.</summary>
        public IEnumerable<AddressInterval> Added => changes.Where(c => c.Value > 0).Select(c => c.Key);

        /// <summary>The intervals that are gone since.</summary>
        public IEnumerable<AddressInterval> Removed => changes.Where(c => c.Value < 0).Select(c => c.Key);

        public Coverage ToImmutable() => new(prefixes.ToImmutable(), intervals.ToImmutable());

        public void Add(NetPrefix prefix, string holder)
        {
            bool covered = prefixes.Covering(prefix).Any();
            if (prefixes.Add(prefix, holder) && !covered)
            {
                Join(prefix);
            }
        }

        public void Remove(NetPrefix prefix, string holder)
        {
            if (!prefixes.Remove(prefix, holder) || prefixes.Covering(prefix).Any())
            {
                return;
            }

            // The interval that it was in loses it, and gets back what narrower prefixes still hold.
            AddressInterval whole = intervals[UpTo(prefix.Address)];
            Drop(whole);
            if (whole.First < prefix.Address && prefix.Address.TryPrevious(out NetAddress before))
            {
                Put(new(whole.First, before));
            }

            if (whole.Last > prefix.Last && prefix.Last.TryNext(out NetAddress after))
            {
                Put(new(after, whole.Last));
            }

            NetPrefix? widest = null;
            foreach (HeldPrefix inner in prefixes.Within(prefix))
            {
                if (widest is not { } known || !known.Overlaps(inner.Prefix))
                {
                    widest = inner.Prefix;
                    Join(inner.Prefix);
                }
            }
        }

        /// <summary>Makes one interval of a prefix and those that it meets.</summary>
        private void Join(NetPrefix prefix)
        {
            NetAddress first = prefix.Address, last = prefix.Last;
            int index = UpTo(first);
            if (index >= 0 && intervals[index] is var left && Touches(left.Last, first))
            {
                first = left.First;
                last = left.Last > last ? left.Last : last;
                Drop(left);
                index--;
            }

            while (++index < intervals.Count && intervals[index] is var right && Touches(last, right.First))
            {
                last = right.Last > last ? right.Last : last;
                Drop(right);
                index--;
            }

            Put(new(first, last));
        }

        /// <summary>Whether nothing lies between two addresses of one family, or they are in the other order.</summary>
        private static bool Touches(NetAddress last, NetAddress first) =>
            last.IsIPv6 == first.IsIPv6 && (last >= first || (last.TryNext(out NetAddress next) && next == first));

        /// <summary>The index of the last interval that begins at an address or before it; -1: none does.</summary>
        private int UpTo(NetAddress address) => intervals.IndexOf(new(address, address)) is var index && index < 0 ? ~index - 1 : index;

        private void Put(AddressInterval interval)
        {
            intervals.Add(interval);
            Count(interval, 1);
        }

        private void Drop(AddressInterval interval)
        {
            intervals.Remove(interval);
            Count(interval, -1);
        }

        private void Count(AddressInterval interval, int by)
        {
            int count = changes.GetValueOrDefault(interval) + by;
            if (count == 0)
            {
                changes.Remove(interval);
            }
            else
            {
                changes[interval] = count;
            }
        }
    }
}
