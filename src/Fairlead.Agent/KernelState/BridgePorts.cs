using Fairlead.Kernel.Route;
using Fairlead.Network;

namespace Fairlead.Agent.KernelState;

/// <summary>The bridges that are the gateway of this node's pods, and their ports.</summary>
internal sealed class BridgePorts(RouteNetlink client)
{
    /// <summary>
    /// Lets frames leave by the bridge port that they came in by; says how many ports weren't so.
    /// With br_netfilter a translated packet between pods of one bridge isn't routed but bridged on, and one that
    /// returns to its sender would be lost (kubelet once did the same: --hairpin-mode=hairpin-veth).
    /// </summary>
    public int Reconcile(IReadOnlyList<NetPrefix> localPods)
    {
        int changes = 0;
        HashSet<int> bridges = [.. client.ListLinks(kind: "bridge").Select(l => l.Index)];
        if (bridges.Count == 0)
        {
            return 0;
        }

        bridges.IntersectWith(client.ListAddresses()
            .Where(a => localPods.Any(p => p.Contains(NetAddress.From(a.Address)))).Select(a => a.LinkIndex));
        foreach (int bridge in bridges)
        {
            foreach (Link port in client.ListLinks(masterIndex: bridge))
            {
                if (port.Port is { Hairpin: not true })
                {
                    client.SetLink(port.Index, new() { Port = new() { Hairpin = true } });
                    changes++;
                }
            }
        }

        return changes;
    }
}
