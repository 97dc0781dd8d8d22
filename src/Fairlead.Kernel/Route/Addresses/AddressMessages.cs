using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

/// <summary>Writes and reads address messages.</summary>
internal static class AddressMessages
{
    /// <summary>INFINITY_LIFE_TIME.</summary>
    private const uint Forever = uint.MaxValue;

    internal static void Write(ref NetlinkMessageWriter writer, ushort type, NetlinkFlags flags, InterfaceAddress address)
    {
        writer.BeginMessage(type, flags);
        writer.WriteStruct(new AddressHeader
        {
            Family = AddressBytes.FamilyOf(address.Address),
            PrefixLength = checked((byte)address.PrefixLength),
            Flags = (uint)address.Flags <= byte.MaxValue ? (byte)address.Flags : (byte)0, // more don't fit, and go in an attribute
            Scope = (byte)address.Scope,
            LinkIndex = address.LinkIndex,
        });
        writer.WriteAddress(AddressAttribute.Local, address.Address);
        writer.WriteAddress(AddressAttribute.Address, address.Peer ?? address.Address);
        if (type == RouteMessageType.DeleteAddress)
        {
            return;
        }

        if (address.Broadcast is { } broadcast)
        {
            writer.WriteAddress(AddressAttribute.Broadcast, broadcast);
        }

        if (address.Label is { } label)
        {
            writer.WriteString(AddressAttribute.Label, label);
        }

        if ((uint)address.Flags > byte.MaxValue)
        {
            writer.WriteUInt32(AddressAttribute.Flags, (uint)address.Flags);
        }

        if (address.ValidLifetime is not null || address.PreferredLifetime is not null)
        {
            uint valid = address.ValidLifetime ?? Forever;
            writer.WriteStruct(AddressAttribute.Lifetimes, new AddressLifetimes { Valid = valid, Preferred = address.PreferredLifetime ?? valid });
        }

        if (address.RouteMetric is { } metric)
        {
            writer.WriteUInt32(AddressAttribute.RoutePriority, metric);
        }
    }

    internal static void WriteList(ref NetlinkMessageWriter writer, int linkIndex, AddressFamily family)
    {
        writer.BeginMessage(RouteMessageType.GetAddress, NetlinkFlags.None);
        writer.WriteStruct(new AddressHeader { Family = AddressBytes.FamilyOf(family), LinkIndex = linkIndex });
    }

    internal static void Collect(NetlinkMessage message, List<InterfaceAddress> addresses)
    {
        if (message.Type == RouteMessageType.NewAddress && Read(message) is { } address)
        {
            addresses.Add(address);
        }
    }

    /// <summary>Null for families that we don't speak (DECnet had addresses too).</summary>
    internal static InterfaceAddress? Read(NetlinkMessage message)
    {
        AddressHeader header = message.Header<AddressHeader>();
        if (header.Family is not (Family.IPv4 or Family.IPv6))
        {
            return null;
        }

        IPAddress? local = null, address = null, broadcast = null;
        string? label = null;
        uint flags = header.Flags;
        AddressLifetimes lifetimes = new() { Preferred = Forever, Valid = Forever };
        uint? metric = null;
        foreach (NetlinkAttribute attribute in message.Attributes(AddressHeader.Size))
        {
            switch (attribute.Type)
            {
                case AddressAttribute.Local: local = AddressBytes.Read(attribute.Value); break;
                case AddressAttribute.Address: address = AddressBytes.Read(attribute.Value); break;
                case AddressAttribute.Broadcast: broadcast = AddressBytes.Read(attribute.Value); break;
                case AddressAttribute.Label: label = attribute.String; break;
                case AddressAttribute.Flags: flags = attribute.UInt32; break;
                case AddressAttribute.Lifetimes: lifetimes = attribute.Struct<AddressLifetimes>(); break;
                case AddressAttribute.RoutePriority: metric = attribute.UInt32; break;
            }
        }

        IPAddress own = local ?? address ?? throw new InvalidDataException("an address message without an address");
        return new InterfaceAddress
        {
            LinkIndex = header.LinkIndex,
            Address = own,
            PrefixLength = header.PrefixLength,
            Peer = address is not null && !address.Equals(own) ? address : null,
            Broadcast = broadcast,
            Scope = (RouteScope)header.Scope,
            Flags = (AddressFlags)flags,
            Label = label,
            ValidLifetime = lifetimes.Valid == Forever ? null : lifetimes.Valid,
            PreferredLifetime = lifetimes.Preferred == Forever ? null : lifetimes.Preferred,
            RouteMetric = metric is 0 ? null : metric,
        };
    }
}
