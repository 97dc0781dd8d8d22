using Fairlead.Dns.Wire;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>
/// The cluster's zone. One thread changes it; what it changed becomes visible by one reference. Objects → names is <see cref="ServiceNamesBuilder"/>'s.
/// </summary>
public sealed class ClusterZone
{
    private readonly TimeProvider _time;
    private readonly ServiceNamesBuilder _builder = new();
    private ClusterSnapshot _snapshot;
    private AnswerWriter _writer;
    private WireTable<ServiceNames>.Editor? _services;
    private WireTable<NamespaceEntry>.Editor? _namespaces;
    private WireTable<AddressNames>.Editor? _addresses;
    private WireTable<PodIdentity>.Editor? _pods;
    private bool _synced;

    /// <summary>A zone that knows nothing yet.</summary>
    public ClusterZone(ClusterZoneOptions options, TimeProvider? time = null)
    {
        Options = options;
        _writer = new(options);
        _time = time ?? TimeProvider.System;
        _snapshot = new() { Options = options, Writer = _writer };
    }

    /// <summary>How the zone answers, from the next <see cref="Publish"/> on.</summary>
    public ClusterZoneOptions Options { get; private set; }

    /// <summary>Whether everything has been seen.</summary>
    public bool IsSynced => Snapshot.IsSynced;

    /// <summary>How many services have names.</summary>
    public int ServiceCount => Snapshot.Services.Count;

    /// <summary>The namespace and name of the pod of this node that has an address; null for others.</summary>
    public (string Namespace, string Name)? FindPod(NetAddress address) =>
        Snapshot.FindPod(address) is { } pod ? (pod.Namespace, pod.Name) : null;

    internal ClusterSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Begins anew under other options: everything has to be set again. Until it is published, answers are as before.</summary>
    public void Restart(ClusterZoneOptions options)
    {
        Options = options;
        _writer = new(options);
        _services = WireTable<ServiceNames>.Empty.Edit();
        _namespaces = WireTable<NamespaceEntry>.Empty.Edit();
        _addresses = WireTable<AddressNames>.Empty.Edit();
        _pods = WireTable<PodIdentity>.Empty.Edit();
    }

    /// <summary>Puts a service's names in the place of those that it had. Namespaces come first, where their labels say which are seen.</summary>
    /// <param name="key">The service.</param>
    /// <param name="service">The object; null where it is gone.</param>
    /// <param name="slices">Its slices.</param>
    /// <param name="options">Where this node is; null: as <see cref="Options"/> says.</param>
    public void Set(ObjectKey key, Service? service, IReadOnlyList<EndpointSlice> slices, ClusterZoneOptions? options = null) =>
        Set(key, service is null ? null : NamedService.Of(service), [.. slices.Select(slice => NamedSlice.Of(slice, key))], options);

    internal void Set(ObjectKey key, NamedService? service, IReadOnlyList<NamedSlice> slices, ClusterZoneOptions? options = null)
    {
        if (!ServiceNamesBuilder.TryLabel(key.Name, out byte[] name) || !ServiceNamesBuilder.TryLabel(key.Namespace, out byte[] ns))
        {
            return;
        }

        byte[] wire = [.. name, .. ns];
        _services ??= _snapshot.Services.Edit();
        ServiceNames? before = _services.Find(wire);
        ServiceNames? after = service is null || !Shows(key.Namespace, ns) ? null : _builder.Build(service, slices, options ?? Options);
        if (after is null)
        {
            _services.Remove(wire);
        }
        else
        {
            _services.Set(after);
        }

        Point(before?.Pointers ?? [], after?.Pointers ?? []);
    }

    /// <summary>Notes that a namespace exists, or no longer does.</summary>
    /// <returns>Whether its names are to be answered from now on, or no longer: then its services have to be set again.</returns>
    public bool Set(string name, Namespace? ns)
    {
        if (!ServiceNamesBuilder.TryLabel(name, out byte[] label))
        {
            return false;
        }

        _namespaces ??= _snapshot.Namespaces.Edit();
        bool was = _namespaces.Find(label) is not null;
        if (ns is null || !Options.Shows(name, ns))
        {
            _namespaces.Remove(label);
            return was;
        }

        _namespaces.Set(new(label, ns.Metadata.Annotations.GetValueOrDefault(SearchPathOptions.Annotation) == "off"));
        return !was;
    }

    /// <summary>Puts a pod in the place of what it was; null: it was not there, or no longer is.</summary>
    public void Set(Pod? before, Pod? after)
    {
        _pods ??= _snapshot.Pods.Edit();
        Span<byte> key = stackalloc byte[16];
        foreach (NetAddress address in Addresses(before))
        {
            // The address may be another pod's by now.
            address.WriteTo(key);
            if (_pods.Find(key[..address.Length]) is { } known && known.Name == before!.Metadata.Name && known.Namespace == before.Metadata.Namespace)
            {
                _pods.Remove(key[..address.Length]);
            }
        }

        foreach (NetAddress address in Addresses(after))
        {
            if (ServiceNamesBuilder.TryLabel(after!.Metadata.Namespace, out byte[] label))
            {
                _pods.Set(new(Bytes(address), after.Metadata.Namespace, after.Metadata.Name, label));
            }
        }
    }

    /// <summary>Says that everything has been seen.</summary>
    public void MarkSynced() => _synced = true;

    /// <summary>Makes all changes visible, together.</summary>
    public void Publish()
    {
        ClusterSnapshot old = _snapshot;
        Volatile.Write(ref _snapshot, new()
        {
            Options = Options,
            Writer = _writer,
            IsSynced = _synced,
            Services = _services?.ToTable() ?? old.Services,
            Namespaces = _namespaces?.ToTable() ?? old.Namespaces,
            Addresses = _addresses?.ToTable() ?? old.Addresses,
            Pods = _pods?.ToTable() ?? old.Pods,
            Serial = (uint)_time.GetUtcNow().ToUnixTimeSeconds(),
        });
        _services = null;
        _namespaces = null;
        _addresses = null;
        _pods = null;
    }

    /// <summary>Whether services of a namespace are named. By its labels only once it has been seen; without any, services may come first.</summary>
    private bool Shows(string name, byte[] label) => (Options.Namespaces.IsEmpty || Options.Namespaces.Contains(name))
        && (Options.NamespaceLabels.IsEverything || (_namespaces is { } changed ? changed.Find(label) : _snapshot.Namespaces.Find(label)) is not null);

    private void Point(AddressPointer[] before, AddressPointer[] after)
    {
        if (before.AsSpan().SequenceEqual(after))
        {
            return;
        }

        _addresses ??= _snapshot.Addresses.Edit();
        foreach (AddressPointer pointer in before.Length == 0 ? before : before.Except(after))
        {
            DnsName[] targets = TargetsOf(pointer.Address, out byte[] key);
            int at = Array.IndexOf(targets, pointer.Target);
            if (at >= 0)
            {
                Put(key, [.. targets[..at], .. targets[(at + 1)..]]);
            }
        }

        foreach (AddressPointer pointer in before.Length == 0 ? after : after.Except(before))
        {
            DnsName[] targets = TargetsOf(pointer.Address, out byte[] key);
            Put(key, targets.Length == 0 ? [pointer.Target] : [.. targets.Append(pointer.Target).Order()]);
        }
    }

    private DnsName[] TargetsOf(NetAddress address, out byte[] key)
    {
        key = Bytes(address);
        return _addresses!.Find(key)?.Targets ?? [];
    }

    private static byte[] Bytes(NetAddress address)
    {
        byte[] bytes = new byte[address.Length];
        address.WriteTo(bytes);
        return bytes;
    }

    private void Put(byte[] key, DnsName[] targets)
    {
        if (targets.Length == 0)
        {
            _addresses!.Remove(key);
        }
        else
        {
            _addresses!.Set(new(key, targets));
        }
    }

    private static IEnumerable<NetAddress> Addresses(Pod? pod)
    {
        // A pod of the node's network has the node's address, which is nobody's in particular; one that has ended has given its address back.
        if (pod is null || pod.Spec.HostNetwork || pod.Status.Phase is "Succeeded" or "Failed")
        {
            yield break;
        }

        foreach (PodIP ip in pod.Status.PodIPs)
        {
            if (NetAddress.TryParse(ip.IP, out NetAddress address))
            {
                yield return address;
            }
        }
    }
}
