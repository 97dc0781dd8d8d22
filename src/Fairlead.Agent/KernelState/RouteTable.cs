using System.Net;
using Fairlead.Agent.Telemetry;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.KernelState;

/// <summary>Our routes in the node's main table, recognisable by their protocol.</summary>
internal sealed class RouteTable : IDisposable
{
    private readonly RouteNetlink client = RouteNetlink.Open();
    private readonly HashSet<NetPrefix> failed = [];

    /// <summary>The port by which notifications name our own changes.</summary>
    public uint PortId => client.PortId;

    /// <summary>Whether some route could not be written, such as one whose gateway's link is down.</summary>
    public bool HasFailed => failed.Count > 0;

    /// <summary>Writes and removes routes; says how many. A route that the kernel refuses doesn't keep the others away.</summary>
    public int Apply(IReadOnlyList<PlannedRoute> removed, IReadOnlyList<PlannedRoute> added, ILogger logger)
    {
        int changes = 0;
        HashSet<NetPrefix> replaced = [.. added.Select(r => r.Destination)];
        foreach (PlannedRoute route in removed)
        {
            failed.Remove(route.Destination);
            if (!replaced.Contains(route.Destination))
            {
                changes += client.DeleteRoute(new() { Destination = Network(route.Destination), Protocol = RouteProtocol.Fairlead }) ? 1 : 0;
            }
        }

        foreach (PlannedRoute route in added)
        {
            changes += Write(route, logger) ? 1 : 0;
        }

        return changes;
    }

    /// <summary>Reads the kernel's routes of our protocol and brings them to the plan; says how many were wrong.</summary>
    public int Reconcile(IReadOnlyDictionary<NetPrefix, PlannedRoute> desired, ILogger logger)
    {
        int changes = 0;
        HashSet<NetPrefix> right = [];
        foreach (RouteEntry held in client.ListRoutes(table: RouteEntry.MainTable, protocol: RouteProtocol.Fairlead))
        {
            NetPrefix destination = new(NetAddress.From(held.Destination.BaseAddress), held.Destination.PrefixLength);
            if (desired.TryGetValue(destination, out PlannedRoute? wanted) && held.Gateway is not null && NetAddress.From(held.Gateway) == wanted.Gateway)
            {
                right.Add(destination);
            }
            else if (wanted is null)
            {
                changes += client.DeleteRoute(held) ? 1 : 0;
            }
        }

        foreach (PlannedRoute route in desired.Values)
        {
            if (!right.Contains(route.Destination))
            {
                changes += Write(route, logger) ? 1 : 0;
            }
        }

        failed.IntersectWith(desired.Keys);
        return changes;
    }

    /// <summary>
    /// Lets frames leave by the bridge port that they came in by, on bridges that are the gateway of these pods; says how many ports weren't so.
    /// With br_netfilter a translated packet between pods of one bridge isn't routed but bridged on, and one that
    /// returns to its sender would be lost (kubelet once did the same: --hairpin-mode=hairpin-veth).
    /// </summary>
    public int ReconcileBridgePorts(IReadOnlyList<NetPrefix> localPods)
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

    private bool Write(PlannedRoute route, ILogger logger)
    {
        try
        {
            client.ReplaceRoute(new()
            {
                Destination = Network(route.Destination),
                Gateway = route.Gateway.ToIPAddress(),
                Protocol = RouteProtocol.Fairlead,
            });
            failed.Remove(route.Destination);
            return true;
        }
        catch (NetlinkException e) when (e.Error is Errno.NetworkUnreachable or Errno.NetworkDown or Errno.HostUnreachable or Errno.InvalidArgument)
        {
            // The way to the gateway isn't there yet, or the gateway is this node itself: tried again when a link changes, and by the audit.
            if (failed.Add(route.Destination))
            {
                Log.RouteFailed(logger, $"to the pods of {route.NodeName}", e.Message);
            }

            return false;
        }
    }

    private static IPNetwork Network(NetPrefix prefix) => new(prefix.Address.ToIPAddress(), prefix.Length);

    public void Dispose() => client.Dispose();
}
