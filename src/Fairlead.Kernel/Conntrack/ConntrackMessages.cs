using System.Net;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.Route;

namespace Fairlead.Kernel.Conntrack;

/// <summary>Writes and reads ctnetlink messages.</summary>
internal static class ConntrackMessages
{
    /// <summary>struct nfgenmsg.</summary>
    private const int HeaderSize = 4;

    internal static void Begin(ref NetlinkMessageWriter writer, ushort type, byte family)
    {
        writer.BeginMessage(type, NetlinkFlags.None);
        writer.Reserve(HeaderSize)[0] = family; // version 0, resource 0
    }

    /// <summary>
    /// Lets the kernel sift what it can: mark, addresses, protocol and ports (CTA_FILTER, Linux 5.8). Ports need the protocol, everything needs the family.
    /// What it can't, or doesn't know of, is sifted again afterwards.
    /// </summary>
    internal static void WriteList(ref NetlinkMessageWriter writer, ConntrackFilter filter, bool siftInKernel)
    {
        byte family = filter.AnyAddress is { } address ? AddressBytes.FamilyOf(address) : Family.Unspecified;
        Begin(ref writer, ConntrackMessageType.Get, family);
        if (filter.Mark is { } mark)
        {
            writer.WriteUInt32BigEndian(ConntrackAttribute.Mark, mark & filter.MarkMask);
            writer.WriteUInt32BigEndian(ConntrackAttribute.MarkMask, filter.MarkMask);
        }

        if (!siftInKernel || family == Family.Unspecified)
        {
            return;
        }

        // The kernel compares IPv6 addresses the wrong way round and leaves out the very ones that are asked for (ctnetlink_filter_match_tuple, seen on 6.18).
        bool addresses = family == Family.IPv4;
        uint original = WriteTuple(
            ref writer,
            ConntrackAttribute.TupleOriginal,
            family,
            addresses ? filter.OriginalSource : null,
            addresses ? filter.OriginalDestination : null,
            filter.Protocol,
            filter.OriginalSourcePort,
            filter.OriginalDestinationPort);
        uint reply = WriteTuple(
            ref writer, ConntrackAttribute.TupleReply, family, addresses ? filter.ReplySource : null, addresses ? filter.ReplyDestination : null, filter.Protocol, filter.ReplySourcePort, null);
        NetlinkNest flags = writer.BeginNested(ConntrackAttribute.Filter);
        writer.WriteUInt32(ConntrackFilterAttribute.OriginalFlags, original);
        writer.WriteUInt32(ConntrackFilterAttribute.ReplyFlags, reply);
        writer.EndNested(flags);
    }

    internal static void WriteCreate(ref NetlinkMessageWriter writer, ConntrackEntry entry)
    {
        byte family = AddressBytes.FamilyOf(entry.Original.Source);
        writer.BeginMessage(ConntrackMessageType.New, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        writer.Reserve(HeaderSize)[0] = family;
        WriteTuple(ref writer, ConntrackAttribute.TupleOriginal, family, entry.Original);
        WriteTuple(ref writer, ConntrackAttribute.TupleReply, family, entry.Reply);
        writer.WriteUInt32BigEndian(ConntrackAttribute.Status, (uint)entry.Status);
        writer.WriteUInt32BigEndian(ConntrackAttribute.Timeout, entry.TimeoutSeconds);
        if (entry.Mark != 0)
        {
            writer.WriteUInt32BigEndian(ConntrackAttribute.Mark, entry.Mark);
        }
    }

    /// <summary>Forgets all connections, or those with a mark.</summary>
    internal static void WriteFlush(ref NetlinkMessageWriter writer, uint mark, uint mask)
    {
        Begin(ref writer, ConntrackMessageType.Delete, Family.Unspecified);
        if (mask != 0)
        {
            writer.WriteUInt32BigEndian(ConntrackAttribute.Mark, mark);
            writer.WriteUInt32BigEndian(ConntrackAttribute.MarkMask, mask);
        }
    }

    internal static void WriteDelete(ref NetlinkMessageWriter writer, ConntrackEntry entry)
    {
        byte family = AddressBytes.FamilyOf(entry.Original.Source);
        Begin(ref writer, ConntrackMessageType.Delete, family);
        WriteTuple(ref writer, ConntrackAttribute.TupleOriginal, family, entry.Original);
        if (entry.Zone != 0)
        {
            writer.WriteUInt16BigEndian(ConntrackAttribute.Zone, entry.Zone);
        }

        writer.WriteUInt32BigEndian(ConntrackAttribute.Id, entry.Id);
    }

    internal static void Collect(NetlinkMessage message, List<ConntrackEntry> entries)
    {
        if (message.Type == ConntrackMessageType.New && Read(message) is { } entry)
        {
            entries.Add(entry);
        }
    }

    internal static void CollectTotals(NetlinkMessage message, List<uint> totals)
    {
        foreach (NetlinkAttribute attribute in message.Attributes(HeaderSize))
        {
            if (attribute.Type is ConntrackDetailAttribute.GlobalEntries)
            {
                totals.Add(attribute.UInt32BigEndian);
            }
        }
    }

    /// <summary>Null where a tuple is missing, or of a family that we don't speak.</summary>
    internal static ConntrackEntry? Read(NetlinkMessage message)
    {
        ConntrackTuple? original = null, reply = null;
        uint status = 0, id = 0, mark = 0, timeout = 0;
        ushort zone = 0;
        TcpTracking? tcp = null;
        ConntrackCounters? sent = null, received = null;
        foreach (NetlinkAttribute attribute in message.Attributes(HeaderSize))
        {
            switch (attribute.Type)
            {
                case ConntrackAttribute.TupleOriginal: original = ReadTuple(attribute.Nested); break;
                case ConntrackAttribute.TupleReply: reply = ReadTuple(attribute.Nested); break;
                case ConntrackAttribute.Status: status = attribute.UInt32BigEndian; break;
                case ConntrackAttribute.Id: id = attribute.UInt32BigEndian; break;
                case ConntrackAttribute.Zone: zone = attribute.UInt16BigEndian; break;
                case ConntrackAttribute.Mark: mark = attribute.UInt32BigEndian; break;
                case ConntrackAttribute.Timeout: timeout = attribute.UInt32BigEndian; break;
                case ConntrackAttribute.CountersOriginal: sent = ReadCounters(attribute.Nested); break;
                case ConntrackAttribute.CountersReply: received = ReadCounters(attribute.Nested); break;
                case ConntrackAttribute.ProtocolInfo: tcp = ReadTcp(attribute.Nested); break;
            }
        }

        return original is null || reply is null
            ? null
            : new ConntrackEntry
            {
                Original = original.Value,
                Reply = reply.Value,
                Status = (ConntrackStatus)status,
                Id = id,
                Zone = zone,
                Mark = mark,
                TimeoutSeconds = timeout,
                Tcp = tcp,
                Sent = sent,
                Received = received,
            };
    }

    private static uint WriteTuple(
        ref NetlinkMessageWriter writer, ushort type, byte family, IPAddress? source, IPAddress? destination, TransportProtocol? protocol, ushort? sourcePort, ushort? destinationPort)
    {
        uint flags = (source is null ? 0 : ConntrackFilterAttribute.Source)
            | (destination is null ? 0 : ConntrackFilterAttribute.Destination)
            | (protocol is null ? 0 : ConntrackFilterAttribute.Protocol);
        if (flags == 0)
        {
            return 0;
        }

        NetlinkNest tuple = writer.BeginNested(type);
        if (source is not null || destination is not null)
        {
            NetlinkNest ip = writer.BeginNested(TupleAttribute.Ip);
            WriteAddresses(ref writer, family, source, destination);
            writer.EndNested(ip);
        }

        if (protocol is { } number)
        {
            NetlinkNest nest = writer.BeginNested(TupleAttribute.Protocol);
            writer.WriteByte(TupleProtocolAttribute.Number, (byte)number);
            if (sourcePort is { } from)
            {
                writer.WriteUInt16BigEndian(TupleProtocolAttribute.SourcePort, from);
                flags |= ConntrackFilterAttribute.SourcePort;
            }

            if (destinationPort is { } to)
            {
                writer.WriteUInt16BigEndian(TupleProtocolAttribute.DestinationPort, to);
                flags |= ConntrackFilterAttribute.DestinationPort;
            }

            writer.EndNested(nest);
        }

        writer.EndNested(tuple);
        return flags;
    }

    private static void WriteTuple(ref NetlinkMessageWriter writer, ushort type, byte family, ConntrackTuple whole)
    {
        NetlinkNest tuple = writer.BeginNested(type);
        NetlinkNest ip = writer.BeginNested(TupleAttribute.Ip);
        WriteAddresses(ref writer, family, whole.Source, whole.Destination);
        writer.EndNested(ip);
        NetlinkNest protocol = writer.BeginNested(TupleAttribute.Protocol);
        WriteProtocol(ref writer, whole);
        writer.EndNested(protocol);
        writer.EndNested(tuple);
    }

    private static void WriteAddresses(ref NetlinkMessageWriter writer, byte family, IPAddress? source, IPAddress? destination)
    {
        if (source is not null)
        {
            writer.WriteAddress(family == Family.IPv6 ? TupleIpAttribute.IPv6Source : TupleIpAttribute.IPv4Source, source);
        }

        if (destination is not null)
        {
            writer.WriteAddress(family == Family.IPv6 ? TupleIpAttribute.IPv6Destination : TupleIpAttribute.IPv4Destination, destination);
        }
    }

    private static void WriteProtocol(ref NetlinkMessageWriter writer, ConntrackTuple tuple)
    {
        writer.WriteByte(TupleProtocolAttribute.Number, (byte)tuple.Protocol);
        switch (tuple.Protocol)
        {
            case TransportProtocol.Icmp:
                writer.WriteUInt16BigEndian(TupleProtocolAttribute.IcmpId, tuple.SourcePort);
                writer.WriteByte(TupleProtocolAttribute.IcmpType, (byte)(tuple.DestinationPort >> 8));
                writer.WriteByte(TupleProtocolAttribute.IcmpCode, (byte)tuple.DestinationPort);
                break;
            case TransportProtocol.IcmpV6:
                writer.WriteUInt16BigEndian(TupleProtocolAttribute.IcmpV6Id, tuple.SourcePort);
                writer.WriteByte(TupleProtocolAttribute.IcmpV6Type, (byte)(tuple.DestinationPort >> 8));
                writer.WriteByte(TupleProtocolAttribute.IcmpV6Code, (byte)tuple.DestinationPort);
                break;
            default:
                writer.WriteUInt16BigEndian(TupleProtocolAttribute.SourcePort, tuple.SourcePort);
                writer.WriteUInt16BigEndian(TupleProtocolAttribute.DestinationPort, tuple.DestinationPort);
                break;
        }
    }

    private static ConntrackTuple? ReadTuple(NetlinkAttributeReader attributes)
    {
        IPAddress? source = null, destination = null;
        byte protocol = 0;
        ushort sourcePort = 0, destinationPort = 0;
        foreach (NetlinkAttribute part in attributes)
        {
            switch (part.Type)
            {
                case TupleAttribute.Ip:
                    foreach (NetlinkAttribute attribute in part.Nested)
                    {
                        switch (attribute.Type)
                        {
                            case TupleIpAttribute.IPv4Source or TupleIpAttribute.IPv6Source: source = AddressBytes.Read(attribute.Value); break;
                            case TupleIpAttribute.IPv4Destination or TupleIpAttribute.IPv6Destination: destination = AddressBytes.Read(attribute.Value); break;
                        }
                    }

                    break;
                case TupleAttribute.Protocol:
                    foreach (NetlinkAttribute attribute in part.Nested)
                    {
                        switch (attribute.Type)
                        {
                            case TupleProtocolAttribute.Number: protocol = attribute.Byte; break;
                            case TupleProtocolAttribute.SourcePort: sourcePort = attribute.UInt16BigEndian; break;
                            case TupleProtocolAttribute.DestinationPort: destinationPort = attribute.UInt16BigEndian; break;
                            case TupleProtocolAttribute.IcmpId or TupleProtocolAttribute.IcmpV6Id: sourcePort = attribute.UInt16BigEndian; break;
                            case TupleProtocolAttribute.IcmpType or TupleProtocolAttribute.IcmpV6Type: destinationPort |= (ushort)(attribute.Byte << 8); break;
                            case TupleProtocolAttribute.IcmpCode or TupleProtocolAttribute.IcmpV6Code: destinationPort |= attribute.Byte; break;
                        }
                    }

                    break;
            }
        }

        return source is null || destination is null
            ? null
            : new ConntrackTuple(source, destination, (TransportProtocol)protocol, sourcePort, destinationPort);
    }

    private static ConntrackCounters ReadCounters(NetlinkAttributeReader attributes)
    {
        ulong packets = 0, bytes = 0;
        foreach (NetlinkAttribute attribute in attributes)
        {
            switch (attribute.Type)
            {
                case ConntrackDetailAttribute.CounterPackets: packets = attribute.UInt64BigEndian; break;
                case ConntrackDetailAttribute.CounterBytes: bytes = attribute.UInt64BigEndian; break;
            }
        }

        return new ConntrackCounters(packets, bytes);
    }

    private static TcpTracking? ReadTcp(NetlinkAttributeReader attributes) =>
        attributes.TryFind(ConntrackDetailAttribute.TcpInfo, out NetlinkAttribute tcp) && tcp.Nested.TryFind(ConntrackDetailAttribute.TcpState, out NetlinkAttribute state)
            ? (TcpTracking)state.Byte
            : null;
}
