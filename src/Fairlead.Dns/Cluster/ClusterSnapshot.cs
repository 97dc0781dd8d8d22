using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>All that the cluster's zone holds at one moment. Immutable: a query sees one moment from its first byte to its last.</summary>
internal sealed class ClusterSnapshot
{
    public required ClusterZoneOptions Options { get; init; }

    /// <summary>Writes its answers.</summary>
    public required AnswerWriter Writer { get; init; }

    /// <summary>Whether everything has been seen; until then every answer is SERVFAIL: "there is no such name" would be a guess.</summary>
    public bool IsSynced { get; init; }

    /// <summary>By service and namespace, two labels.</summary>
    public WireTable<ServiceNames> Services { get; init; } = WireTable<ServiceNames>.Empty;

    /// <summary>By label.</summary>
    public WireTable<NamespaceEntry> Namespaces { get; init; } = WireTable<NamespaceEntry>.Empty;

    /// <summary>By address: what it leads back to.</summary>
    public WireTable<AddressNames> Addresses { get; init; } = WireTable<AddressNames>.Empty;

    /// <summary>By address: this node's pods, or all where names of pods are verified.</summary>
    public WireTable<PodIdentity> Pods { get; init; } = WireTable<PodIdentity>.Empty;

    /// <summary>The serial number of the zone: when it last changed.</summary>
    public uint Serial { get; init; }

    /// <summary>The pod that has an address, or null.</summary>
    public PodIdentity? FindPod(NetAddress address)
    {
        Span<byte> key = stackalloc byte[address.Length];
        address.WriteTo(key);
        return Pods.Find(key);
    }

    /// <summary>Where a question leads: the specification, as a walk from the name's end.</summary>
    public ZoneAnswer Find(ReadOnlySpan<byte> name, RecordType type)
    {
        ReadOnlySpan<byte> zone = Options.Zone.Wire;
        Span<byte> offsets = stackalloc byte[NameBytes.MaxLength / 2 + 1];
        int labels = 0;
        int front = name.Length - zone.Length;
        if (front < 0 || !name[front..].SequenceEqual(zone))
        {
            return FindReverse(name, type);
        }

        int position = 0;
        while (position < front)
        {
            offsets[labels++] = (byte)position;
            position += name[position] + 1;
        }

        if (position != front)
        {
            return default;
        }

        if (labels == 0)
        {
            return type is RecordType.Soa or RecordType.NS ? new(ZoneAnswerKind.Apex) : ZoneAnswer.NoData;
        }

        ReadOnlySpan<byte> last = name[offsets[labels - 1]..front];
        if (last.SequenceEqual("\u0003svc"u8))
        {
            return FindService(name, offsets[..labels], type);
        }

        if (last.SequenceEqual("\u0003pod"u8))
        {
            return FindPod(name, offsets[..labels], type);
        }

        if (last.SequenceEqual("\u000bdns-version"u8))
        {
            return labels > 1 ? ZoneAnswer.NoName : type == RecordType.Txt ? new(ZoneAnswerKind.Version) : ZoneAnswer.NoData;
        }

        if (last.SequenceEqual("\u0003dns"u8) && labels <= 2)
        {
            return labels == 1 ? ZoneAnswer.NoData
                : !name[..offsets[1]].SequenceEqual("\u0002ns"u8) ? ZoneAnswer.NoName
                : HasServer(type) ? new(ZoneAnswerKind.Servers) : ZoneAnswer.NoData;
        }

        return ZoneAnswer.NoName;
    }

    private bool HasServer(RecordType type)
    {
        foreach (NetAddress server in Options.Servers)
        {
            if (type == (server.IsIPv6 ? RecordType.Aaaa : RecordType.A))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>[endpoint | _port._protocol].service.namespace.svc</summary>
    private ZoneAnswer FindService(ReadOnlySpan<byte> name, ReadOnlySpan<byte> offsets, RecordType type)
    {
        int labels = offsets.Length;
        if (labels < 3)
        {
            return labels == 1 || Namespaces.Find(name[offsets[0]..offsets[1]]) is not null ? ZoneAnswer.NoData : ZoneAnswer.NoName;
        }

        int service = offsets[labels - 3];
        if (Services.Find(name[service..offsets[labels - 1]]) is not { } names)
        {
            return ZoneAnswer.NoName;
        }

        (bool exists, bool hasType) = names.Find(name[..service], type, out RecordSet set);
        return !exists ? ZoneAnswer.NoName
            : hasType ? new(ZoneAnswerKind.Records) { Set = set }
            : service == 0 && !names.Alias.IsRoot ? new(ZoneAnswerKind.Alias) { Alias = names.Alias }
            : ZoneAnswer.NoData;
    }

    /// <summary>address-with-dashes.namespace.pod</summary>
    private ZoneAnswer FindPod(ReadOnlySpan<byte> name, ReadOnlySpan<byte> offsets, RecordType type)
    {
        int labels = offsets.Length;
        if (Options.Pods == PodNames.Disabled)
        {
            return ZoneAnswer.NoName;
        }

        if (labels == 1)
        {
            return ZoneAnswer.NoData;
        }

        ReadOnlySpan<byte> ns = name[offsets[labels - 2]..offsets[labels - 1]];
        if (labels > 3 || Namespaces.Find(ns) is null)
        {
            return ZoneAnswer.NoName;
        }

        if (labels == 2)
        {
            return ZoneAnswer.NoData;
        }

        if (!DashedAddress.TryRead(name[1..offsets[1]], out NetAddress address)
            || (Options.Pods == PodNames.Verified && !(FindPod(address) is { } pod && ns.SequenceEqual(pod.NamespaceLabel))))
        {
            return ZoneAnswer.NoName;
        }

        return type == (address.IsIPv6 ? RecordType.Aaaa : RecordType.A) ? new(ZoneAnswerKind.Address) { Address = address } : ZoneAnswer.NoData;
    }

    private ZoneAnswer FindReverse(ReadOnlySpan<byte> name, RecordType type)
    {
        if (!ReverseName.TryRead(name, out NetAddress address))
        {
            return default;
        }

        Span<byte> key = stackalloc byte[address.Length];
        address.WriteTo(key);
        if (Addresses.Find(key) is { } names)
        {
            return type == RecordType.Ptr ? new(ZoneAnswerKind.Names) { Names = names } : new(ZoneAnswerKind.NoData) { IsReverse = true };
        }

        foreach (NetPrefix range in Options.ReverseRanges)
        {
            if (range.Contains(address))
            {
                return new(ZoneAnswerKind.NoName) { IsReverse = true };
            }
        }

        return default;
    }
}
