using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Evaluation;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.NfTables;

[Trait("Category", "Root")]
public sealed class PacketLogTests : IDisposable
{
    private const ushort Group = 5;

    private static readonly TableId s_table = TableId.Inet("t");

    private readonly Scratch _scratch = new();
    private readonly NetworkNamespace _space;

    public PacketLogTests()
    {
        _space = _scratch.Namespace();
        Witness.Run(_space, "ip link set lo up");
        using NfTablesClient client = _space.Run(NfTablesClient.Open);
        client.Commit(new Transaction(s_table).AddTable()
            .Add(Chain.Hooked("c", ChainType.Filter, Hook.Output, ChainPriority.Filter))
            .Add(Rule.Of("c", Statement.SetMark(7)), Rule.Of("c", Match.Protocol(IpProtocol.Udp), Statement.LogTo(Group, "denied by web/deny", 64), Statement.Drop)));
    }

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.2")]
    [InlineData("::1", "::1")]
    public void What_a_rule_reports_is_read(string from, string to)
    {
        using PacketLogReader reader = _space.Run(() => PacketLogReader.Open(Group));
        Send(IPAddress.Parse(from), new IPEndPoint(IPAddress.Parse(to), 4242), 3);
        List<LoggedPacket> packets = Read(reader, 3);
        Assert.Equal([0u, 1u, 2u], packets.Select(packet => packet.Sequence));
        Assert.Equal(0, reader.Lost);
        Assert.All(packets, packet =>
        {
            Assert.Equal(("denied by web/deny", Hook.Output, 7u, 0u, 1u), (packet.Prefix, packet.Hook, packet.Mark, packet.InputIndex, packet.OutputIndex));
            Assert.Equal(IpProtocol.Udp, packet.Protocol);
            Assert.Equal(new ConnectionTuple(IPAddress.Parse(from), IPAddress.Parse(to), 4000, 4242), packet.Tuple);
            Assert.InRange(packet.Bytes.Length, 29, 64);
        });
    }

    [Fact]
    public void What_is_not_read_in_time_is_counted()
    {
        const int Sent = 5_000;
        using PacketLogReader reader = _space.Run(() => PacketLogReader.Open(Group, bufferBytes: 64 * 1024));
        Send(IPAddress.Loopback, new IPEndPoint(IPAddress.Loopback, 4242), Sent);
        int read = 0;
        while (reader.Receive(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken) is { Count: > 0 } packets)
        {
            read += packets.Count;
        }

        // One more tells how many are missing behind the last that was read.
        Send(IPAddress.Loopback, new IPEndPoint(IPAddress.Loopback, 4242), 1);
        read += Read(reader, 1).Count;
        Assert.Equal(Sent + 1, read + reader.Lost);
        Assert.NotEqual(0, reader.Lost);
    }

    [Fact]
    public void A_group_has_one_reader()
    {
        using PacketLogReader reader = _space.Run(() => PacketLogReader.Open(Group));
        NetlinkException exception = Assert.Throws<NetlinkException>(() => _space.Run(() => PacketLogReader.Open(Group)));
        Assert.Equal(Errno.OperationNotPermitted, exception.Error);
        Assert.StartsWith("read NFLOG group 5", exception.Message, StringComparison.Ordinal);
    }

    private static List<LoggedPacket> Read(PacketLogReader reader, int count)
    {
        List<LoggedPacket> packets = [];
        while (packets.Count < count)
        {
            IReadOnlyList<LoggedPacket> more = reader.Receive(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
            Assert.NotEmpty(more);
            packets.AddRange(more);
        }

        return packets;
    }

    private void Send(IPAddress from, IPEndPoint to, int count)
    {
        using Socket socket = _space.Run(() => new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(new IPEndPoint(from, 4000));
        for (; count > 0; count--)
        {
            try
            {
                socket.SendTo([1], to);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AccessDenied)
            {
                // Dropped: EPERM.
            }
        }
    }
}
