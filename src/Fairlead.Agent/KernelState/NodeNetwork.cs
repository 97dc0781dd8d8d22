using Fairlead.Kernel.Route;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.KernelState;

/// <summary>All that the node's kernel holds of ours beside nf_tables: links, addresses, routes, neighbours, forwarding entries, bridge ports.</summary>
internal sealed class NodeNetwork : IDisposable
{
    private readonly RouteNetlink client = RouteNetlink.Open();
    private readonly OverlayLinks overlays;
    private readonly PodRoutes routes;
    private readonly BridgePorts ports;

    public NodeNetwork(NodeSettings settings, ILogger logger)
    {
        overlays = new(client, settings.VxlanId, settings.VxlanPort, logger);
        routes = new(client, overlays, logger);
        ports = new(client);
    }

    /// <summary>The port by which notifications name our own changes.</summary>
    public uint PortId => client.PortId;

    /// <summary>Whether a link is one of our VXLAN links. Safe for any thread.</summary>
    public bool IsOverlay(int link) => overlays.IndexOf(false) == link || overlays.IndexOf(true) == link;

    /// <summary>The link that leads to the other nodes.</summary>
    public Uplink ReadUplink(NodeState? node) => UplinkReader.Read(client, node);

    /// <summary>Changes what differs between two plans; says what was changed.</summary>
    public NetworkChanges Apply(NodePlanDiff diff, NodePlan desired)
    {
        if (diff.ChangesLinks)
        {
            return Reconcile(desired);
        }

        return diff.AddedRoutes.Count + diff.RemovedRoutes.Count == 0 ? default : routes.Apply(diff.RemovedRoutes, diff.AddedRoutes, desired.Routes);
    }

    /// <summary>
    /// Reads what the kernel holds and brings it to the plan; says what was wrong. A way is there before packets are sent along it, and goes when they
    /// no longer are.
    /// </summary>
    public NetworkChanges Reconcile(NodePlan desired)
    {
        NetworkChanges changes = overlays.Ensure(desired.Overlays, desired.Mtu);
        changes += routes.Reconcile(desired.Routes);
        return changes with { Links = changes.Links + overlays.RemoveOthers(desired.Overlays) };
    }

    /// <summary>Brings the bridges of this node's pods and their ports to what they should be; says how many weren't.</summary>
    public NetworkChanges ReconcilePorts(IReadOnlyList<NetPrefix> localPods) => new(Ports: ports.Reconcile(localPods));

    public void Dispose() => client.Dispose();
}
