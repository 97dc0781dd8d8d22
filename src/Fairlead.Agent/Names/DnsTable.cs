using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.Kernel.Route;
using Fairlead.Network;

namespace Fairlead.Agent.Names;

/// <summary>
/// How packets for the cluster's DNS address find the server of their own node: the address is the loopback link's, and what arrives for a socket that is bound to it
/// passes by conntrack, and with it the translation of Services. The kernel itself looks for that socket: when the server is gone, however it went, the next
/// packet is translated like any other Service's and another node answers.
/// </summary>
/// <remarks>
/// A table of its own: nothing in it comes from the cluster's objects, so it isn't part of the plan that follows them. It stays when the agent ends, and does
/// nothing without the socket.
/// </remarks>
internal static class DnsTable
{
    /// <summary>The table's name: <c>inet fairlead-dns</c>.</summary>
    public static TableId Id { get; } = TableId.Inet("fairlead-dns");

    private const string Arriving = "arriving";
    private const string Leaving = "leaving";

    /// <summary>The whole table, replaced in one transaction.</summary>
    public static Transaction Replace(IEnumerable<NetAddress> addresses, ushort port)
    {
        Transaction transaction = new Transaction(Id).DestroyTable().AddTable("made by fairlead: cluster DNS of this node")
            .Add(Chain.Hooked(Arriving, ChainType.Filter, Hook.Prerouting, ChainPriority.Raw))
            .Add(Chain.Hooked(Leaving, ChainType.Filter, Hook.Output, ChainPriority.Raw));
        foreach (NetAddress address in addresses)
        {
            Scalar value = Scalar.Address(address.ToIPAddress());
            foreach (IpProtocol protocol in (ReadOnlySpan<IpProtocol>)[IpProtocol.Udp, IpProtocol.Tcp])
            {
                (Field from, Field to) = protocol == IpProtocol.Udp ? (Field.UdpSourcePort, Field.UdpDestinationPort) : (Field.TcpSourcePort, Field.TcpDestinationPort);

                // ip daddr 10.32.0.10 udp dport 53 socket wildcard 0 notrack
                transaction.Add(ArrivingFor(Field.SocketWildcard, 0, Statement.NoTrack));
                if (protocol == IpProtocol.Tcp)
                {
                    // A connection that is being opened, or has ended, isn't a full socket (sk_fullsock): the key above doesn't see it, this one does
                    // (net/netfilter/nft_socket.c). Before it, a listener on all addresses is let go: what it gets is translated.
                    transaction.Add(ArrivingFor(Field.SocketWildcard, 1, Statement.Return));
                    transaction.Add(ArrivingFor(Field.SocketTransparent, 0, Statement.NoTrack));
                }

                Rule ArrivingFor(Field socket, byte answer, ValueList<Expression> then) => Rule.Of(
                    Arriving,
                    Match.Equal(address.IsIPv6 ? Field.Ip6Destination : Field.IpDestination, value),
                    Match.Equal(to, Scalar.Port(port)),
                    Match.Equal(socket, Scalar.Raw([answer])),
                    then);

                // ip saddr 10.32.0.10 udp sport 53 notrack
                transaction.Add(Rule.Of(
                    Leaving,
                    Match.Equal(address.IsIPv6 ? Field.Ip6Source : Field.IpSource, value),
                    Match.Equal(from, Scalar.Port(port)),
                    Statement.NoTrack));
            }
        }

        return transaction;
    }

    /// <summary>Gives the loopback link the addresses, and the table its rules; a second run changes nothing that matters.</summary>
    /// <exception cref="Fairlead.Kernel.KernelException">The kernel refused, such as one without nft_socket.</exception>
    public static void Apply(IReadOnlyCollection<NetAddress> addresses, ushort port)
    {
        using (NfTablesClient tables = NfTablesClient.Open())
        {
            tables.Commit(Replace(addresses, port));
        }

        using RouteNetlink links = RouteNetlink.Open();
        foreach (NetAddress address in addresses)
        {
            links.ReplaceAddress(OnLoopback(address));
        }
    }

    /// <summary>Takes all of it away.</summary>
    public static void Remove(IEnumerable<NetAddress> addresses)
    {
        using NfTablesClient tables = NfTablesClient.Open();
        tables.Commit(new Transaction(Id).DestroyTable());
        using RouteNetlink links = RouteNetlink.Open();
        foreach (NetAddress address in addresses)
        {
            links.DeleteAddress(OnLoopback(address));
        }
    }

    /// <summary>The loopback link is the first of every namespace.</summary>
    private static InterfaceAddress OnLoopback(NetAddress address) => new()
    {
        LinkIndex = 1,
        Address = address.ToIPAddress(),
        PrefixLength = address.Length * 8,
        Scope = RouteScope.Host,
    };
}
