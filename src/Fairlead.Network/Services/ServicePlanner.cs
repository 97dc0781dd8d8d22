using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Fairlead.Network;

/// <summary>One Service and its endpoints → what it puts into one node's kernel.</summary>
internal static class ServicePlanner
{
    /// <summary>Plans a Service; <paramref name="isFree"/> says which frontends it may have.</summary>
    public static ServicePlan Plan(
        ServiceState service,
        ImmutableArray<EndpointSliceState> slices,
        string nodeName,
        string zone,
        ServicePlan? previous,
        SlotMemory? memory,
        Func<FrontendKey, bool> isFree)
    {
        ImmutableArray<FrontendPlan>.Builder frontends = ImmutableArray.CreateBuilder<FrontendPlan>();
        ImmutableArray<FrontendKey>.Builder refused = ImmutableArray.CreateBuilder<FrontendKey>();
        ImmutableArray<PortSlots>.Builder slots = ImmutableArray.CreateBuilder<PortSlots>(service.Ports.Length);
        SortedSet<NetAddress>? hairpins = null;
        HashSet<NetAddress>? localAddresses = null;

        foreach (ServicePortState port in service.Ports)
        {
            foreach (bool ipv6 in (ReadOnlySpan<bool>)[false, true])
            {
                List<(FrontendKey Key, FrontendScope Scope)> wanted = Frontends(service, port, ipv6);
                if (wanted.Count == 0)
                {
                    continue;
                }

                EndpointSelection selection = EndpointSelection.Choose(slices, ipv6, port, nodeName, zone);
                PortSlots before = Before(previous, memory, service, port, ipv6, wanted);
                bool needsLocal = service.InternalTrafficLocal || service.ExternalTrafficLocal;
                PortSlots now = new(
                    port.Port,
                    port.Protocol,
                    ipv6,
                    SlotAssignment.Assign(before.Cluster, selection.Cluster),
                    needsLocal ? SlotAssignment.Assign(before.Local, selection.Local) : []);
                slots.Add(now);
                ImmutableArray<EndpointAddress> serving = ImmutableCollectionsMarshal.AsImmutableArray(selection.Serving);
                foreach (EndpointAddress local in selection.Local)
                {
                    (hairpins ??= []).Add(local.Address);
                }

                if (service.HealthCheckNodePort != 0)
                {
                    (localAddresses ??= []).UnionWith(selection.Local.Select(e => e.Address));
                }

                foreach ((FrontendKey key, FrontendScope scope) in wanted)
                {
                    if (isFree(key))
                    {
                        frontends.Add(Frontend(service, key, scope, now, serving, selection.AnyUsable));
                    }
                    else
                    {
                        refused.Add(key);
                    }
                }
            }
        }

        return new()
        {
            Key = service.Key,
            Frontends = frontends.DrainToImmutable(),
            Refused = refused.DrainToImmutable(),
            Slots = slots.DrainToImmutable(),
            Hairpins = hairpins is null ? [] : [.. hairpins],
            HealthCheckNodePort = service.HealthCheckNodePort,
            LocalEndpointCount = localAddresses?.Count ?? 0,
        };
    }

    private static FrontendPlan Frontend(ServiceState service, FrontendKey key, FrontendScope scope, in PortSlots slots, ImmutableArray<EndpointAddress> serving, bool anyUsable)
    {
        bool stayLocal = scope == FrontendScope.Internal ? service.InternalTrafficLocal : service.ExternalTrafficLocal;
        ImmutableArray<EndpointAddress> endpoints = stayLocal && scope == FrontendScope.Internal ? slots.Local : slots.Cluster;
        if (!anyUsable || endpoints.IsEmpty)
        {
            TreatmentKind none = anyUsable && stayLocal ? TreatmentKind.Drop : TreatmentKind.Reject;
            return new() { Key = key, Treatment = new(none, key.IsIPv6, key.IsNodePort), Serving = serving };
        }

        ImmutableArray<NetPrefix> ranges = scope switch
        {
            FrontendScope.LoadBalancer => Ranges(service, key.IsIPv6),
            FrontendScope.NodePort when service.SourceRangesGuardNodePorts => Ranges(service, key.IsIPv6),
            _ => default,
        };
        bool keepSource = stayLocal && scope != FrontendScope.Internal;
        return new()
        {
            Key = key,
            Treatment = new(
                keepSource ? TreatmentKind.BalanceLocally : TreatmentKind.Balance,
                key.IsIPv6,
                key.IsNodePort,
                (ushort)endpoints.Length,
                keepSource ? (ushort)slots.Local.Length : (ushort)0,
                service.AffinitySeconds,
                !ranges.IsDefault),
            Endpoints = endpoints,
            LocalEndpoints = keepSource ? slots.Local : [],
            Serving = serving,
            SourceRanges = ranges.IsDefault ? [] : ranges,
        };
    }

    /// <summary>
    /// The ranges that guard one family; default if everybody may come in. A Service whose ranges are all of the other
    /// family is closed in this one.
    /// </summary>
    private static ImmutableArray<NetPrefix> Ranges(ServiceState service, bool ipv6)
    {
        if (service.SourceRanges.IsEmpty)
        {
            return default;
        }

        ImmutableArray<NetPrefix> ranges = PrefixSet.Minimal(service.SourceRanges.Where(r => r.IsIPv6 == ipv6));
        return ranges is [{ Length: 0 }] ? default : ranges;
    }

    private static PortSlots Before(
        ServicePlan? previous, SlotMemory? memory, ServiceState service, ServicePortState port, bool ipv6, List<(FrontendKey Key, FrontendScope Scope)> wanted)
    {
        foreach (PortSlots slots in previous?.Slots ?? [])
        {
            if (slots.Port == port.Port && slots.Protocol == port.Protocol && slots.IsIPv6 == ipv6)
            {
                return slots;
            }
        }

        PortSlots remembered = new(port.Port, port.Protocol, ipv6, [], []);
        foreach ((FrontendKey key, FrontendScope scope) in wanted)
        {
            (ImmutableArray<EndpointAddress> cluster, ImmutableArray<EndpointAddress> local) = memory?.Of(key) ?? ([], []);
            if (scope == FrontendScope.Internal && service.InternalTrafficLocal)
            {
                (cluster, local) = ([], cluster); // such a cluster IP has its local endpoints in the first slots
            }

            remembered = remembered with
            {
                Cluster = remembered.Cluster.IsEmpty ? cluster : remembered.Cluster,
                Local = remembered.Local.IsEmpty ? local : remembered.Local,
            };
        }

        return remembered;
    }

    private static List<(FrontendKey Key, FrontendScope Scope)> Frontends(ServiceState service, ServicePortState port, bool ipv6)
    {
        List<(FrontendKey, FrontendScope)> wanted = [];
        bool ownFamily = false;
        foreach (NetAddress address in service.ClusterIPs)
        {
            if (address.IsIPv6 == ipv6)
            {
                ownFamily = true;
                wanted.Add((new(address, port.Protocol, port.Port, false), FrontendScope.Internal));
            }
        }

        Add(service.LoadBalancerIPs, FrontendScope.LoadBalancer);
        Add(service.ExternalIPs, FrontendScope.External);
        if (port.NodePort != 0 && ownFamily)
        {
            wanted.Add((FrontendKey.NodePort(ipv6, port.Protocol, port.NodePort), FrontendScope.NodePort));
        }

        return wanted;

        void Add(ImmutableArray<NetAddress> addresses, FrontendScope scope)
        {
            foreach (NetAddress address in addresses)
            {
                FrontendKey key = new(address, port.Protocol, port.Port, false);
                if (address.IsIPv6 == ipv6 && !wanted.Exists(w => w.Item1 == key))
                {
                    wanted.Add((key, scope));
                }
            }
        }
    }

    private enum FrontendScope
    {
        Internal,
        LoadBalancer,
        External,
        NodePort,
    }
}
