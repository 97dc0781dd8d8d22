using System.Text;
using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.Kernel.NfTables.Wire;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.NfTables;

/// <summary>The numbers that we have are those of linux/netfilter/nf_tables.h: a C file that says so must compile.</summary>
public sealed class HeaderTests
{
    [Fact]
    public void Attribute_numbers_are_those_of_the_header()
    {
        // Each constant carries its UAPI name in the comment of its source line.
        string[] sources = Directory.GetFiles(Path.Combine(Repository(), "src", "Fairlead.Kernel", "NfTables", "Wire"), "*Attributes.cs");
        StringBuilder c = new("#include <linux/types.h>\n#include <linux/netlink.h>\n#include <linux/netfilter.h>\n#include <linux/netfilter/nfnetlink.h>\n#include <linux/netfilter/nf_tables.h>\n#include <linux/netfilter/nf_nat.h>\n");
        string name = "";
        int count = 0;
        foreach (string line in sources.SelectMany(File.ReadLines).Select(line => line.Trim()))
        {
            if (line.StartsWith("/// <summary>NFTA_", StringComparison.Ordinal))
            {
                name = line["/// <summary>".Length..line.IndexOf('.')];
            }
            else if (line.StartsWith("internal const", StringComparison.Ordinal))
            {
                c.Append($"_Static_assert({name} == {line[(line.IndexOf('=') + 1)..].TrimEnd(';')}, \"{name}\");\n");
                count++;
            }
        }

        Assert.True(count > 150);
        c.Append("#include <linux/netfilter/nfnetlink_log.h>\n");
        foreach (string line in File.ReadLines(Path.Combine(Repository(), "src", "Fairlead.Kernel", "NfTables", "Logging", "PacketLogMessages.cs")))
        {
            if (line.Split("; // NFUL") is [var left, var right] && left.Contains("const", StringComparison.Ordinal) && !right.Contains(' '))
            {
                c.Append($"_Static_assert(NFUL{right} == {left[(left.IndexOf('=') + 1)..]}, \"NFUL{right}\");\n");
                count++;
            }
        }

        Assert.True(count > 165);
        Enumerations(c);
        Messages(c);
        Compile(c.ToString());
    }

    private static void Enumerations(StringBuilder c)
    {
        (string Name, object Value)[] rows =
        [
            ("NFT_META_MARK", MetaKey.Mark), ("NFT_META_IIFNAME", MetaKey.InputName), ("NFT_META_OIFNAME", MetaKey.OutputName), ("NFT_META_NFTRACE", MetaKey.Trace),
            ("NFT_META_NFPROTO", MetaKey.NetfilterProtocol), ("NFT_META_L4PROTO", MetaKey.Layer4Protocol), ("NFT_META_PKTTYPE", MetaKey.PacketType), ("NFT_META_PRANDOM", MetaKey.Random),
            ("NFT_META_CGROUP", MetaKey.ControlGroup), ("NFT_META_BRI_IIFNAME", MetaKey.BridgeInputName),
            ("NFT_CT_STATE", ConntrackKey.State), ("NFT_CT_STATUS", ConntrackKey.Status), ("NFT_CT_MARK", ConntrackKey.Mark), ("NFT_CT_PROTO_DST", ConntrackKey.DestinationPort),
            ("NFT_CT_SRC_IP", ConntrackKey.SourceIpv4), ("NFT_CT_DST_IP6", ConntrackKey.DestinationIpv6), ("NFT_CT_ZONE", ConntrackKey.Zone),
            ("NFT_FIB_RESULT_ADDRTYPE", FibResult.AddressType), ("NFTA_FIB_F_PRESENT", FibInputs.Present), ("NFTA_FIB_F_DADDR", FibInputs.Destination),
            ("NFT_CMP_GTE", CompareOperator.GreaterOrEqual), ("NFT_PAYLOAD_TRANSPORT_HEADER", PayloadBase.Transport), ("NFT_DYNSET_OP_UPDATE", DynamicSetOperation.Update),
            ("NFT_REJECT_TCP_RST", RejectType.TcpReset), ("NFT_REJECT_ICMPX_UNREACH", RejectType.IcmpAny), ("NFT_REJECT_ICMPX_ADMIN_PROHIBITED", RejectCode.AdminProhibited),
            ("NFT_NAT_DNAT", NatType.Destination), ("NF_NAT_RANGE_PROTO_RANDOM_FULLY", NatFlags.FullyRandom), ("NF_NAT_RANGE_PERSISTENT", NatFlags.Persistent), ("NF_NAT_RANGE_NETMAP", NatFlags.NetworkMap),
            ("NFT_OBJECT_LIMIT", Fairlead.Kernel.NfTables.ObjectType.Limit), ("NFT_OBJECT_QUOTA", Fairlead.Kernel.NfTables.ObjectType.Quota),
            ("NFT_TRACETYPE_RULE", Fairlead.Kernel.NfTables.TraceKind.Rule),
            ("NFT_SET_CONCAT", SetFlags.Concatenation), ("NFT_SET_EVAL", SetFlags.Evaluated), ("NFT_SET_OBJECT", SetFlags.Objects), ("NFT_SET_EXPR", SetFlags.Expressions),
            ("NFT_SET_ELEM_CATCHALL", ElementFlags.CatchAll), ("NFT_GOTO", Fairlead.Kernel.NfTables.VerdictCode.Goto), ("NFT_RETURN", Fairlead.Kernel.NfTables.VerdictCode.Return),
            ("NF_INET_POST_ROUTING", Fairlead.Kernel.NfTables.Hook.Postrouting), ("NFPROTO_INET", Fairlead.Kernel.NfTables.TableFamily.Inet), ("NFPROTO_BRIDGE", Fairlead.Kernel.NfTables.TableFamily.Bridge),
            ("NFT_TABLE_F_OWNER", Fairlead.Kernel.NfTables.TableFlags.Owner),
        ];
        foreach ((string name, object value) in rows)
        {
            c.Append($"_Static_assert({name} == {Convert.ToInt64(value)}, \"{name}\");\n");
        }
    }

    private static void Messages(StringBuilder c)
    {
        (string Name, int Value)[] rows =
        [
            ("NFT_MSG_NEWTABLE", NfTablesMessage.NewTable), ("NFT_MSG_NEWCHAIN", NfTablesMessage.NewChain), ("NFT_MSG_NEWRULE", NfTablesMessage.NewRule), ("NFT_MSG_NEWSET", NfTablesMessage.NewSet),
            ("NFT_MSG_NEWSETELEM", NfTablesMessage.NewElement), ("NFT_MSG_DELSETELEM", NfTablesMessage.DeleteElement), ("NFT_MSG_GETGEN", NfTablesMessage.GetGeneration), ("NFT_MSG_TRACE", NfTablesMessage.Trace),
            ("NFT_MSG_NEWOBJ", NfTablesMessage.NewObject), ("NFT_MSG_DELOBJ", NfTablesMessage.DeleteObject), ("NFNL_SUBSYS_NFTABLES", NfTablesMessage.Subsystem), ("NFNL_MSG_BATCH_BEGIN", NfTablesMessage.BatchBegin),
            ("NFNL_MSG_BATCH_END", NfTablesMessage.BatchEnd), ("NFNL_BATCH_GENID", NfTablesMessage.BatchGeneration), ("NFNLGRP_NFTABLES", NfTablesMessage.ChangesGroup), ("NFNLGRP_NFTRACE", NfTablesMessage.TraceGroup),
        ];
        foreach ((string name, int value) in rows)
        {
            c.Append($"_Static_assert({name} == {value}, \"{name}\");\n");
        }
    }

    private static void Compile(string c)
    {
        string path = Path.ChangeExtension(Path.GetTempFileName(), ".c");
        File.WriteAllText(path, c);
        try
        {
            (int exitCode, _, string error) = Witness.TryRun(null, $"gcc -fsyntax-only {path}");
            Assert.True(exitCode == 0, error);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Repository()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Fairlead.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("the tests run from within the repository");
    }
}
