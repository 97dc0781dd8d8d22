using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Fairlead.Network;

/// <summary>Which endpoints of a Service's port take its traffic on one node.</summary>
/// <param name="Cluster">Those that connections may go to by the Service's own wishes, sorted.</param>
/// <param name="Local">Those on this node, sorted.</param>
/// <param name="Serving">Those that answer, be it on their way out; sorted.</param>
/// <param name="AnyUsable">Whether anybody serves the port anywhere, reachable by policy from here or not.</param>
internal readonly record struct EndpointSelection(EndpointAddress[] Cluster, EndpointAddress[] Local, EndpointAddress[] Serving, bool AnyUsable)
{
    /// <summary>Chooses among the slices of one Service for one port and family.</summary>
    /// <remarks>
    /// Ready endpoints; where there are none, those that serve while they terminate (KEP-1669), for the cluster and for
    /// this node each. Hints (KEP-2433, KEP-3015) narrow the cluster's choice only if every ready endpoint has one and
    /// one of them names this node or zone. Where nodes stand in for each other, a node is its own stand-in last.
    /// </remarks>
    public static EndpointSelection Choose(ImmutableArray<EndpointSliceState> slices, bool ipv6, ServicePortState port, string nodeName, string zone)
    {
        List<Candidate> ready = [];
        List<Candidate> terminating = [];
        Hints hints = new(nodeName, zone);
        foreach (EndpointSliceState slice in slices)
        {
            if (slice.IsIPv6 != ipv6)
            {
                continue;
            }

            foreach (EndpointPortState endpointPort in slice.Ports)
            {
                if (endpointPort.Protocol != port.Protocol || endpointPort.Name != port.Name)
                {
                    continue;
                }

                foreach (EndpointState endpoint in slice.Endpoints)
                {
                    bool isLocal = endpoint.NodeName == nodeName;
                    Candidate candidate = new(new(endpoint.Address, endpointPort.Port), isLocal, isLocal && slice.StandsIn, endpoint.ForZones, endpoint.ForNodes);
                    if ((endpoint.Readiness & EndpointReadiness.Ready) != 0)
                    {
                        ready.Add(candidate);
                        hints.Add(endpoint);
                    }
                    else if ((endpoint.Readiness & (EndpointReadiness.Serving | EndpointReadiness.Terminating))
                        == (EndpointReadiness.Serving | EndpointReadiness.Terminating))
                    {
                        terminating.Add(candidate);
                    }
                }
            }
        }

        List<EndpointAddress> cluster = Addresses(ready, c => !c.IsOwnStandIn && hints.Allow(c.ForZones, c.ForNodes));
        if (cluster.Count == 0)
        {
            // Nobody else stands in: then ourselves.
            cluster = Addresses(ready, c => hints.Allow(c.ForZones, c.ForNodes));
        }

        if (cluster.Count == 0)
        {
            cluster = Addresses(terminating, _ => true);
        }

        List<EndpointAddress> local = Addresses(ready, c => c.IsLocal);
        if (local.Count == 0)
        {
            local = Addresses(terminating, c => c.IsLocal);
        }

        EndpointAddress[] serving = port.Protocol == TransportProtocol.Udp ? Sorted(Addresses([.. ready, .. terminating], _ => true)) : [];
        return new(Sorted(cluster), Sorted(local), serving, ready.Count + terminating.Count > 0);
    }

    private static List<EndpointAddress> Addresses(List<Candidate> candidates, Func<Candidate, bool> allowed)
    {
        List<EndpointAddress> addresses = new(candidates.Count);
        foreach (Candidate candidate in candidates)
        {
            if (allowed(candidate))
            {
                addresses.Add(candidate.Address);
            }
        }

        return addresses;
    }

    private static EndpointAddress[] Sorted(List<EndpointAddress> addresses)
    {
        addresses.Sort();
        Span<EndpointAddress> all = CollectionsMarshal.AsSpan(addresses);
        int kept = 0;
        foreach (EndpointAddress address in all)
        {
            // One endpoint may be in two slices while the controller moves it.
            if (kept == 0 || all[kept - 1] != address)
            {
                all[kept++] = address;
            }
        }

        // A chain counts slots in 16 bits.
        return all[..Math.Min(kept, ushort.MaxValue)].ToArray();
    }

    private readonly record struct Candidate(EndpointAddress Address, bool IsLocal, bool IsOwnStandIn, string[]? ForZones, string[]? ForNodes);

    private struct Hints(string nodeName, string zone)
    {
        private bool lacksZone;
        private bool lacksNode;
        private bool namesZone;
        private bool namesNode;

        public void Add(in EndpointState endpoint)
        {
            lacksZone |= endpoint.ForZones is not { Length: > 0 };
            lacksNode |= endpoint.ForNodes is not { Length: > 0 };
            namesZone |= zone.Length > 0 && endpoint.ForZones is not null && endpoint.ForZones.AsSpan().Contains(zone);
            namesNode |= endpoint.ForNodes is not null && endpoint.ForNodes.AsSpan().Contains(nodeName);
        }

        public readonly bool Allow(string[]? forZones, string[]? forNodes)
        {
            if (namesNode && !lacksNode)
            {
                return forNodes.AsSpan().Contains(nodeName);
            }

            return !namesZone || lacksZone || forZones.AsSpan().Contains(zone);
        }
    }
}
