using Fairlead.Agent.Telemetry;
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
    private readonly PodLinks pods;
    private readonly NetworkFile file;
    private readonly ILogger logger;
    private int podMtu;
    private int[] uplinks = [];

    public NodeNetwork(NodeSettings settings, NetworkFile file, ILogger logger)
    {
        (this.file, this.logger) = (file, logger);
        podMtu = file.ReadMtu();
        overlays = new(client, settings.VxlanId, settings.VxlanPort, logger);
        routes = new(client, overlays, logger);
        pods = new(client, logger);
    }

    /// <summary>The port by which notifications name our own changes.</summary>
    public uint PortId => client.PortId;

    /// <summary>Whether a link is one of our VXLAN links. Safe for any thread.</summary>
    public bool IsOverlay(int link) => overlays.IndexOf(false) == link || overlays.IndexOf(true) == link;

    /// <summary>Whether a link leads to the other nodes, or may. Safe for any thread.</summary>
    public bool IsUplink(int link) => Volatile.Read(ref uplinks) is var known && (known.Length == 0 || known.Contains(link));

    /// <summary>The link that leads to the other nodes.</summary>
    public Uplink ReadUplink(NodeState? node)
    {
        Uplink uplink = UplinkReader.Read(client, node, out int[] links);
        Volatile.Write(ref uplinks, links);
        return uplink;
    }

    /// <summary>The names of the links to the other nodes.</summary>
    public IEnumerable<string> UplinkNames => Names(uplinks);

    /// <summary>The names of the VXLAN links.</summary>
    public IEnumerable<string> OverlayNames => Names(overlays.Indexes);

    /// <summary>The VXLAN link for tunnels over a family; null: there is none. Safe for any thread.</summary>
    public (int Index, string Name)? FindOverlay(bool ipv6) => overlays.IndexOf(ipv6) is { } index && client.FindLink(index) is { } link ? (index, link.Name) : null;

    /// <summary>The name of the link behind which this node's pods are; null: there is none, or one for each pod.</summary>
    public string? FindBridge(NodePlan plan)
    {
        HashSet<int> gateways = [.. client.ListAddresses().Where(a => plan.LocalPods.Any(p => p.Contains(NetAddress.From(a.Address)))).Select(a => a.LinkIndex)];
        return client.ListLinks(kind: "bridge").FirstOrDefault(b => gateways.Contains(b.Index))?.Name;
    }

    /// <summary>Changes what differs between two plans; says what was changed.</summary>
    public NetworkChanges Apply(NodePlanDiff diff, NodePlan desired)
    {
        if (diff.ChangesLinks)
        {
            return Reconcile(desired) + ReconcilePods(desired);
        }

        return diff.AddedRoutes.Count + diff.RemovedRoutes.Count == 0 ? default : routes.Apply(diff, desired.Routes);
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

    /// <summary>Brings the links of this node's pods to what they should be; says what wasn't. Plugins hear of a new MTU before pods that are there already get it.</summary>
    public NetworkChanges ReconcilePods(NodePlan desired)
    {
        try
        {
            file.WriteMtu(desired.Mtu);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NetworkFileFailed(logger, e.Message);
        }

        NetworkChanges changes = pods.Reconcile(desired.LocalPods, desired.Mtu, podMtu);
        podMtu = desired.Mtu;
        return changes;
    }

    private IEnumerable<string> Names(IEnumerable<int> links) => links.Select(index => client.FindLink(index)?.Name).OfType<string>();

    public void Dispose() => client.Dispose();
}
