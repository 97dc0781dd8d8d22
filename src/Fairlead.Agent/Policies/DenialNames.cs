using Fairlead.Kernel.NfTables;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Fairlead.Network.Layout;
using ConnectionTuple = Fairlead.Kernel.NfTables.Evaluation.ConnectionTuple;
using Transport = Fairlead.Network.TransportProtocol;

namespace Fairlead.Agent.Policies;

/// <summary>A reported packet → a receipt with names and a reason, by one state of the cluster.</summary>
internal sealed class DenialNames(ClusterState cluster)
{
    private readonly PolicyExplainer explainer = new(cluster);
    private Dictionary<(NetAddress, Transport, ushort), ObjectKey>? services;

    public ClusterState Cluster => cluster;

    public DenialReceipt Describe(string prefix, ConnectionTuple tuple, IpProtocol protocol, DateTimeOffset time)
    {
        NetAddress source = NetAddress.From(tuple.Source), destination = NetAddress.From(tuple.Destination);
        Transport? transport = protocol switch { IpProtocol.Tcp => Transport.Tcp, IpProtocol.Udp => Transport.Udp, IpProtocol.Sctp => Transport.Sctp, _ => null };
        bool audit = prefix.StartsWith(KernelNames.AuditPrefix, StringComparison.Ordinal);
        bool unknown = prefix == KernelNames.UnknownPrefix;
        bool ingress = unknown ? explainer.PodAt(source) is not null : prefix.EndsWith(KernelNames.IngressPrefix, StringComparison.Ordinal);
        PolicyVerdict? verdict = explainer.Explain(source, destination, transport, tuple.DestinationPort).FirstOrDefault(v => v.IsIngress == ingress);
        return new()
        {
            Time = time,
            Outcome = unknown ? "UNKNOWN" : audit ? "AUDIT" : "DENIED",
            IsIngress = ingress,
            Source = Name(source),
            Destination = Name(destination) + (transport is { } known ? ServiceOf(destination, known, tuple.DestinationPort) : ""),
            Port = transport is null ? protocol.ToString().ToUpperInvariant() : $"{protocol.ToString().ToUpperInvariant()} {tuple.DestinationPort}",
            Reason = unknown ? $"no pod is known to have {(ingress ? destination : source)} yet"
                : audit ? $"under audit {string.Join(", ", verdict?.AuditedBy ?? [])} would deny it"
                : verdict is { IsAllowed: false } ? verdict.ToString()
                : "policies changed meanwhile: now it would be allowed",
            Subject = explainer.PodAt(ingress ? destination : source),
        };
    }

    private string Name(NetAddress address)
    {
        if (explainer.PodAt(address) is { } pod)
        {
            return pod.NodeName.Length > 0 ? $"{pod.Key} ({pod.NodeName})" : pod.Key.ToString();
        }

        return cluster.Nodes.Values.FirstOrDefault(n => n.Addresses.Contains(address)) is { } node ? $"node {node.Name} ({address})" : address.ToString();
    }

    /// <summary>A denied packet's destination is translated already, maybe by another node: which Service it was sent to, if any, isn't to be seen, only which has this endpoint.</summary>
    private string ServiceOf(NetAddress address, Transport protocol, ushort port)
    {
        if (services is null)
        {
            services = [];
            foreach (EndpointSliceState slice in cluster.Slices.Values.SelectMany(s => s))
            {
                foreach (EndpointState endpoint in slice.Endpoints)
                {
                    foreach (EndpointPortState one in slice.Ports)
                    {
                        services.TryAdd((endpoint.Address, one.Protocol, one.Port), slice.Service);
                    }
                }
            }
        }

        return services.TryGetValue((address, protocol, port), out ObjectKey service) ? $" (endpoint of service {service})" : "";
    }
}
