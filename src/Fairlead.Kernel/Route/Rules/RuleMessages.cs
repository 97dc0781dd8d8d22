using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

/// <summary>Writes and reads routing rules.</summary>
internal static class RuleMessages
{
    /// <summary>FIB_RULE_INVERT.</summary>
    private const uint InvertFlag = 2;

    /// <summary>suppress_prefixlen where nothing is suppressed.</summary>
    private const uint Nothing = uint.MaxValue;

    internal static void Write(ref NetlinkMessageWriter writer, ushort type, NetlinkFlags flags, RoutingRule rule)
    {
        writer.BeginMessage(type, flags);
        writer.WriteStruct(new RuleHeader
        {
            Family = AddressBytes.FamilyOf(rule.Family),
            SourceLength = (byte)(rule.Source?.PrefixLength ?? 0),
            DestinationLength = (byte)(rule.Destination?.PrefixLength ?? 0),
            Table = rule.Table < 256 ? (byte)rule.Table : (byte)0,
            Action = (byte)rule.Action,
            Flags = rule.Invert ? InvertFlag : 0,
        });
        if (rule.Source is { PrefixLength: > 0 } source)
        {
            writer.WriteAddress(RuleAttribute.Source, source.BaseAddress);
        }

        if (rule.Destination is { PrefixLength: > 0 } destination)
        {
            writer.WriteAddress(RuleAttribute.Destination, destination.BaseAddress);
        }

        if (rule.InputLink is { } input)
        {
            writer.WriteString(RuleAttribute.InputLink, input);
        }

        if (rule.OutputLink is { } output)
        {
            writer.WriteString(RuleAttribute.OutputLink, output);
        }

        WriteUInt32(ref writer, RuleAttribute.Priority, rule.Priority);
        WriteUInt32(ref writer, RuleAttribute.Mark, rule.Mark);
        WriteUInt32(ref writer, RuleAttribute.Mask, rule.MarkMask);
        WriteUInt32(ref writer, RuleAttribute.Table, rule.Table > 255 ? rule.Table : null);
        WriteUInt32(ref writer, RuleAttribute.Goto, rule.Goto);
        WriteUInt32(ref writer, RuleAttribute.SuppressPrefixLength, (uint?)rule.SuppressPrefixLength);
        if (rule.Protocol != RouteProtocol.Unspecified)
        {
            writer.WriteByte(RuleAttribute.Protocol, (byte)rule.Protocol);
        }
    }

    internal static void Collect(NetlinkMessage message, List<RoutingRule> rules)
    {
        if (message.Type == RouteMessageType.NewRule && Read(message) is { } rule)
        {
            rules.Add(rule);
        }
    }

    /// <summary>Null for families that we don't speak (multicast routing has rules too).</summary>
    internal static RoutingRule? Read(NetlinkMessage message)
    {
        RuleHeader header = message.Header<RuleHeader>();
        if (header.Family is not (Family.IPv4 or Family.IPv6))
        {
            return null;
        }

        IPNetwork? source = null, destination = null;
        string? input = null, output = null;
        uint priority = 0, table = header.Table;
        uint? mark = null, mask = null, jump = null;
        int? suppress = null;
        byte protocol = 0;
        foreach (NetlinkAttribute attribute in message.Attributes(RuleHeader.Size))
        {
            switch (attribute.Type)
            {
                case RuleAttribute.Source: source = AddressBytes.ReadNetwork(attribute.Value, header.SourceLength); break;
                case RuleAttribute.Destination: destination = AddressBytes.ReadNetwork(attribute.Value, header.DestinationLength); break;
                case RuleAttribute.InputLink: input = attribute.String; break;
                case RuleAttribute.OutputLink: output = attribute.String; break;
                case RuleAttribute.Priority: priority = attribute.UInt32; break;
                case RuleAttribute.Mark: mark = attribute.UInt32; break;
                case RuleAttribute.Mask: mask = attribute.UInt32; break;
                case RuleAttribute.Table: table = attribute.UInt32; break;
                case RuleAttribute.Goto: jump = attribute.UInt32; break;
                case RuleAttribute.SuppressPrefixLength: suppress = attribute.UInt32 == Nothing ? null : attribute.Int32; break;
                case RuleAttribute.Protocol: protocol = attribute.Byte; break;
            }
        }

        return new RoutingRule
        {
            Family = header.Family == Family.IPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
            Priority = priority,
            Source = source,
            Destination = destination,
            InputLink = input,
            OutputLink = output,
            Mark = mark,
            MarkMask = mask == uint.MaxValue ? null : mask,
            Invert = (header.Flags & InvertFlag) != 0,
            Action = (RuleAction)header.Action,
            Table = table,
            Goto = jump,
            SuppressPrefixLength = suppress,
            Protocol = (RouteProtocol)protocol,
        };
    }

    private static void WriteUInt32(ref NetlinkMessageWriter writer, ushort type, uint? value)
    {
        if (value is { } number)
        {
            writer.WriteUInt32(type, number);
        }
    }
}
