using System.Net;
using Fairlead.Agent.Telemetry;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.KernelState;

/// <summary>
/// The routes to other nodes' pods in the node's main table, recognisable by their protocol, and what routes through a tunnel need beside them: the gateway's
/// hardware address (a neighbour), and where frames to that address are sent (a forwarding entry).
/// </summary>
internal sealed class PodRoutes(RouteNetlink client, OverlayLinks overlays, ILogger logger)
{
    private readonly HashSet<NetPrefix> failed = [];

    /// <summary>Whether some route could not be written, such as one whose gateway's link is down.</summary>
    public bool HasFailed => failed.Count > 0;

    /// <summary>Writes and removes routes; says what changed. A route that the kernel refuses doesn't keep the others away.</summary>
    /// <param name="diff">Routes that were and that are to be.</param>
    /// <param name="desired">All that are to be.</param>
    public NetworkChanges Apply(NodePlanDiff diff, IReadOnlyDictionary<NetPrefix, PlannedRoute> desired)
    {
        List<RouteChange> changes = [];
        foreach (PlannedRoute route in diff.AddedRoutes)
        {
            Add(route, changes);
        }

        foreach (PlannedRoute route in diff.RemovedRoutes)
        {
            failed.Remove(route.Destination);
            PlannedRoute? now = desired.GetValueOrDefault(route.Destination);
            if (now is null)
            {
                changes.Add(RouteChange.Of(ChangeVerb.Delete, new RouteEntry { Destination = Network(route.Destination), Protocol = RouteProtocol.Fairlead }));
            }

            if (route.Tunnel is { } vtep && overlays.IndexOf(vtep.Address.IsIPv6) is { } link && (now?.Tunnel is not { } still || still.Address.IsIPv6 != vtep.Address.IsIPv6))
            {
                changes.Add(RouteChange.Of(ChangeVerb.Delete, NeighbourOf(route, vtep, link)));
            }
        }

        foreach (Vtep vtep in diff.RemovedTunnels)
        {
            if (overlays.IndexOf(vtep.Address.IsIPv6) is { } link)
            {
                changes.Add(RouteChange.Of(ChangeVerb.Delete, ForwardingOf(vtep, link)));
            }
        }

        return Commit(changes, desired);
    }

    /// <summary>Reads what of ours the kernel holds and brings it to the plan; says what was wrong.</summary>
    public NetworkChanges Reconcile(IReadOnlyDictionary<NetPrefix, PlannedRoute> desired)
    {
        List<RouteChange> changes = [], stale = [];
        Dictionary<(int Link, NetAddress Gateway), MacAddress> neighbours = [];
        Dictionary<(int Link, MacAddress Mac), NetAddress> forwarding = [];
        foreach (PlannedRoute route in desired.Values)
        {
            if (route.Tunnel is { } vtep && overlays.IndexOf(vtep.Address.IsIPv6) is { } link)
            {
                neighbours[(link, route.Gateway)] = vtep.Mac;
                forwarding[(link, vtep.Mac)] = vtep.Address;
            }
        }

        foreach (int link in overlays.Indexes)
        {
            ReconcileNeighbours(link, neighbours, stale);
            ReconcileForwarding(link, forwarding, stale);
        }

        changes.AddRange(neighbours.Select(n => RouteChange.Of(ChangeVerb.Replace, new Neighbour { LinkIndex = n.Key.Link, Address = n.Key.Gateway.ToIPAddress(), MacAddress = n.Value })));
        changes.AddRange(forwarding.Select(f => RouteChange.Of(ChangeVerb.Replace, new ForwardingEntry { LinkIndex = f.Key.Link, MacAddress = f.Key.Mac, Destination = f.Value.ToIPAddress() })));
        ReconcileRoutes(desired, changes);
        changes.AddRange(stale);
        failed.IntersectWith(desired.Keys);
        return Commit(changes, desired);
    }

    private void ReconcileRoutes(IReadOnlyDictionary<NetPrefix, PlannedRoute> desired, List<RouteChange> changes)
    {
        HashSet<NetPrefix> right = [];
        foreach (RouteEntry held in client.ListRoutes(table: RouteEntry.MainTable, protocol: RouteProtocol.Fairlead))
        {
            NetPrefix destination = new(NetAddress.From(held.Destination.BaseAddress), held.Destination.PrefixLength);
            if (!desired.TryGetValue(destination, out PlannedRoute? wanted))
            {
                changes.Add(RouteChange.Of(ChangeVerb.Delete, held));
            }
            else if (EntryOf(wanted) is { } entry && Equals(held.Gateway, entry.Gateway) && (entry.LinkIndex is null || held.LinkIndex == entry.LinkIndex)
                && held.Flags.HasFlag(RouteFlags.OnLink) == entry.Flags.HasFlag(RouteFlags.OnLink) && held.Mtu == entry.Mtu)
            {
                right.Add(destination);
            }
        }

        foreach (PlannedRoute route in desired.Values)
        {
            if (!right.Contains(route.Destination) && EntryOf(route) is { } entry)
            {
                changes.Add(RouteChange.Of(ChangeVerb.Replace, entry));
            }
        }
    }

    /// <summary>Takes from the desired neighbours those that are there; what is there and not desired is stale.</summary>
    private void ReconcileNeighbours(int link, Dictionary<(int Link, NetAddress Gateway), MacAddress> desired, List<RouteChange> stale)
    {
        foreach (Neighbour held in client.ListNeighbours(link).Where(n => n.LinkIndex == link && n.State == NeighbourState.Permanent))
        {
            (int, NetAddress) key = (link, NetAddress.From(held.Address));
            if (!desired.TryGetValue(key, out MacAddress wanted))
            {
                stale.Add(RouteChange.Of(ChangeVerb.Delete, held));
            }
            else if (held.MacAddress == wanted)
            {
                desired.Remove(key);
            }
        }
    }

    /// <summary>As <see cref="ReconcileNeighbours"/>, for forwarding entries.</summary>
    private void ReconcileForwarding(int link, Dictionary<(int Link, MacAddress Mac), NetAddress> desired, List<RouteChange> stale)
    {
        foreach (ForwardingEntry held in client.ListForwardingEntries(link).Where(f => f.LinkIndex == link && f.Destination is not null))
        {
            (int, MacAddress) key = (link, held.MacAddress);
            if (!desired.TryGetValue(key, out NetAddress wanted))
            {
                stale.Add(RouteChange.Of(ChangeVerb.Delete, held));
            }
            else if (NetAddress.From(held.Destination!) == wanted && held.Port is null && held.Vni is null)
            {
                desired.Remove(key);
            }
        }
    }

    private void Add(PlannedRoute route, List<RouteChange> changes)
    {
        if (route.Tunnel is { } vtep && overlays.IndexOf(vtep.Address.IsIPv6) is { } link)
        {
            changes.Add(RouteChange.Of(ChangeVerb.Replace, ForwardingOf(vtep, link)));
            changes.Add(RouteChange.Of(ChangeVerb.Replace, NeighbourOf(route, vtep, link)));
        }

        if (EntryOf(route) is { } entry)
        {
            changes.Add(RouteChange.Of(ChangeVerb.Replace, entry));
        }
    }

    private NetworkChanges Commit(List<RouteChange> changes, IReadOnlyDictionary<NetPrefix, PlannedRoute> desired)
    {
        if (changes.Count == 0)
        {
            return default;
        }

        HashSet<RouteChange> refused = [];
        foreach (RouteChangeFailure failure in client.Apply(changes))
        {
            // The way to the gateway isn't there yet, or the gateway is this node itself: tried again when a link changes, and by the audit.
            if (failure.Change is not { Subject: RouteEntry route, Verb: ChangeVerb.Replace }
                || failure.Answer.Error is not (Errno.NetworkUnreachable or Errno.NetworkDown or Errno.HostUnreachable or Errno.InvalidArgument))
            {
                throw failure.ToException();
            }

            refused.Add(failure.Change);
            NetPrefix destination = Prefix(route);
            if (failed.Add(destination))
            {
                Log.RouteFailed(logger, $"to the pods of {desired.GetValueOrDefault(destination)?.NodeName}", failure.ToException().Message);
            }
        }

        NetworkChanges done = default;
        foreach (RouteChange change in changes)
        {
            if (refused.Contains(change))
            {
                continue;
            }

            done = change.Subject switch
            {
                RouteEntry => done with { Routes = done.Routes + 1 },
                Neighbour => done with { Neighbours = done.Neighbours + 1 },
                _ => done with { ForwardingEntries = done.ForwardingEntries + 1 },
            };
            if (change is { Subject: RouteEntry route, Verb: ChangeVerb.Replace } && failed.Count > 0)
            {
                failed.Remove(Prefix(route));
            }
        }

        return done;
    }

    /// <summary>Null where the link of the tunnel isn't there.</summary>
    private RouteEntry? EntryOf(PlannedRoute route)
    {
        RouteEntry entry = new()
        {
            Destination = Network(route.Destination),
            Gateway = route.Gateway.ToIPAddress(),
            Protocol = RouteProtocol.Fairlead,
            Mtu = route.Mtu > 0 ? (uint)route.Mtu : null,
        };
        return route.Tunnel is not { } vtep ? entry
            : overlays.IndexOf(vtep.Address.IsIPv6) is { } link ? entry with { LinkIndex = link, Flags = RouteFlags.OnLink }
            : null;
    }

    private static Neighbour NeighbourOf(PlannedRoute route, Vtep vtep, int link) =>
        new() { LinkIndex = link, Address = route.Gateway.ToIPAddress(), MacAddress = vtep.Mac };

    private static ForwardingEntry ForwardingOf(Vtep vtep, int link) =>
        new() { LinkIndex = link, MacAddress = vtep.Mac, Destination = vtep.Address.ToIPAddress() };

    private static IPNetwork Network(NetPrefix prefix) => new(prefix.Address.ToIPAddress(), prefix.Length);

    private static NetPrefix Prefix(RouteEntry route) => new(NetAddress.From(route.Destination.BaseAddress), route.Destination.PrefixLength);
}
