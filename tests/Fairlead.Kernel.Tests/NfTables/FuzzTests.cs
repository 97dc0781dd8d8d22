using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Evaluation;
using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.Kernel.NfTables.Text;
using Fairlead.Kernel.NfTables.Wire;

namespace Fairlead.Kernel.Tests.NfTables;

/// <summary>Messages of nft with bytes changed: each gives a value that can be printed and evaluated, or is refused as what it is.</summary>
public sealed class FuzzTests
{
    private const int Rounds = 60_000;

    [Fact]
    public void Any_message_is_read_or_refused()
    {
        byte[][] messages = [.. Golden.Rows("operations.tsv").SelectMany(row => row[1].Split(' ')).Select(Convert.FromHexString)];
        int read = 0;
        Random random = new(20260101);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] message = Change(random, messages[random.Next(messages.Length)], keep: 6);
            try
            {
                foreach (NetlinkMessage one in new NetlinkMessageReader(message))
                {
                    if (EventDecoder.Read(one) is { } value)
                    {
                        Assert.NotEmpty(value.ToString());
                        read++;
                    }
                }
            }
            catch (InvalidDataException)
            {
                // It said so.
            }
        }

        Assert.InRange(read, Rounds / 10, Rounds);
    }

    [Fact]
    public void Any_rule_is_printed_and_evaluated_or_refused()
    {
        byte[][] rules = [.. Golden.Rows("rules.tsv").Select(row => Convert.FromHexString(row[1]))];
        Ruleset sets = Ruleset.Of(ServiceLayout.Build());
        Packet packet = new() { Source = new([10, 0, 0, 1]), Destination = new([10, 32, 0, 1]), Protocol = IpProtocol.Tcp, DestinationPort = 443 };
        int read = 0;
        Random random = new(20260102);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] rule = Change(random, rules[random.Next(rules.Length)], keep: 0);
            try
            {
                ValueList<Expression> expressions = ReadList(rule);
                RuleText.Write(expressions, sets.FindSet);
                RuleText.Write(expressions, static _ => null);
                new Machine(packet, static modulus => modulus / 2, name => sets.FindSet(name) is { } set ? new SetIndex(set, sets.Elements[name]) : null).Run(expressions);
                read++;
            }
            catch (InvalidDataException)
            {
                // It said so.
            }
        }

        Assert.InRange(read, Rounds / 10, Rounds);
    }

    [Fact]
    public void Any_reported_packet_is_read_or_refused()
    {
        // nflog of a UDP datagram over IPv4: NFULA_PACKET_HDR, NFULA_PREFIX, NFULA_MARK, NFULA_PAYLOAD.
        byte[] message = Convert.FromHexString(
            "540000000004000000000000000000000200000508000100080003000a000a0064656e69656400000800020000000007240009004500001d000040004011" + "3cce7f0000017f0000020fa0109200090000" + "01000000");
        int read = 0;
        Random random = new(20260105);
        for (int round = 0; round < Rounds; round++)
        {
            try
            {
                foreach (NetlinkMessage one in new NetlinkMessageReader(Change(random, message, keep: 6)))
                {
                    if (PacketLogMessages.Read(one) is { } packet)
                    {
                        Assert.NotEmpty(packet.ToString());
                        read++;
                    }
                }
            }
            catch (InvalidDataException)
            {
                // It said so.
            }
        }

        Assert.InRange(read, Rounds / 10, Rounds);
    }

    private static ValueList<Expression> ReadList(byte[] list)
    {
        byte[] attribute = [.. BitConverter.GetBytes((ushort)(list.Length + 4)), 4, 0x80, .. list];
        foreach (NetlinkAttribute one in new NetlinkAttributeReader(attribute))
        {
            return ExpressionDecoder.ReadList(one);
        }

        return [];
    }

    private static byte[] Change(Random random, byte[] bytes, int keep)
    {
        byte[] changed = [.. bytes];
        for (int count = random.Next(4); count >= 0; count--)
        {
            changed[random.Next(keep, changed.Length)] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => (byte)random.Next(16),
                _ => 0xff,
            };
        }

        return random.Next(8) == 0 ? changed[..random.Next(changed.Length)] : changed;
    }
}
