using Fairlead.Kernel.NfTables;

namespace Fairlead.Network.Layout;

/// <summary>How frontends, endpoints and ranges are written as elements, and read back.</summary>
internal static class Elements
{
    public static Scalar Field(NetAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.WriteTo(bytes);
        return Scalar.Raw(bytes[..address.Length]);
    }

    public static Scalar Field(TransportProtocol protocol) => Scalar.Raw([(byte)protocol]);

    public static MapElement Service(FrontendKey key, Treatment treatment)
    {
        string map = KernelNames.Of(key.IsNodePort ? KernelNames.NodePort : KernelNames.Service, key.IsIPv6);
        return new(map, Key(key), Data: Scalar.Number(treatment.Code));
    }

    public static MapElement Treatment(Treatment treatment)
    {
        string map = KernelNames.Of(treatment.IsNodePort ? KernelNames.NodePortTreatment : KernelNames.Treatment, treatment.IsIPv6);
        return new(map, Scalar.Number(treatment.Code), Verdict: Verdict.Goto(treatment.ChainName));
    }

    public static MapElement Endpoint(FrontendKey key, uint slot, EndpointAddress endpoint)
    {
        string map = KernelNames.Of(key.IsNodePort ? KernelNames.NodePortEndpoint : KernelNames.Endpoint, key.IsIPv6);
        return new(map, Place(key, slot), Data: DataValue.Concat(Field(endpoint.Address), Scalar.Port(endpoint.Port)));
    }

    /// <summary>Under which number clients that stay with an endpoint remember it.</summary>
    public static MapElement Alive(FrontendKey key, EndpointAddress endpoint)
    {
        string map = KernelNames.Of(key.IsNodePort ? KernelNames.NodePortAlive : KernelNames.Alive, key.IsIPv6);
        return new(map, Place(key, StableHash.Of(endpoint)), Data: DataValue.Concat(Field(endpoint.Address), Scalar.Port(endpoint.Port)));
    }

    /// <summary>The number of the endpoint in a slot.</summary>
    public static MapElement Identity(FrontendKey key, uint slot, EndpointAddress endpoint)
    {
        string map = KernelNames.Of(key.IsNodePort ? KernelNames.NodePortIdentity : KernelNames.Identity, key.IsIPv6);
        return new(map, Place(key, slot), Data: Scalar.Number(StableHash.Of(endpoint)));
    }

    private static DataValue Place(FrontendKey key, uint number) => key.IsNodePort
        ? DataValue.Concat(Field(key.Protocol), Scalar.Port(key.Port), Scalar.Number(number))
        : DataValue.Concat(Field(key.Address), Field(key.Protocol), Scalar.Port(key.Port), Scalar.Number(number));

    public static MapElement SourceRange(FrontendKey key, NetPrefix range)
    {
        string set = KernelNames.Of(key.IsNodePort ? KernelNames.NodePortSourceRange : KernelNames.SourceRange, key.IsIPv6);
        return MapElement.Range(set, Guard(range.Address), Guard(range.Last));

        DataValue Guard(NetAddress source) => key.IsNodePort
            ? DataValue.Concat(Field(key.Protocol), Scalar.Port(key.Port), Field(source))
            : DataValue.Concat(Field(key.Address), Field(key.Protocol), Scalar.Port(key.Port), Field(source));
    }

    public static MapElement Hairpin(NetAddress address) =>
        new(KernelNames.Of(KernelNames.Hairpin, address.IsIPv6), DataValue.Concat(Field(address), Field(address)));

    public static MapElement Range(string set, NetAddress first, NetAddress last) =>
        MapElement.Range(KernelNames.Of(set, first.IsIPv6), Field(first), Field(last));

    private static DataValue Key(FrontendKey key) => key.IsNodePort
        ? DataValue.Concat(Field(key.Protocol), Scalar.Port(key.Port))
        : DataValue.Concat(Field(key.Address), Field(key.Protocol), Scalar.Port(key.Port));

    /// <summary>Reads an element of an endpoint map; false if it isn't one of ours.</summary>
    public static bool TryReadEndpoint(in MapElement element, out FrontendKey key, out uint slot, out EndpointAddress endpoint)
    {
        (key, slot, endpoint) = (default, 0, default);
        bool nodePort = element.Set.StartsWith(KernelNames.NodePortEndpoint, StringComparison.Ordinal);
        bool ipv6 = element.Set.EndsWith('6');
        int addressLength = ipv6 ? 16 : 4;
        ReadOnlySpan<byte> place = element.Key.Span;
        ReadOnlySpan<byte> target = element.Data.Span;
        if (place.Length != (nodePort ? 12 : 12 + addressLength) || target.Length < addressLength + 2)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = nodePort ? place : place[addressLength..];
        TransportProtocol protocol = (TransportProtocol)rest[0];
        ushort port = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(rest[4..]);
        key = nodePort
            ? FrontendKey.NodePort(ipv6, protocol, port)
            : new(NetAddress.Read(place[..addressLength]), protocol, port, false);
        slot = System.Runtime.InteropServices.MemoryMarshal.Read<uint>(rest[8..]);
        endpoint = new(
            NetAddress.Read(target[..addressLength]),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(target[addressLength..]));
        return true;
    }
}
