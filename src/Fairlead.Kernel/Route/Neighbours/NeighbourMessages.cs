using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

/// <summary>Writes and reads neighbours and forwarding entries, which share their messages.</summary>
internal static class NeighbourMessages
{
    internal static void Write(ref NetlinkMessageWriter writer, ushort type, NetlinkFlags flags, Neighbour neighbour)
    {
        writer.BeginMessage(type, flags);
        writer.WriteStruct(new NeighbourHeader
        {
            Family = AddressBytes.FamilyOf(neighbour.Address),
            LinkIndex = neighbour.LinkIndex,
            State = (ushort)neighbour.State,
            Flags = (byte)((neighbour.IsProxy ? NeighbourFlag.Proxy : 0) | (neighbour.IsRouter ? NeighbourFlag.Router : 0) | (neighbour.IsExternallyLearned ? NeighbourFlag.ExternallyLearned : 0)),
        });
        writer.WriteAddress(NeighbourAttribute.Destination, neighbour.Address);
        if (neighbour.MacAddress is { } address && type == RouteMessageType.NewNeighbour)
        {
            address.WriteTo(writer.ReserveAttribute(NeighbourAttribute.LinkLayerAddress, MacAddress.Size));
        }

        if (neighbour.Protocol != RouteProtocol.Unspecified)
        {
            writer.WriteByte(NeighbourAttribute.Protocol, (byte)neighbour.Protocol);
        }
    }

    internal static void Write(ref NetlinkMessageWriter writer, ushort type, NetlinkFlags flags, ForwardingEntry entry)
    {
        writer.BeginMessage(type, flags);
        writer.WriteStruct(new NeighbourHeader
        {
            Family = Family.Bridge,
            LinkIndex = entry.LinkIndex,
            State = (ushort)entry.State,
            Flags = (byte)((entry.OfBridge ? NeighbourFlag.Master : NeighbourFlag.Self) | (entry.IsExternallyLearned ? NeighbourFlag.ExternallyLearned : 0)),
        });
        entry.MacAddress.WriteTo(writer.ReserveAttribute(NeighbourAttribute.LinkLayerAddress, MacAddress.Size));
        if (entry.Destination is { } destination)
        {
            writer.WriteAddress(NeighbourAttribute.Destination, destination);
        }

        if (entry.Vlan is { } vlan)
        {
            writer.WriteUInt16(NeighbourAttribute.Vlan, vlan);
        }

        if (entry.Port is { } port)
        {
            writer.WriteUInt16BigEndian(NeighbourAttribute.Port, port);
        }

        if (entry.Vni is { } vni)
        {
            writer.WriteUInt32(NeighbourAttribute.Vni, vni);
        }

        if (entry.UnderlayIndex is { } underlay)
        {
            writer.WriteInt32(NeighbourAttribute.OutputLink, underlay);
        }
    }

    /// <summary><c>ip neighbour show</c>; proxies are listed apart from the others.</summary>
    internal static void WriteList(ref NetlinkMessageWriter writer, AddressFamily family, int? linkIndex, bool proxies)
    {
        writer.BeginMessage(RouteMessageType.GetNeighbour, NetlinkFlags.None);
        writer.WriteStruct(new NeighbourHeader { Family = AddressBytes.FamilyOf(family), Flags = proxies ? NeighbourFlag.Proxy : (byte)0 });
        if (linkIndex is { } link)
        {
            writer.WriteInt32(NeighbourAttribute.OutputLink, link);
        }
    }

    /// <summary><c>bridge fdb show dev LINK</c>.</summary>
    internal static void WriteForwardingList(ref NetlinkMessageWriter writer, int? linkIndex)
    {
        writer.BeginMessage(RouteMessageType.GetNeighbour, NetlinkFlags.None);
        writer.WriteStruct(new NeighbourHeader { Family = Family.Bridge, LinkIndex = linkIndex ?? 0 });
    }

    internal static void Collect(NetlinkMessage message, List<Neighbour> neighbours)
    {
        if (message.Type == RouteMessageType.NewNeighbour && ReadNeighbour(message) is { } neighbour)
        {
            neighbours.Add(neighbour);
        }
    }

    internal static void Collect(NetlinkMessage message, List<ForwardingEntry> entries)
    {
        if (message.Type == RouteMessageType.NewNeighbour && ReadForwardingEntry(message) is { } entry)
        {
            entries.Add(entry);
        }
    }

    /// <summary>Null where it is a forwarding entry, or of a family that we don't speak.</summary>
    internal static Neighbour? ReadNeighbour(NetlinkMessage message)
    {
        NeighbourHeader header = message.Header<NeighbourHeader>();
        if (header.Family is not (Family.IPv4 or Family.IPv6))
        {
            return null;
        }

        IPAddress? address = null;
        MacAddress? hardware = null;
        byte protocol = 0;
        foreach (NetlinkAttribute attribute in message.Attributes(NeighbourHeader.Size))
        {
            switch (attribute.Type)
            {
                case NeighbourAttribute.Destination: address = AddressBytes.Read(attribute.Value); break;
                case NeighbourAttribute.LinkLayerAddress when attribute.Value.Length == MacAddress.Size: hardware = new MacAddress(attribute.Value); break;
                case NeighbourAttribute.Protocol: protocol = attribute.Byte; break;
            }
        }

        return address is null
            ? throw new InvalidDataException("a neighbour message without an address")
            : new Neighbour
            {
                LinkIndex = header.LinkIndex,
                Address = address,
                MacAddress = hardware,
                State = (NeighbourState)header.State,
                IsProxy = (header.Flags & NeighbourFlag.Proxy) != 0,
                IsRouter = (header.Flags & NeighbourFlag.Router) != 0,
                IsExternallyLearned = (header.Flags & NeighbourFlag.ExternallyLearned) != 0,
                Protocol = (RouteProtocol)protocol,
            };
    }

    /// <summary>Null where it is no forwarding entry.</summary>
    internal static ForwardingEntry? ReadForwardingEntry(NetlinkMessage message)
    {
        NeighbourHeader header = message.Header<NeighbourHeader>();
        if (header.Family != Family.Bridge)
        {
            return null;
        }

        MacAddress? hardware = null;
        IPAddress? destination = null;
        ushort? vlan = null, port = null;
        uint? vni = null;
        int? underlay = null;
        bool ofBridge = (header.Flags & NeighbourFlag.Master) != 0;
        foreach (NetlinkAttribute attribute in message.Attributes(NeighbourHeader.Size))
        {
            switch (attribute.Type)
            {
                case NeighbourAttribute.LinkLayerAddress when attribute.Value.Length == MacAddress.Size: hardware = new MacAddress(attribute.Value); break;
                case NeighbourAttribute.Destination: destination = AddressBytes.Read(attribute.Value); break;
                case NeighbourAttribute.Vlan: vlan = attribute.UInt16; break;
                case NeighbourAttribute.Port: port = attribute.UInt16BigEndian; break;
                case NeighbourAttribute.Vni: vni = attribute.UInt32; break;
                case NeighbourAttribute.OutputLink: underlay = attribute.Int32; break;
                case NeighbourAttribute.Master: ofBridge = (header.Flags & NeighbourFlag.Self) == 0; break; // a bridge names itself instead of setting the flag
            }
        }

        return hardware is null
            ? null
            : new ForwardingEntry
            {
                LinkIndex = header.LinkIndex,
                MacAddress = hardware.Value,
                Destination = destination,
                Vlan = vlan,
                Port = port,
                Vni = vni,
                UnderlayIndex = underlay,
                State = (NeighbourState)header.State,
                OfBridge = ofBridge,
                IsExternallyLearned = (header.Flags & NeighbourFlag.ExternallyLearned) != 0,
            };
    }
}
