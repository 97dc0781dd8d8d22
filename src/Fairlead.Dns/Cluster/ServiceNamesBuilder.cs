using System.Buffers;
using System.Text;
using Fairlead.Dns.Wire;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>
/// A service and its endpoint slices → its names and their answers: the Kubernetes DNS-based service discovery specification 1.1.0, as a pure function.
/// Names that the specification leaves open are those that CoreDNS gives, so that nobody's lookups change: SRV at the service's own name,
/// and names of endpoints also below services that have a cluster IP.
/// </summary>
internal static class ServiceNamesBuilder
{
    private const ushort SrvWeightTotal = 100;

    /// <summary>The names; null where the service has none (a name that can't be a label, a service that is neither headless nor has an address, one that the options leave out).</summary>
    public static ServiceNames? Build(Service service, IReadOnlyList<EndpointSlice> slices, ClusterZoneOptions options)
    {
        ServiceSpec spec = service.Spec;
        if (!options.Labels.Matches(service.Metadata.Labels) || !TryLabel(service.Metadata.Name, out byte[] nameLabel) || !TryLabel(service.Metadata.Namespace, out byte[] namespaceLabel))
        {
            return null;
        }

        byte[] key = [.. nameLabel, .. namespaceLabel];
        byte[] owner = [.. key, .. "\u0003svc"u8, .. options.Zone.Wire];
        if (owner.Length > NameBytes.MaxLength)
        {
            return null;
        }

        if (spec.Type == "ExternalName")
        {
            // An address isn't a name to go on with: the specification wants a CNAME, which can't lead to one.
            NameRecords alias = new([], []);
            return DnsName.TryParse(spec.ExternalName, out DnsName target) && !target.IsRoot && !NetAddress.TryParse(spec.ExternalName, out _)
                ? new(key, [alias with { Alias = target }], [])
                : new(key, [alias], []);
        }

        List<EndpointName> endpoints = EndpointName.Read(slices, options, spec.TrafficDistribution);
        if ((options.IgnoresEmptyServices && endpoints.Count == 0) || (options.NoEndpoints && spec.ClusterIP is "None"))
        {
            return null;
        }

        if (options.NoEndpoints)
        {
            endpoints = [];
        }

        Names names = new(owner, options.Ttl);
        if (spec.ClusterIP is "None")
        {
            names.Add([], endpoints.Select(e => e.Address), endpoints.Count(e => e.IsPreferred));
            AddHeadlessPorts(names, endpoints, owner);
        }
        else
        {
            NetAddress[] addresses = [.. ClusterIPs(spec)];
            if (addresses.Length == 0)
            {
                return null;
            }

            names.Add([], addresses, addresses.Length);
            AddPorts(names, spec, owner, addresses);
        }

        foreach (IGrouping<DnsName, EndpointName> endpoint in endpoints.GroupBy(e => e.Label))
        {
            names.Add(endpoint.Key.Wire[..^1], endpoint.Select(e => e.Address), int.MaxValue);
            AddTargets(names, endpoint.Key.Wire[..^1], [.. endpoint], owner);
        }

        return new(key, names.ToRecords(), [.. Pointers(spec, endpoints, owner)]);
    }

    private static IEnumerable<NetAddress> ClusterIPs(ServiceSpec spec)
    {
        foreach (string text in spec.ClusterIPs.Count > 0 ? spec.ClusterIPs : [spec.ClusterIP ?? ""])
        {
            if (NetAddress.TryParse(text, out NetAddress address))
            {
                yield return address;
            }
        }
    }

    /// <summary>_port._protocol → the service itself; the bare name → all its ports.</summary>
    private static void AddPorts(Names names, ServiceSpec spec, byte[] owner, NetAddress[] addresses)
    {
        names.AddServices([], [.. spec.Ports.Select(p => new Target((ushort)p.Port, owner, addresses))]);
        foreach (ServicePort port in spec.Ports)
        {
            if (TryPortLabels(port.Name, port.Protocol, out byte[] labels))
            {
                names.AddServices(labels, [new Target((ushort)port.Port, owner, addresses)]);
            }
        }
    }

    /// <summary>_port._protocol → each endpoint that has such a port; the bare name → all ports of all endpoints.</summary>
    private static void AddHeadlessPorts(Names names, List<EndpointName> endpoints, byte[] owner)
    {
        IEnumerable<(EndpointSlicePort Port, EndpointName Endpoint)> pairs = endpoints.SelectMany(e => e.Ports.Where(p => p.Port is not null), (e, p) => (p, e));
        (EndpointSlicePort Port, EndpointName Endpoint)[] all = [.. pairs];
        names.AddServices([], Targets(all, owner));
        foreach (var group in all.GroupBy(p => (p.Port.Name, p.Port.Protocol)))
        {
            if (TryPortLabels(group.Key.Name, group.Key.Protocol, out byte[] labels))
            {
                names.AddServices(labels, Targets(group, owner));
            }
        }
    }

    private static void AddTargets(Names names, ReadOnlySpan<byte> label, EndpointName[] endpoint, byte[] owner) =>
        names.AddServices(label, Targets(endpoint.SelectMany(e => e.Ports.Where(p => p.Port is not null), (e, p) => (p, e)), owner));

    /// <summary>One target for each port and name: a host with two addresses is one.</summary>
    private static List<Target> Targets(IEnumerable<(EndpointSlicePort Port, EndpointName Endpoint)> pairs, byte[] owner) =>
        [.. from pair in pairs
            group pair.Endpoint.Address by (Port: pair.Port.Port!.Value, pair.Endpoint.Label) into target
            select new Target((ushort)target.Key.Port, [.. target.Key.Label.Wire[..^1], .. owner], [.. target.Distinct()])];

    /// <summary>A cluster IP leads back to its service; an endpoint to its own name, where it has one that is promised: below a headless service, or a hostname.</summary>
    private static IEnumerable<AddressPointer> Pointers(ServiceSpec spec, List<EndpointName> endpoints, byte[] owner)
    {
        bool isHeadless = spec.ClusterIP is "None";
        if (!isHeadless)
        {
            DnsName name = DnsName.FromWire(owner);
            foreach (NetAddress address in ClusterIPs(spec))
            {
                yield return new(address, name);
            }
        }

        foreach (EndpointName endpoint in endpoints)
        {
            if (isHeadless || endpoint.HasHostname)
            {
                yield return new(endpoint.Address, endpoint.Label.Below(DnsName.FromWire(owner)));
            }
        }
    }

    private static bool TryPortLabels(string? name, string? protocol, out byte[] labels)
    {
        labels = [];
        if (string.IsNullOrEmpty(name) || !TryLabel("_" + name, out byte[] port) || !TryLabel("_" + (protocol ?? "TCP"), out byte[] transport))
        {
            return false;
        }

        labels = [.. port, .. transport];
        return true;
    }

    /// <summary>A label with its length, lower-cased.</summary>
    internal static bool TryLabel(string text, out byte[] label)
    {
        label = [];
        if (text.Length is 0 or > NameBytes.MaxLabelLength || !Ascii.IsValid(text))
        {
            return false;
        }

        label = new byte[text.Length + 1];
        label[0] = (byte)text.Length;
        return Ascii.ToLower(text, label.AsSpan(1), out _) == OperationStatus.Done;
    }

    /// <summary>Where an SRV record leads.</summary>
    private readonly record struct Target(ushort Port, byte[] Name, NetAddress[] Addresses);

    /// <summary>The names of one service as they come together.</summary>
    private sealed class Names(byte[] owner, uint ttl)
    {
        private const ushort AddressRecordOverhead = 12;

        private readonly Dictionary<DnsName, List<RecordSet>> _sets = [];

        /// <summary>Addresses of a name below the service's; of both families, each its own answer.</summary>
        public void Add(ReadOnlySpan<byte> relative, IEnumerable<NetAddress> addresses, int preferred)
        {
            NetAddress[] all = [.. addresses];
            List<RecordSet> sets = At(relative);
            foreach (bool ipv6 in (bool[])[false, true])
            {
                NetAddress[] family = [.. all.Where(a => a.IsIPv6 == ipv6).Distinct()];
                if (family.Length == 0)
                {
                    continue;
                }

                int first = Math.Clamp(preferred == int.MaxValue ? family.Length : all.Take(preferred).Where(a => a.IsIPv6 == ipv6).Distinct().Count(), 0, family.Length);
                byte[] name = Owner(relative);
                sets.Add(Write(ipv6 ? RecordType.Aaaa : RecordType.A, name, (ref MessageWriter writer) =>
                {
                    ushort written = 0;
                    foreach (NetAddress address in family)
                    {
                        if (!writer.TryWriteAddress(name, ttl, address))
                        {
                            break;
                        }

                        written++;
                    }

                    return (written, 0, written < family.Length);
                },
                (ushort)(AddressRecordOverhead + family[0].Length),
                (ushort)(first == 0 ? family.Length : first)));
            }
        }

        /// <summary>SRV records, and the addresses of their targets behind them.</summary>
        public void AddServices(ReadOnlySpan<byte> relative, IReadOnlyList<Target> targets)
        {
            if (targets.Count == 0)
            {
                return;
            }

            byte[] name = Owner(relative);
            ushort weight = (ushort)Math.Max(1, SrvWeightTotal / targets.Count);
            At(relative).Add(Write(RecordType.Srv, name, (ref MessageWriter writer) =>
            {
                ushort answers = 0, additionals = 0;
                foreach (Target target in targets)
                {
                    if (!writer.TryWriteService(name, ttl, 0, weight, target.Port, target.Name))
                    {
                        return (answers, 0, true);
                    }

                    answers++;
                }

                foreach (Target target in targets.DistinctBy(t => DnsName.FromWire(t.Name)))
                {
                    foreach (NetAddress address in target.Addresses)
                    {
                        // Additional records are a courtesy: what has no room is asked for (RFC 2181 section 9).
                        additionals += writer.TryWriteAddress(target.Name, ttl, address) ? (ushort)1 : (ushort)0;
                    }
                }

                return (answers, additionals, false);
            }));
        }

        /// <summary>All names, those between them and the service's own included: they exist, with nothing (RFC 8020).</summary>
        public IEnumerable<NameRecords> ToRecords()
        {
            foreach (DnsName name in _sets.Keys.ToArray())
            {
                for (DnsName above = name.Parent; !above.IsRoot; above = above.Parent)
                {
                    At(above.Wire[..^1]);
                }
            }

            At([]);
            return _sets.Select(pair => new NameRecords(pair.Key.Wire[..^1].ToArray(), [.. pair.Value]));
        }

        private List<RecordSet> At(ReadOnlySpan<byte> relative)
        {
            DnsName name = DnsName.FromWire([.. relative, 0]);
            if (!_sets.TryGetValue(name, out List<RecordSet>? sets))
            {
                _sets.Add(name, sets = []);
            }

            return sets;
        }

        private byte[] Owner(ReadOnlySpan<byte> relative) => [.. relative, .. owner];

        private delegate (ushort Answers, ushort Additionals, bool IsCut) Fill(ref MessageWriter writer);

        /// <summary>Writes a whole answer and keeps what stands behind the question.</summary>
        private static RecordSet Write(RecordType type, byte[] name, Fill fill, ushort unit = 0, ushort rotating = 0)
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(ushort.MaxValue);
            try
            {
                // Room is left for an OPT record, which every answer may get.
                MessageWriter writer = new(buffer.AsSpan(0, ushort.MaxValue - 64));
                writer.TryWriteQuestion(name, type, RecordClass.Internet);
                int start = writer.Length;
                (ushort answers, ushort additionals, bool isCut) = fill(ref writer);
                return new()
                {
                    Type = type,
                    Bytes = writer.Written[start..].ToArray(),
                    Answers = answers,
                    Additionals = additionals,
                    RotationUnit = unit,
                    Rotating = Math.Min(rotating, answers),
                    IsCut = isCut,
                };
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
