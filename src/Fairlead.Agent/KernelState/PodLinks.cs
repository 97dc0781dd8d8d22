using Fairlead.Agent.Telemetry;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.KernelState;

/// <summary>
/// The links of this node's pods: bridges that are their gateway, those bridges' ports, and veths that a route to one pod names, each with its end inside the pod.
/// CNI plugins make them; what the agent sees to is what it alone knows.
/// </summary>
internal sealed class PodLinks(RouteNetlink client, ILogger logger)
{
    /// <summary>What a link has that nobody told anything.</summary>
    private const int KernelsMtu = 1500;

    /// <summary>Brings them to what they should be; says how many weren't.</summary>
    /// <param name="localPods">The ranges of this node's pods.</param>
    /// <param name="mtu">How long packets may be; 0: nobody knows.</param>
    /// <param name="before">How long they could be by the last plan; 0: there was none.</param>
    /// <remarks>
    /// A link that takes longer packets than may be is always brought down. One that takes shorter ones is only brought up where it had what was planned
    /// before: otherwise somebody wants it so.
    /// </remarks>
    public NetworkChanges Reconcile(IReadOnlyList<NetPrefix> localPods, int mtu, int before)
    {
        NetworkChanges changes = default;
        HashSet<int> gateways = [.. client.ListAddresses().Where(a => localPods.Any(p => p.Contains(NetAddress.From(a.Address)))).Select(a => a.LinkIndex)];
        List<Link> pods = [];
        foreach (Link bridge in client.ListLinks(kind: "bridge").Where(b => gateways.Contains(b.Index)))
        {
            changes = changes with { Links = changes.Links + (SetMtu(client, bridge, mtu, before) ? 1 : 0) };
            foreach (Link port in client.ListLinks(masterIndex: bridge.Index))
            {
                changes = changes with { Ports = changes.Ports + (LetReturn(port) ? 1 : 0) };
                pods.Add(port);
            }
        }

        if (pods.Count == 0)
        {
            pods.AddRange(RoutedLinks(localPods));
        }

        return changes with { Links = changes.Links + Shorten(pods.Where(p => p.Kind is VethKind), mtu, before) };
    }

    /// <summary>
    /// Lets frames leave by the bridge port that they came in by. With br_netfilter a translated packet between pods of one bridge isn't routed but bridged
    /// on, and one that returns to its sender would be lost (kubelet once did the same: --hairpin-mode=hairpin-veth).
    /// </summary>
    private bool LetReturn(Link port)
    {
        if (port.Port is not { Hairpin: not true })
        {
            return false;
        }

        client.SetLink(port.Index, new() { Port = new() { Hairpin = true } });
        return true;
    }

    /// <summary>Without a bridge (ptp), a host route leads to each pod.</summary>
    private IEnumerable<Link> RoutedLinks(IReadOnlyList<NetPrefix> localPods)
    {
        IReadOnlyList<Link> veths = client.ListLinks(kind: "veth");
        if (veths.Count == 0)
        {
            return [];
        }

        HashSet<int> named = [.. client.ListRoutes(table: RouteEntry.MainTable)
            .Where(r => r.LinkIndex is not null && r.Gateway is null && localPods.Any(p => p.Contains(NetAddress.From(r.Destination.BaseAddress)))).Select(r => r.LinkIndex!.Value)];
        return veths.Where(v => named.Contains(v.Index));
    }

    private int Shorten(IEnumerable<Link> links, int mtu, int before)
    {
        int changes = 0;
        PodNamespaces? namespaces = null;
        foreach (Link link in links)
        {
            // What the receiving end doesn't take is dropped: the sender is brought down first.
            if (link is { ParentIndex: { } peer, ParentNamespaceId: { } id } && client.FindLink(peer, id) is { } inside && IsWrong(inside, mtu, before))
            {
                namespaces ??= new(client);
                if (namespaces.Find(id) is not { } pod)
                {
                    Log.PodLinkUnreachable(logger, link.Name, (int)inside.Mtu, mtu);
                }
                else
                {
                    using RouteNetlink there = RouteNetlink.Open(pod);
                    changes += SetMtu(there, inside, mtu, before) ? 1 : 0;
                }
            }

            changes += SetMtu(client, link, mtu, before) ? 1 : 0;
        }

        namespaces?.Dispose();
        return changes;
    }

    private bool SetMtu(RouteNetlink where, Link link, int mtu, int before)
    {
        if (!IsWrong(link, mtu, before))
        {
            return false;
        }

        try
        {
            where.SetLink(link.Index, new() { Mtu = (uint)mtu });
            Log.MtuSet(logger, link.Name, (int)link.Mtu, mtu);
            return true;
        }
        catch (NetlinkException e) when (e.Error is Errno.NoDevice or Errno.InvalidArgument)
        {
            Log.MtuFailed(logger, link.Name, mtu, e.Message);
            return false;
        }
    }

    private static bool IsWrong(Link link, int mtu, int before) =>
        mtu > 0 && link.Mtu != mtu && (link.Mtu > mtu || link.Mtu == (before == 0 ? KernelsMtu : before));
}
