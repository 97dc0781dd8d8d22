using System.Net;
using Fairlead.Kernel;
using Fairlead.Kernel.Conntrack;
using Fairlead.Network;

namespace Fairlead.Agent.KernelState;

/// <summary>
/// The node's connections. A UDP client never says that it ends, so its flow would be sent to an endpoint that is gone for as long as it
/// goes on sending.
/// </summary>
internal sealed class FlowTable : IDisposable
{
    private readonly ConntrackNetlink client = ConntrackNetlink.Open();

    /// <summary>Removes the UDP flows of these frontends that lead to no endpoint that still answers; says how many.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public int Clean(IEnumerable<FrontendPlan> stale, NodeState? node)
    {
        Dictionary<FrontendKey, HashSet<EndpointAddress>> frontends = stale.ToDictionary(f => f.Key, f => f.Serving.ToHashSet());
        if (frontends.Count == 0)
        {
            return 0;
        }

        int removed = 0;
        foreach (ConntrackEntry flow in client.List(new() { Protocol = Kernel.Conntrack.TransportProtocol.Udp }))
        {
            EndpointAddress target = Place(flow.Original.Destination, flow.Original.DestinationPort);
            EndpointAddress answers = Place(flow.Reply.Source, flow.Reply.SourcePort);
            bool isAddressed = frontends.TryGetValue(new(target.Address, Network.TransportProtocol.Udp, target.Port, false), out HashSet<EndpointAddress>? serving);
            bool isNodePort = !isAddressed
                && frontends.TryGetValue(FrontendKey.NodePort(target.Address.IsIPv6, Network.TransportProtocol.Udp, target.Port), out serving)
                && (answers != target || node?.Addresses.Contains(target.Address) == true);
            if ((isAddressed || isNodePort) && !serving!.Contains(answers) && client.Delete(flow))
            {
                removed++;
            }
        }

        return removed;
    }

    private static EndpointAddress Place(IPAddress address, ushort port) => new(NetAddress.From(address), port);

    public void Dispose() => client.Dispose();
}
