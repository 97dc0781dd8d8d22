using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables.Wire;

namespace Fairlead.Kernel.NfTables;

/// <summary>Reads the messages of the groups NFNLGRP_NFTABLES and NFNLGRP_NFTRACE.</summary>
internal static class EventDecoder
{
    /// <summary>The event; null where the message is of a kind that isn't ours (flow tables, messages of later kernels).</summary>
    internal static NfTablesEvent? Read(NetlinkMessage message)
    {
        if (message.Type >> 8 != NfTablesMessage.Subsystem)
        {
            return null;
        }

        byte kind = (byte)message.Type;
        return kind switch
        {
            NfTablesMessage.NewTable or NfTablesMessage.DeleteTable => new TableChanged(kind == NfTablesMessage.NewTable, ObjectDecoder.Table(message)),
            NfTablesMessage.NewChain or NfTablesMessage.DeleteChain => new ChainChanged(kind == NfTablesMessage.NewChain, ObjectDecoder.Chain(message)),
            NfTablesMessage.NewRule or NfTablesMessage.DeleteRule => new RuleChanged(kind == NfTablesMessage.NewRule, ObjectDecoder.Rule(message)),
            NfTablesMessage.NewSet or NfTablesMessage.DeleteSet => new SetChanged(kind == NfTablesMessage.NewSet, ObjectDecoder.Set(message)),
            NfTablesMessage.NewElement or NfTablesMessage.DeleteElement => ReadElements(kind == NfTablesMessage.NewElement, message),
            NfTablesMessage.NewObject or NfTablesMessage.DeleteObject => new ObjectChanged(kind == NfTablesMessage.NewObject, ObjectDecoder.Object(message)),
            NfTablesMessage.NewGeneration => new GenerationChanged(ObjectDecoder.Generation(message)),
            NfTablesMessage.Trace => ReadTrace(message),
            _ => null,
        };
    }

    private static ElementsChanged ReadElements(bool added, NetlinkMessage message)
    {
        List<ElementDecoder.WireElement> elements = [];
        (TableId table, string set) = ElementDecoder.Read(message, elements);
        return new ElementsChanged(added, table, set, [.. elements.Where(static item => !item.IsEnd).Select(static item => item.Element)]);
    }

    private static PacketTraced ReadTrace(NetlinkMessage message)
    {
        PacketTraced trace = new() { PacketId = 0, Kind = TraceKind.Unspecified, Table = default, Chain = "" };
        string table = "";
        foreach (NetlinkAttribute attribute in ObjectDecoder.Attributes(message))
        {
            switch (attribute.Type)
            {
                case TraceAttribute.Table:
                    table = attribute.String;
                    break;
                case TraceAttribute.Chain:
                    trace = trace with { Chain = attribute.String };
                    break;
                case TraceAttribute.RuleHandle:
                    trace = trace with { RuleHandle = attribute.UInt64BigEndian };
                    break;
                case TraceAttribute.Type:
                    trace = trace with { Kind = (TraceKind)attribute.UInt32BigEndian };
                    break;
                case TraceAttribute.Verdict:
                    trace = trace with { Verdict = ExpressionDecoder.ReadVerdictParts(attribute) };
                    break;
                case TraceAttribute.Policy:
                    trace = trace with { Verdict = new Verdict((VerdictCode)attribute.UInt32BigEndian) };
                    break;
                case TraceAttribute.Id:
                    trace = trace with { PacketId = attribute.UInt32BigEndian };
                    break;
                case TraceAttribute.LinkHeader:
                    trace = trace with { LinkHeader = new DataValue(attribute.Value) };
                    break;
                case TraceAttribute.NetworkHeader:
                    trace = trace with { NetworkHeader = new DataValue(attribute.Value) };
                    break;
                case TraceAttribute.TransportHeader:
                    trace = trace with { TransportHeader = new DataValue(attribute.Value) };
                    break;
                case TraceAttribute.Input:
                    trace = trace with { InputIndex = attribute.UInt32BigEndian };
                    break;
                case TraceAttribute.Output:
                    trace = trace with { OutputIndex = attribute.UInt32BigEndian };
                    break;
                case TraceAttribute.Mark:
                    trace = trace with { Mark = attribute.UInt32BigEndian };
                    break;
                default:
                    break;
            }
        }

        return trace with { Table = new TableId(ObjectDecoder.Family(message), table) };
    }
}
