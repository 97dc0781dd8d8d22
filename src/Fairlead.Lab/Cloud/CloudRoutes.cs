using System.Net;
using System.Net.Sockets;
using Fairlead.Kubernetes;
using IPAddress = System.Net.IPAddress;

namespace Fairlead.Lab.Cloud;

/// <summary>A route that the cloud's router should have: a node's pods by way of the node.</summary>
/// <param name="Destination">One of the node's pod CIDRs.</param>
/// <param name="Gateway">The node's InternalIP of the same family.</param>
/// <param name="Node">The node's name.</param>
internal sealed record CloudRoute(IPNetwork Destination, IPAddress Gateway, string Node);

/// <summary>From the cluster's nodes to the router's routes; pure.</summary>
internal static class CloudRoutes
{
    /// <summary>One route for each pod CIDR of each node. Where two nodes claim the same range, the first by name has it, as it will have had it first.</summary>
    public static IReadOnlyDictionary<IPNetwork, CloudRoute> Plan(IEnumerable<Node> nodes)
    {
        var routes = new Dictionary<IPNetwork, CloudRoute>();
        foreach (Node node in nodes.OrderBy(node => node.Metadata.Name, StringComparer.Ordinal))
        {
            foreach (IPNetwork range in Ranges(node))
            {
                if (AddressOf(node, range.BaseAddress.AddressFamily) is { } gateway)
                {
                    routes.TryAdd(range, new CloudRoute(range, gateway, node.Metadata.Name));
                }
            }
        }

        return routes;
    }

    private static IEnumerable<IPNetwork> Ranges(Node node)
    {
        IEnumerable<string> written = node.Spec.PodCidrs.Count > 0 ? node.Spec.PodCidrs : node.Spec.PodCidr is { } only ? [only] : [];
        foreach (string text in written)
        {
            if (IPNetwork.TryParse(text, out IPNetwork range))
            {
                yield return range;
            }
        }
    }

    private static IPAddress? AddressOf(Node node, AddressFamily family) => node.Status.Addresses
        .Where(address => address.Type == "InternalIP")
        .Select(address => IPAddress.TryParse(address.Address, out IPAddress? parsed) ? parsed : null)
        .FirstOrDefault(address => address?.AddressFamily == family);
}
