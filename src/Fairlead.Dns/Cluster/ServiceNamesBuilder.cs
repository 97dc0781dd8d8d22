using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>
/// A service and its endpoint slices → its names and their answers: the Kubernetes DNS-based service discovery specification 1.1.0. The result follows from the arguments
/// alone; what is kept here are buffers, for one thread. Names that the specification leaves open are those that CoreDNS gives, so that nobody's lookups change: SRV at
/// the service's own name, and names of endpoints also below services that have a cluster IP.
/// </summary>
internal sealed class ServiceNamesBuilder
{
    private const ushort SrvWeightTotal = 100;
    private const ushort AddressRecordOverhead = 12;

    /// <summary>Room is left for an OPT record, which every answer may get.</summary>
    private readonly byte[] _message = new byte[ushort.MaxValue - 64];
    private readonly byte[] _name = new byte[NameBytes.MaxLength];
    private readonly ServiceNamesWriter _names = new();
    private readonly List<Target> _targets = [];
    private readonly List<NetAddress> _addresses = [];
    private readonly HashSet<NetAddress> _written = [];
    private byte[] _owner = [];
    private uint _ttl;

    /// <summary>The names; null where the service has none (a name that can't be a label, a service that is neither headless nor has an address, one that the options leave out).</summary>
    public ServiceNames? Build(NamedService service, IReadOnlyList<NamedSlice> slices, ClusterZoneOptions options)
    {
        if (!options.Labels.Matches(service.Labels) || !TryLabel(service.Key.Name, out byte[] nameLabel) || !TryLabel(service.Key.Namespace, out byte[] namespaceLabel))
        {
            return null;
        }

        byte[] key = [.. nameLabel, .. namespaceLabel];
        _owner = [.. key, .. "\u0003svc"u8, .. options.Zone.Wire];
        _ttl = options.Ttl;
        if (_owner.Length > NameBytes.MaxLength)
        {
            return null;
        }

        if (service.ExternalName is { } external)
        {
            // An address isn't a name to go on with: the specification wants a CNAME, which can't lead to one.
            bool isName = DnsName.TryParse(external, out DnsName target) && !NetAddress.TryParse(external, out _);
            return _names.Pack(key, isName ? target : DnsName.Root, []);
        }

        List<EndpointName> endpoints = EndpointName.Read(slices, options, service.TrafficDistribution);
        if ((options.IgnoresEmptyServices && endpoints.Count == 0) || (options.NoEndpoints && service.IsHeadless) || (!service.IsHeadless && service.ClusterIPs.Length == 0))
        {
            return null;
        }

        if (options.NoEndpoints)
        {
            endpoints = [];
        }

        EndpointName[][] hosts = ByLabel(endpoints);
        if (service.IsHeadless)
        {
            AddAddresses([], endpoints, endpoints.Count(e => e.IsPreferred));
            AddHeadlessPorts(hosts);
        }
        else
        {
            AddAddresses([], service.ClusterIPs, service.ClusterIPs.Length);
            AddPorts(service);
        }

        foreach (EndpointName[] host in hosts)
        {
            ReadOnlySpan<byte> label = host[0].Label.Wire[..^1];
            AddAddresses(label, host, int.MaxValue);
            AddTargets(host, only: null);
            AddServices(label);
        }

        return _names.Pack(key, DnsName.Root, Pointers(service, endpoints));
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

    /// <summary>Endpoints of one name are one host; hosts come in the order of their first endpoints.</summary>
    private static EndpointName[][] ByLabel(List<EndpointName> endpoints) => endpoints.Count == 1
        ? [[endpoints[0]]]
        : [.. endpoints.GroupBy(e => e.Label).Select(host => host.ToArray())];

    /// <summary>_port._protocol → the service itself; the bare name → all its ports.</summary>
    private void AddPorts(NamedService service)
    {
        foreach (NamedPort port in service.Ports)
        {
            _targets.Add(new(port.Port, _owner, service.ClusterIPs));
        }

        AddServices([]);
        foreach (NamedPort port in service.Ports)
        {
            if (TryPortLabels(port, out byte[] labels))
            {
                _targets.Add(new(port.Port, _owner, service.ClusterIPs));
                AddServices(labels);
            }
        }
    }

    /// <summary>_port._protocol → each endpoint that has such a port; the bare name → all ports of all endpoints.</summary>
    private void AddHeadlessPorts(EndpointName[][] hosts)
    {
        HashSet<(string?, string?)> seen = [];
        foreach (EndpointName[] host in hosts)
        {
            AddTargets(host, only: null);
        }

        AddServices([]);
        foreach (NamedPort port in hosts.SelectMany(host => host).SelectMany(endpoint => endpoint.Ports))
        {
            if (seen.Add((port.Name, port.Protocol)) && TryPortLabels(port, out byte[] labels))
            {
                foreach (EndpointName[] host in hosts)
                {
                    AddTargets(host, port);
                }

                AddServices(labels);
            }
        }
    }

    /// <summary>Notes the ports of a host as targets: one for each port, also where the host has two addresses.</summary>
    private void AddTargets(EndpointName[] host, NamedPort? only)
    {
        byte[] name = [.. host[0].Label.Wire[..^1], .. _owner];
        int first = _targets.Count;
        foreach (EndpointName endpoint in host)
        {
            foreach (NamedPort port in endpoint.Ports)
            {
                if (only is { } wanted && (wanted.Name, wanted.Protocol) != (port.Name, port.Protocol))
                {
                    continue;
                }

                int at = first;
                while (at < _targets.Count && _targets[at].Port != port.Port)
                {
                    at++;
                }

                if (at == _targets.Count)
                {
                    _targets.Add(new(port.Port, name, [endpoint.Address]));
                }
                else if (!_targets[at].Addresses.Contains(endpoint.Address))
                {
                    _targets[at] = _targets[at] with { Addresses = [.. _targets[at].Addresses, endpoint.Address] };
                }
            }
        }
    }

    private void AddAddresses(ReadOnlySpan<byte> relative, IReadOnlyList<EndpointName> endpoints, int preferred)
    {
        _addresses.Clear();
        foreach (EndpointName endpoint in endpoints)
        {
            _addresses.Add(endpoint.Address);
        }

        AddAddresses(relative, CollectionsMarshal.AsSpan(_addresses), preferred);
    }

    /// <summary>Addresses of a name below the service's; of both families, each its own answer.</summary>
    private void AddAddresses(ReadOnlySpan<byte> relative, ReadOnlySpan<NetAddress> addresses, int preferred)
    {
        AddFamily(relative, addresses, preferred, ipv6: false);
        AddFamily(relative, addresses, preferred, ipv6: true);
    }

    private void AddFamily(ReadOnlySpan<byte> relative, ReadOnlySpan<NetAddress> addresses, int preferred, bool ipv6)
    {
        if (!TryBegin(relative, ipv6 ? RecordType.Aaaa : RecordType.A, out MessageWriter writer, out ReadOnlySpan<byte> name))
        {
            return;
        }

        int start = writer.Length;
        ushort written = 0, near = 0;
        bool isCut = false;
        _written.Clear();
        for (int i = 0; i < addresses.Length && !isCut; i++)
        {
            if (addresses[i].IsIPv6 == ipv6 && _written.Add(addresses[i]))
            {
                isCut = !writer.TryWriteAddress(name, _ttl, addresses[i]);
                written += isCut ? (ushort)0 : (ushort)1;
                near += !isCut && i < preferred ? (ushort)1 : (ushort)0;
            }
        }

        if (written > 0)
        {
            ReadOnlySpan<byte> records = writer.Written[start..];
            ushort unit = (ushort)(AddressRecordOverhead + (ipv6 ? 16 : 4));
            _names.Add(relative, new(ipv6 ? RecordType.Aaaa : RecordType.A, (ushort)records.Length, written, 0, unit, near == 0 ? written : near, isCut), records);
        }
    }

    /// <summary>SRV records for the targets that were noted, and the addresses of their hosts behind them.</summary>
    private void AddServices(ReadOnlySpan<byte> relative)
    {
        if (_targets.Count > 0 && TryBegin(relative, RecordType.Srv, out MessageWriter writer, out ReadOnlySpan<byte> name))
        {
            int start = writer.Length;
            ushort weight = (ushort)Math.Max(1, SrvWeightTotal / _targets.Count);
            ushort answers = 0, additionals = 0;
            foreach (Target target in _targets)
            {
                if (!writer.TryWriteService(name, _ttl, 0, weight, target.Port, target.Name))
                {
                    break;
                }

                answers++;
            }

            bool isCut = answers < _targets.Count;
            for (int i = 0; i < _targets.Count && !isCut; i++)
            {
                // The ports of a host stand together.
                if (i > 0 && _targets[i].Name == _targets[i - 1].Name)
                {
                    continue;
                }

                foreach (NetAddress address in _targets[i].Addresses)
                {
                    // Additional records are a courtesy: what has no room is asked for (RFC 2181 section 9).
                    additionals += writer.TryWriteAddress(_targets[i].Name, _ttl, address) ? (ushort)1 : (ushort)0;
                }
            }

            ReadOnlySpan<byte> records = writer.Written[start..];
            _names.Add(relative, new(RecordType.Srv, (ushort)records.Length, answers, additionals, IsCut: isCut), records);
        }

        _targets.Clear();
    }

    /// <summary>Starts an answer, so that pointers to its question are right; false where the name would be too long to be asked for.</summary>
    private bool TryBegin(ReadOnlySpan<byte> relative, RecordType type, out MessageWriter writer, out ReadOnlySpan<byte> name)
    {
        writer = new(_message);
        name = default;
        if (relative.Length + _owner.Length > NameBytes.MaxLength)
        {
            return false;
        }

        relative.CopyTo(_name);
        _owner.CopyTo(_name, relative.Length);
        name = _name.AsSpan(0, relative.Length + _owner.Length);
        return writer.TryWriteQuestion(name, type, RecordClass.Internet);
    }

    /// <summary>A cluster IP leads back to its service; an endpoint to its own name, where it has one that is promised: below a headless service, or a hostname.</summary>
    private AddressPointer[] Pointers(NamedService service, List<EndpointName> endpoints)
    {
        DnsName name = DnsName.FromWire(_owner);
        List<AddressPointer> pointers = [];
        foreach (NetAddress address in service.ClusterIPs)
        {
            pointers.Add(new(address, name));
        }

        foreach (EndpointName endpoint in endpoints)
        {
            if (service.IsHeadless || endpoint.HasHostname)
            {
                pointers.Add(new(endpoint.Address, endpoint.Label.Below(name)));
            }
        }

        return [.. pointers];
    }

    private static bool TryPortLabels(NamedPort port, out byte[] labels)
    {
        labels = [];
        if (string.IsNullOrEmpty(port.Name) || !TryLabel("_" + port.Name, out byte[] name) || !TryLabel("_" + (port.Protocol ?? "TCP"), out byte[] protocol))
        {
            return false;
        }

        labels = [.. name, .. protocol];
        return true;
    }

    /// <summary>Where an SRV record leads.</summary>
    private readonly record struct Target(ushort Port, byte[] Name, NetAddress[] Addresses);
}
