using System.Collections.Immutable;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>Ports of one protocol, both ends included.</summary>
internal readonly record struct PortRange(TransportProtocol Protocol, ushort First, ushort Last);

/// <summary>Gathers what matches, and says it as few sets without overlaps.</summary>
internal sealed class ClauseBuilder
{
    private readonly HashSet<uint> peers = [];
    private readonly HashSet<(uint Number, TransportProtocol Protocol, ushort Port)> ports = [];
    private readonly HashSet<(uint Number, PortRange Ports)> ranges = [];
    private readonly HashSet<PortRange> open = [];
    private readonly HashSet<PortRange> podPorts = [];
    private readonly List<(NetAddress First, NetAddress Last)> blocks = [];
    private readonly List<(NetAddress First, NetAddress Last, PortRange Ports)> blockPorts = [];
    private bool everything;
    private bool anyPod;

    public void AddEverything() => everything = true;

    public void AddAnyPod() => anyPod = true;

    public void AddPeers(IEnumerable<uint> numbers) => peers.UnionWith(numbers);

    public void AddPorts(uint number, PortRange range)
    {
        if (range.First == range.Last)
        {
            ports.Add((number, range.Protocol, range.First));
        }
        else
        {
            ranges.Add((number, range));
        }
    }

    public void AddOpen(PortRange range) => open.Add(range);

    public void AddPodPorts(PortRange range) => podPorts.Add(range);

    public void AddBlock(NetAddress first, NetAddress last) => blocks.Add((first, last));

    public void AddBlockPorts(NetAddress first, NetAddress last, PortRange range) => blockPorts.Add((first, last, range));

    /// <summary>The clauses; their sets are named after <paramref name="prefix"/>.</summary>
    public ImmutableArray<PolicyClause> Build(string prefix)
    {
        if (everything)
        {
            return [new(ClauseKind.Everything, "", [])];
        }

        ImmutableArray<PolicyClause>.Builder clauses = ImmutableArray.CreateBuilder<PolicyClause>();
        if (anyPod)
        {
            clauses.Add(new(ClauseKind.AnyPod, "", []));
        }

        Add(ClauseKind.Peers, "peers", set => peers.Select(n => PolicyElements.Peer(set, n)));
        Add(ClauseKind.Ports, "ports", set => ports.Select(p => PolicyElements.Port(set, p.Number, p.Protocol, p.Port)));
        Add(ClauseKind.Ranges, "ranges", set => ranges.GroupBy(r => r.Number)
            .SelectMany(g => Merge(g.Select(r => r.Ports)).Select(r => PolicyElements.Ports(set, g.Key, r.Protocol, r.First, r.Last))));
        Add(ClauseKind.Open, "open", set => Merge(open).Select(r => PolicyElements.Ports(set, r.Protocol, r.First, r.Last)));
        Add(ClauseKind.PodPorts, "pod-ports", set => Merge(podPorts).Select(r => PolicyElements.Ports(set, r.Protocol, r.First, r.Last)));
        foreach (bool ipv6 in (bool[])[false, true])
        {
            Add(ipv6 ? ClauseKind.Blocks6 : ClauseKind.Blocks4, ipv6 ? "blocks6" : "blocks4", set =>
                AddressRanges.Merge(blocks.Where(b => b.First.IsIPv6 == ipv6)).Select(b => PolicyElements.Block(set, b.First, b.Last)));
            Add(ipv6 ? ClauseKind.BlockPorts6 : ClauseKind.BlockPorts4, ipv6 ? "block-ports6" : "block-ports4", set =>
                Rectangles(ipv6).Select(b => PolicyElements.BlockPorts(set, b.First, b.Last, b.Ports.Protocol, b.Ports.First, b.Ports.Last)));
        }

        return clauses.ToImmutable();

        void Add(ClauseKind kind, string name, Func<string, IEnumerable<MapElement>> elements)
        {
            string set = $"{prefix}-{name}";
            List<MapElement> all = [.. elements(set)];
            if (all.Count > 0)
            {
                clauses.Add(new(kind, set, all));
            }
        }
    }

    private static IEnumerable<PortRange> Merge(IEnumerable<PortRange> all)
    {
        foreach (IGrouping<TransportProtocol, PortRange> protocol in all.GroupBy(r => r.Protocol))
        {
            PortRange? held = null;
            foreach (PortRange range in protocol.OrderBy(r => r.First))
            {
                if (held is { } before && range.First <= before.Last + 1)
                {
                    held = before with { Last = Math.Max(before.Last, range.Last) };
                    continue;
                }

                if (held is { } done)
                {
                    yield return done;
                }

                held = range;
            }

            if (held is { } last)
            {
                yield return last;
            }
        }
    }

    /// <summary>Addresses and ports without overlap, as a set of ranges of several fields wants them: between two borders of ports the addresses are the same.</summary>
    private IEnumerable<(NetAddress First, NetAddress Last, PortRange Ports)> Rectangles(bool ipv6)
    {
        foreach (var protocol in blockPorts.Where(b => b.First.IsIPv6 == ipv6).GroupBy(b => b.Ports.Protocol))
        {
            int[] borders = [.. protocol.SelectMany(b => (int[])[b.Ports.First, b.Ports.Last + 1]).Distinct().Order()];
            for (int index = 0; index + 1 < borders.Length; index++)
            {
                (ushort first, ushort last) = ((ushort)borders[index], (ushort)(borders[index + 1] - 1));
                IEnumerable<(NetAddress, NetAddress)> covering = protocol.Where(b => b.Ports.First <= first && b.Ports.Last >= last).Select(b => (b.First, b.Last));
                foreach ((NetAddress from, NetAddress to) in AddressRanges.Merge(covering))
                {
                    yield return (from, to, new(protocol.Key, first, last));
                }
            }
        }
    }
}
