using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>
/// Which endpoints a kernel holds in which slots, read from its endpoint maps: a plan made with it keeps them there, so
/// that an agent that starts again finds nothing to change.
/// </summary>
public sealed class SlotMemory
{
    private readonly Dictionary<FrontendKey, (SortedList<uint, EndpointAddress> Cluster, SortedList<uint, EndpointAddress> Local)> frontends = [];

    /// <summary>Adds one element of an endpoint map.</summary>
    public void Add(FrontendKey frontend, uint slot, EndpointAddress endpoint)
    {
        if (!frontends.TryGetValue(frontend, out var slots))
        {
            frontends.Add(frontend, slots = ([], []));
        }

        if (slot >= Treatment.LocalSlotOffset)
        {
            slots.Local[slot] = endpoint;
        }
        else
        {
            slots.Cluster[slot] = endpoint;
        }
    }

    internal (ImmutableArray<EndpointAddress> Cluster, ImmutableArray<EndpointAddress> Local) Of(FrontendKey frontend) =>
        frontends.TryGetValue(frontend, out var slots) ? ([.. slots.Cluster.Values], [.. slots.Local.Values]) : ([], []);
}
