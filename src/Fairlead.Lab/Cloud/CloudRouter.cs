using System.Net;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Lab.Cloud;

/// <summary>The routes of a controller in the router's main table, recognisable by their protocol; routes of others are left alone.</summary>
internal sealed class CloudRouter : IDisposable
{
    private readonly RouteNetlink _netlink = RouteNetlink.Open();

    /// <summary>Brings the router's routes to what they should be, and says what changed. What the kernel refuses doesn't keep the others away.</summary>
    public IReadOnlyList<string> Reconcile(IReadOnlyDictionary<IPNetwork, CloudRoute> desired, Action<CloudRoute, string> refused)
    {
        var changes = new List<string>();
        var right = new HashSet<IPNetwork>();
        foreach (RouteEntry held in _netlink.ListRoutes(table: RouteEntry.MainTable, protocol: RouteProtocol.Fairlead))
        {
            if (!desired.TryGetValue(held.Destination, out CloudRoute? wanted))
            {
                _netlink.DeleteRoute(held);
                changes.Add($"removed {held}");
            }
            else if (wanted.Gateway.Equals(held.Gateway))
            {
                right.Add(held.Destination);
            }
        }

        foreach (CloudRoute route in desired.Values.Where(route => !right.Contains(route.Destination)))
        {
            try
            {
                _netlink.ReplaceRoute(new RouteEntry { Destination = route.Destination, Gateway = route.Gateway, Protocol = RouteProtocol.Fairlead });
                changes.Add($"added {route.Destination} via {route.Gateway} to {route.Node}");
            }
            catch (NetlinkException exception)
            {
                refused(route, exception.Message);
            }
        }

        return changes;
    }

    public void Dispose() => _netlink.Dispose();
}
