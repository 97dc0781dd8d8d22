using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

/// <summary>Writes and reads route messages.</summary>
internal static class RouteMessages
{
    /// <summary>RTM_F_CLONED: a cached exception, no route that anybody made.</summary>
    private const uint Cloned = 0x200;

    /// <summary>RTM_F_LOOKUP_TABLE: say which table answered.</summary>
    private const uint LookupTable = 0x1000;

    /// <summary>RTM_F_FIB_MATCH: answer with the route itself, not with where it led.</summary>
    private const uint FibMatch = 0x2000;

    internal static void Write(ref NetlinkMessageWriter writer, ushort type, NetlinkFlags flags, RouteEntry route)
    {
        byte family = AddressBytes.FamilyOf(route.Family);
        bool deleting = type == RouteMessageType.DeleteRoute;
        writer.BeginMessage(type, flags);
        writer.WriteStruct(new RouteHeader
        {
            Family = family,
            DestinationLength = (byte)route.Destination.PrefixLength,
            TypeOfService = route.TypeOfService,
            Table = route.Table < 256 ? (byte)route.Table : (byte)0,
            Protocol = (byte)route.Protocol,

            // Deleting with a scope of "nowhere" finds the route whatever its scope is.
            Scope = (byte)(family == Family.IPv6 ? RouteScope.Universe : route.Scope ?? (deleting ? RouteScope.Nowhere : route.DefaultScope)),
            Type = (byte)route.Type,
            Flags = (uint)route.Flags,
        });
        if (route.Destination.PrefixLength > 0)
        {
            writer.WriteAddress(RouteAttribute.Destination, route.Destination.BaseAddress);
        }

        if (route.Table > 255)
        {
            writer.WriteUInt32(RouteAttribute.Table, route.Table);
        }

        if (route.Metric is { } metric)
        {
            writer.WriteUInt32(RouteAttribute.Priority, metric);
        }

        if (route.LinkIndex is { } link)
        {
            writer.WriteInt32(RouteAttribute.OutputLink, link);
        }

        if (route.Gateway is { } gateway)
        {
            WriteGateway(ref writer, family, gateway);
        }

        if (route.PreferredSource is { } source)
        {
            writer.WriteAddress(RouteAttribute.PreferredSource, source);
        }

        if (route.Mtu is not null || route.AdvertisedMss is not null)
        {
            NetlinkNest metrics = writer.BeginNested(RouteAttribute.Metrics);
            if (route.Mtu is { } mtu)
            {
                writer.WriteUInt32(RouteMetric.Mtu, mtu);
            }

            if (route.AdvertisedMss is { } mss)
            {
                writer.WriteUInt32(RouteMetric.AdvertisedMss, mss);
            }

            writer.EndNested(metrics);
        }

        if (route.NextHops.Count > 0)
        {
            WriteNextHops(ref writer, family, route.NextHops);
        }
    }

    /// <summary>The kernel filters a dump by table, protocol, type and link (strict checking), and leaves cached exceptions out.</summary>
    internal static void WriteList(ref NetlinkMessageWriter writer, AddressFamily family, uint? table, RouteProtocol protocol, int? linkIndex)
    {
        writer.BeginMessage(RouteMessageType.GetRoute, NetlinkFlags.None);
        writer.WriteStruct(new RouteHeader { Family = AddressBytes.FamilyOf(family), Protocol = (byte)protocol });
        if (table is { } number)
        {
            writer.WriteUInt32(RouteAttribute.Table, number);
        }

        if (linkIndex is { } link)
        {
            writer.WriteInt32(RouteAttribute.OutputLink, link);
        }
    }

    /// <summary><c>ip route get DESTINATION …</c>.</summary>
    internal static void WriteLookup(ref NetlinkMessageWriter writer, IPAddress destination, IPAddress? source, int? inputLink, uint? mark, bool fibMatch)
    {
        int bits = AddressBytes.LengthOf(destination) * 8;
        writer.BeginMessage(RouteMessageType.GetRoute, NetlinkFlags.None);
        writer.WriteStruct(new RouteHeader
        {
            Family = AddressBytes.FamilyOf(destination),
            DestinationLength = (byte)bits,
            SourceLength = source is null ? (byte)0 : (byte)bits,
            Flags = (bits == 32 ? LookupTable : 0) | (fibMatch ? FibMatch : 0), // IPv6 says the table unasked, and takes no such question
        });
        writer.WriteAddress(RouteAttribute.Destination, destination);
        if (source is not null)
        {
            writer.WriteAddress(RouteAttribute.Source, source);
        }

        if (inputLink is { } link)
        {
            writer.WriteInt32(RouteAttribute.InputLink, link);
        }

        if (mark is { } value)
        {
            writer.WriteUInt32(RouteAttribute.Mark, value);
        }
    }

    internal static void Collect(NetlinkMessage message, List<RouteEntry> routes)
    {
        if (message.Type == RouteMessageType.NewRoute && Read(message) is { } route)
        {
            routes.Add(route);
        }
    }

    internal static void CollectUncached(NetlinkMessage message, List<RouteEntry> routes)
    {
        if ((message.Header<RouteHeader>().Flags & Cloned) == 0)
        {
            Collect(message, routes);
        }
    }

    /// <summary>Null for families that we don't speak.</summary>
    internal static RouteEntry? Read(NetlinkMessage message)
    {
        RouteHeader header = message.Header<RouteHeader>();
        if (header.Family is not (Family.IPv4 or Family.IPv6))
        {
            return null;
        }

        IPNetwork destination = AddressBytes.ReadNetwork(header.Family == Family.IPv6 ? stackalloc byte[16] : stackalloc byte[4], 0);
        IPAddress? gateway = null, source = null;
        int? link = null;
        uint table = header.Table;
        uint? metric = null, mtu = null, mss = null;
        NextHopList hops = default;
        foreach (NetlinkAttribute attribute in message.Attributes(RouteHeader.Size))
        {
            switch (attribute.Type)
            {
                case RouteAttribute.Destination: destination = AddressBytes.ReadNetwork(attribute.Value, header.DestinationLength); break;
                case RouteAttribute.Gateway: gateway = AddressBytes.Read(attribute.Value); break;
                case RouteAttribute.Via: gateway = ReadVia(attribute); break;
                case RouteAttribute.PreferredSource: source = AddressBytes.Read(attribute.Value); break;
                case RouteAttribute.OutputLink: link = attribute.Int32; break;
                case RouteAttribute.Table: table = attribute.UInt32; break;
                case RouteAttribute.Priority: metric = attribute.UInt32; break;
                case RouteAttribute.Multipath: hops = ReadNextHops(attribute.Value); break;
                case RouteAttribute.Metrics:
                    foreach (NetlinkAttribute value in attribute.Nested)
                    {
                        switch (value.Type)
                        {
                            case RouteMetric.Mtu: mtu = value.UInt32; break;
                            case RouteMetric.AdvertisedMss: mss = value.UInt32; break;
                        }
                    }

                    break;
            }
        }

        return new RouteEntry
        {
            Destination = destination,
            Gateway = gateway,
            LinkIndex = link,
            NextHops = hops,
            PreferredSource = source,
            Table = table,
            Protocol = (RouteProtocol)header.Protocol,
            Scope = (RouteScope)header.Scope,
            Type = (RouteType)header.Type,
            Metric = metric,
            Flags = (RouteFlags)(header.Flags & 0xff),
            Mtu = mtu,
            AdvertisedMss = mss,
            TypeOfService = header.TypeOfService,
        };
    }

    private static void WriteGateway(ref NetlinkMessageWriter writer, byte family, IPAddress gateway)
    {
        byte gatewayFamily = AddressBytes.FamilyOf(gateway);
        if (gatewayFamily == family)
        {
            writer.WriteAddress(RouteAttribute.Gateway, gateway);
            return;
        }

        // struct rtvia: the family, then the address.
        int length = AddressBytes.LengthOf(gateway);
        Span<byte> via = writer.ReserveAttribute(RouteAttribute.Via, 2 + length);
        MemoryMarshal.Write(via, (ushort)gatewayFamily);
        gateway.TryWriteBytes(via[2..], out _);
    }

    private static void WriteNextHops(ref NetlinkMessageWriter writer, byte family, NextHopList hops)
    {
        NetlinkNest nest = writer.BeginNested(RouteAttribute.Multipath);
        foreach (NextHop hop in hops)
        {
            NetlinkNest start = new(writer.Length);
            writer.WriteStruct(new NextHopHeader
            {
                Flags = (byte)hop.Flags,
                WeightMinusOne = checked((byte)(hop.Weight - 1)),
                LinkIndex = hop.LinkIndex ?? 0,
            });
            if (hop.Gateway is { } gateway)
            {
                WriteGateway(ref writer, family, gateway);
            }

            writer.EndNested(start); // rtnh_len lies where an attribute has its length
        }

        writer.EndNested(nest);
    }

    private static IPAddress ReadVia(NetlinkAttribute attribute) =>
        attribute.Value.Length > 2 ? AddressBytes.Read(attribute.Value[2..]) : throw new InvalidDataException("RTA_VIA without an address");

    private static NextHopList ReadNextHops(ReadOnlySpan<byte> bytes)
    {
        List<NextHop> hops = [];
        while (bytes.Length >= NextHopHeader.Size)
        {
            NextHopHeader header = MemoryMarshal.Read<NextHopHeader>(bytes);
            if (header.Length < NextHopHeader.Size || header.Length > bytes.Length)
            {
                throw new InvalidDataException($"a next hop of {header.Length} bytes, {bytes.Length} are there");
            }

            IPAddress? gateway = null;
            foreach (NetlinkAttribute attribute in new NetlinkAttributeReader(bytes[NextHopHeader.Size..header.Length]))
            {
                gateway = attribute.Type switch
                {
                    RouteAttribute.Gateway => AddressBytes.Read(attribute.Value),
                    RouteAttribute.Via => ReadVia(attribute),
                    _ => gateway,
                };
            }

            hops.Add(new NextHop
            {
                Gateway = gateway,
                LinkIndex = header.LinkIndex == 0 ? null : header.LinkIndex,
                Weight = header.WeightMinusOne + 1,
                Flags = (RouteFlags)header.Flags,
            });
            bytes = bytes[Math.Min(NetlinkControl.Align(header.Length), bytes.Length)..];
        }

        return new NextHopList(hops);
    }
}
