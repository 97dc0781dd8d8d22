using System.Net;
using System.Net.Sockets;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Nodes;

/// <summary>Gives nodes that have none a pod CIDR of each of the cluster's ranges; one that is there is never touched.</summary>
internal sealed class NodeIpamController : IController
{
    private readonly ControllerContext _context;
    private readonly Informer<Node> _nodes;
    private readonly EventRecorder _events;
    private readonly ReconcileLoop _loop;

    public NodeIpamController(ControllerContext context)
    {
        _context = context;
        _nodes = context.Informer<Node>();
        _events = context.Events("cidrAllocator");

        // One worker: two nodes that come at once must not get the same range.
        _loop = new ReconcileLoop(context, "nodeipam", ReconcileAsync, workers: 1);
        _loop.On(_nodes, OnNode);
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private static bool Lacks(Node node) => string.IsNullOrEmpty(node.Spec.PodCidr) && node.Spec.PodCidrs.Count == 0 && !node.Metadata.IsDeleting;

    private void OnNode(InformerChange<Node> change)
    {
        if (change.New is { } node)
        {
            if (Lacks(node))
            {
                _loop.Queue.Add(node.Metadata.Key);
            }

            return;
        }

        // A range came free.
        foreach (Node waiting in _nodes.List().Where(Lacks))
        {
            _loop.Queue.Add(waiting.Metadata.Key);
        }
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_context.Options.ClusterCidrs.Count == 0 || _nodes.Get(key) is not { } node || !Lacks(node))
        {
            return;
        }

        IPNetwork[] taken = [.. _nodes.List().SelectMany(CidrsOf)];
        List<string> cidrs = [];
        foreach (IPNetwork range in _context.Options.ClusterCidrs)
        {
            bool isIPv4 = range.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
            int size = isIPv4 ? _context.Options.NodeCidrMaskSizeIPv4 : _context.Options.NodeCidrMaskSizeIPv6;
            if (CidrAllocator.FirstFree(range, size, taken) is not { } free)
            {
                _events.Normal(node, "CIDRNotAvailable", $"Node {key.Name} status is now: CIDRNotAvailable");
                return;
            }

            cidrs.Add(free.ToString());
        }

        Node desired = node with { Spec = node.Spec with { PodCidr = cidrs[0], PodCidrs = cidrs } };
        if (await _context.Client.UpdateAsync(node, desired, null, cancellationToken).ConfigureAwait(false) is { } written)
        {
            _nodes.Observe(written);
        }
    }

    private static IEnumerable<IPNetwork> CidrsOf(Node node)
    {
        foreach (string cidr in node.Spec.PodCidrs.Append(node.Spec.PodCidr ?? "").Distinct())
        {
            if (IPNetwork.TryParse(cidr, out IPNetwork network))
            {
                yield return network;
            }
        }
    }
}
