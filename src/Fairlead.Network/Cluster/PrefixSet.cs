using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>Ranges of addresses as sets want them: without overlap.</summary>
internal static class PrefixSet
{
    /// <summary>The same addresses in as few prefixes as containment allows, sorted.</summary>
    public static ImmutableArray<NetPrefix> Minimal(IEnumerable<NetPrefix> prefixes)
    {
        List<NetPrefix> kept = [];
        foreach (NetPrefix prefix in prefixes.OrderBy(p => p.Address).ThenBy(p => p.Length))
        {
            if (kept.Count == 0 || !kept[^1].Overlaps(prefix))
            {
                kept.Add(prefix);
            }
        }

        return [.. kept];
    }

    /// <summary>The same addresses as intervals (first and last) that neither overlap nor touch, sorted.</summary>
    public static ImmutableArray<(NetAddress First, NetAddress Last)> Intervals(IEnumerable<NetPrefix> prefixes)
    {
        List<(NetAddress First, NetAddress Last)> merged = [];
        List<NetPrefix> sorted = [.. prefixes];
        sorted.Sort(static (a, b) => a.Address.CompareTo(b.Address) is var order && order != 0 ? order : a.Length.CompareTo(b.Length));
        foreach (NetPrefix prefix in sorted)
        {
            NetAddress last = prefix.Last;
            if (merged.Count > 0 && merged[^1] is var top && top.Last.IsIPv6 == prefix.IsIPv6
                && (top.Last >= prefix.Address || (top.Last.TryNext(out NetAddress next) && next == prefix.Address)))
            {
                merged[^1] = (top.First, top.Last > last ? top.Last : last);
            }
            else
            {
                merged.Add((prefix.Address, last));
            }
        }

        return [.. merged];
    }
}
