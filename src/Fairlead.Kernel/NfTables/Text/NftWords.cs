using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Text;

/// <summary>The words that nft has for the kernel's numbers.</summary>
internal static class NftWords
{
    internal static string Of(TableFamily family) => family switch
    {
        TableFamily.Inet => "inet",
        TableFamily.Ipv4 => "ip",
        TableFamily.Ipv6 => "ip6",
        TableFamily.Arp => "arp",
        TableFamily.Bridge => "bridge",
        TableFamily.Netdev => "netdev",
        _ => $"family-{(byte)family}",
    };

    internal static string Of(Verdict verdict) => verdict.Code switch
    {
        VerdictCode.Accept => "accept",
        VerdictCode.Drop => "drop",
        VerdictCode.Stolen => "stolen",
        VerdictCode.Queue => "queue",
        VerdictCode.Continue => "continue",
        VerdictCode.Break => "break",
        VerdictCode.Return => "return",
        VerdictCode.Jump => $"jump {verdict.Chain}",
        VerdictCode.Goto => $"goto {verdict.Chain}",
        _ => $"verdict-{(int)verdict.Code & 0xff}",
    };

    internal static string Of(Hook hook) => hook switch
    {
        Hook.Prerouting => "prerouting",
        Hook.Input => "input",
        Hook.Forward => "forward",
        Hook.Output => "output",
        Hook.Postrouting => "postrouting",
        Hook.Ingress => "ingress",
        _ => $"hook-{(int)hook}",
    };

    internal static string Of(ChainPolicy policy) => policy == ChainPolicy.Drop ? "drop" : "accept";

    internal static string Of(ObjectType type) => type switch
    {
        ObjectType.Counter => "counter",
        ObjectType.Quota => "quota",
        ObjectType.Limit => "limit",
        ObjectType.ConntrackHelper => "ct helper",
        _ => $"object-{(uint)type}",
    };

    internal static string Of(MetaKey key) => key switch
    {
        MetaKey.Length => "meta length",
        MetaKey.Protocol => "meta protocol",
        MetaKey.Priority => "meta priority",
        MetaKey.Mark => "meta mark",
        MetaKey.InputIndex => "iif",
        MetaKey.OutputIndex => "oif",
        MetaKey.InputName => "iifname",
        MetaKey.OutputName => "oifname",
        MetaKey.InputType => "meta iiftype",
        MetaKey.OutputType => "meta oiftype",
        MetaKey.SocketUser => "meta skuid",
        MetaKey.SocketGroup => "meta skgid",
        MetaKey.Trace => "meta nftrace",
        MetaKey.NetfilterProtocol => "meta nfproto",
        MetaKey.Layer4Protocol => "meta l4proto",
        MetaKey.BridgeInputName => "meta ibrname",
        MetaKey.BridgeOutputName => "meta obrname",
        MetaKey.PacketType => "meta pkttype",
        MetaKey.Processor => "meta cpu",
        MetaKey.InputGroup => "meta iifgroup",
        MetaKey.OutputGroup => "meta oifgroup",
        MetaKey.ControlGroup => "meta cgroup",
        MetaKey.Random => "meta random",
        _ => $"meta key-{(uint)key}",
    };

    internal static DataType TypeOf(MetaKey key) => key switch
    {
        MetaKey.Mark => DataType.Mark,
        MetaKey.Priority => DataType.ClassId,
        MetaKey.InputIndex or MetaKey.OutputIndex => DataType.InterfaceIndex,
        MetaKey.InputName or MetaKey.OutputName or MetaKey.BridgeInputName or MetaKey.BridgeOutputName => DataType.InterfaceName,
        MetaKey.InputType or MetaKey.OutputType => DataType.InterfaceType,
        MetaKey.NetfilterProtocol => DataType.NetfilterProtocol,
        MetaKey.Layer4Protocol => DataType.Protocol,
        MetaKey.PacketType => DataType.PacketType,
        MetaKey.Protocol => DataType.EthernetType,
        _ => DataType.Number,
    };

    internal static int LengthOf(MetaKey key) => key switch
    {
        MetaKey.Trace => 1,
        _ => DataTypes.Length(TypeOf(key)),
    };

    internal static string Of(ConntrackKey key, ConntrackDirection? direction)
    {
        string word = key switch
        {
            ConntrackKey.State => "state",
            ConntrackKey.Direction => "direction",
            ConntrackKey.Status => "status",
            ConntrackKey.Mark => "mark",
            ConntrackKey.Expiration => "expiration",
            ConntrackKey.Helper => "helper",
            ConntrackKey.NetworkProtocol => "l3proto",
            ConntrackKey.Source => "saddr",
            ConntrackKey.Destination => "daddr",
            ConntrackKey.Protocol => "protocol",
            ConntrackKey.SourcePort => "proto-src",
            ConntrackKey.DestinationPort => "proto-dst",
            ConntrackKey.Packets => "packets",
            ConntrackKey.Bytes => "bytes",
            ConntrackKey.Zone => "zone",
            ConntrackKey.SourceIpv4 => "ip saddr",
            ConntrackKey.DestinationIpv4 => "ip daddr",
            ConntrackKey.SourceIpv6 => "ip6 saddr",
            ConntrackKey.DestinationIpv6 => "ip6 daddr",
            _ => $"key-{(uint)key}",
        };
        return direction switch
        {
            ConntrackDirection.Original => $"ct original {word}",
            ConntrackDirection.Reply => $"ct reply {word}",
            _ => $"ct {word}",
        };
    }

    internal static DataType TypeOf(ConntrackKey key) => key switch
    {
        ConntrackKey.State => DataType.ConntrackState,
        ConntrackKey.Direction => DataType.ConntrackDirection,
        ConntrackKey.Status => DataType.ConntrackStatus,
        ConntrackKey.Mark => DataType.Mark,
        ConntrackKey.NetworkProtocol => DataType.NetfilterProtocol,
        ConntrackKey.Protocol => DataType.Protocol,
        ConntrackKey.SourcePort or ConntrackKey.DestinationPort => DataType.Port,
        ConntrackKey.SourceIpv4 or ConntrackKey.DestinationIpv4 => DataType.Ipv4Address,
        ConntrackKey.SourceIpv6 or ConntrackKey.DestinationIpv6 => DataType.Ipv6Address,
        _ => DataType.Number,
    };

    internal static int LengthOf(ConntrackKey key) => key switch
    {
        ConntrackKey.Source or ConntrackKey.Destination or ConntrackKey.Labels => 16,
        ConntrackKey.Packets or ConntrackKey.Bytes => 8,
        ConntrackKey.Zone => 2,
        _ => DataTypes.Length(TypeOf(key)),
    };

    internal static string Of(CompareOperator how) => how switch
    {
        CompareOperator.Equal => "==",
        CompareOperator.NotEqual => "!=",
        CompareOperator.Less => "<",
        CompareOperator.LessOrEqual => "<=",
        CompareOperator.Greater => ">",
        CompareOperator.GreaterOrEqual => ">=",
        _ => $"operator-{(uint)how}",
    };

    /// <summary>A duration as nft has it: <c>1d2h3m4s5ms</c>.</summary>
    internal static string Of(TimeSpan time)
    {
        List<string> parts = [];
        Add(time.Days, "d");
        Add(time.Hours, "h");
        Add(time.Minutes, "m");
        Add(time.Seconds, "s");
        Add(time.Milliseconds, "ms");
        return parts.Count == 0 ? "0s" : string.Concat(parts);

        void Add(int count, string unit)
        {
            if (count != 0)
            {
                parts.Add($"{count}{unit}");
            }
        }
    }

    /// <summary>A string in quotes; nft knows no escapes, so a quote within becomes an apostrophe.</summary>
    internal static string Quote(string text) => $"\"{text.Replace('"', '\'')}\"";
}
