namespace Fairlead.Network;

/// <summary>Ranges of addresses, both ends included.</summary>
internal static class AddressRanges
{
    /// <summary>A prefix without some parts of it.</summary>
    public static IEnumerable<(NetAddress First, NetAddress Last)> Without(NetPrefix range, IEnumerable<NetPrefix> except)
    {
        NetAddress begin = range.Address;
        foreach ((NetAddress first, NetAddress last) in PrefixSet.Intervals(except.Where(e => e.IsIPv6 == range.IsIPv6)))
        {
            if (last < begin)
            {
                continue;
            }

            if (first > range.Last)
            {
                break;
            }

            if (first > begin && first.TryPrevious(out NetAddress before))
            {
                yield return (begin, before);
            }

            if (last >= range.Last || !last.TryNext(out begin))
            {
                yield break;
            }
        }

        yield return (begin, range.Last);
    }

    /// <summary>The same addresses of one family in ranges that neither overlap nor touch, sorted.</summary>
    public static IEnumerable<(NetAddress First, NetAddress Last)> Merge(IEnumerable<(NetAddress First, NetAddress Last)> ranges)
    {
        (NetAddress First, NetAddress Last)? held = null;
        foreach ((NetAddress first, NetAddress last) in ranges.OrderBy(r => r.First))
        {
            if (held is { } before && (first <= before.Last || (before.Last.TryNext(out NetAddress next) && next == first)))
            {
                held = (before.First, last > before.Last ? last : before.Last);
                continue;
            }

            if (held is { } done)
            {
                yield return done;
            }

            held = (first, last);
        }

        if (held is { } end)
        {
            yield return end;
        }
    }
}
