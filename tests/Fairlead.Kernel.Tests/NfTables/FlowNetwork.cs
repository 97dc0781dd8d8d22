using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Kernel.NfTables;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.NfTables;

/// <summary>
/// client 10.240.0.100 — eth0 10.240.0.1 node 10.200.0.1 — backends 10.200.0.11 and 10.200.0.12, each a network namespace; the service layout is on the node.
/// Each backend answers TCP and UDP with "address:port source".
/// </summary>
public sealed class FlowNetwork : IDisposable
{
    // An ICMP error that comes while connect still holds the socket only counts when the SYN is sent again, after one second.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(1700);

    private readonly Scratch _scratch = new();
    private readonly List<Socket> _listeners = [];

    public FlowNetwork()
    {
        Client = _scratch.Namespace();
        Node = _scratch.Namespace();
        Backends = [_scratch.Namespace(), _scratch.Namespace()];
        foreach (NetworkNamespace space in (NetworkNamespace[])[Client, Node, .. Backends])
        {
            Witness.Run(space, "sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 net.ipv4.icmp_ratelimit=0 net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
            Witness.Run(space, "ip link set lo up");
        }

        Join(Client, "10.240.0.100/24", "fd00:240::100/64", "eth0", "10.240.0.1/24", "fd00:240::1/64");
        Witness.Run(Client, "ip route add default via 10.240.0.1");
        Witness.Run(Client, "ip -6 route add default via fd00:240::1");
        for (int index = 0; index < Backends.Length; index++)
        {
            string name = $"pod{index}";
            Join(Backends[index], $"10.200.0.1{index + 1}/32", $"fd00:200::1{index + 1}/128", name, "10.200.0.1/32", "fd00:200::1/128");
            Witness.Run(Node, $"ip route add 10.200.0.1{index + 1}/32 dev {name}");
            Witness.Run(Node, $"ip -6 route add fd00:200::1{index + 1}/128 dev {name}");
            Witness.Run(Backends[index], "ip route add default via 10.200.0.1 dev eth0 onlink");
            Witness.Run(Backends[index], "ip -6 route add default via fd00:200::1 dev eth0 onlink");
            Serve(Backends[index], $"10.200.0.1{index + 1}", $"fd00:200::1{index + 1}");
        }

        Serve(Client, "10.240.0.100", "fd00:240::100");
        NfTables = Node.Run(NfTablesClient.Open);
        NfTables.Commit(ServiceLayout.Build());
    }

    public NetworkNamespace Client { get; }

    public NetworkNamespace Node { get; }

    public NetworkNamespace[] Backends { get; }

    public NfTablesClient NfTables { get; }

    public void Dispose()
    {
        NfTables.Dispose();
        foreach (Socket listener in _listeners)
        {
            listener.Dispose();
        }

        _scratch.Dispose();
    }

    /// <summary>What a connection meets: "endpoint seen-source", "rejected" or "silence".</summary>
    internal static string Try(NetworkNamespace from, string to, ProtocolType protocol)
    {
        IPEndPoint target = IPEndPoint.Parse(to);

        // The socket belongs to the namespace in which it was made; a thread of its own waits, since nothing else bounds a blocking connect.
        using Socket socket = from.Run(() => new Socket(target.AddressFamily, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol));
        string answer = "silence";
        Thread thread = new(() => answer = Ask(socket, target)) { IsBackground = true };
        thread.Start();
        if (!thread.Join(s_patience))
        {
            return "silence";
        }

        return answer;
    }

    private static string Ask(Socket socket, IPEndPoint target)
    {
        try
        {
            socket.ReceiveTimeout = (int)s_patience.TotalMilliseconds;
            socket.Connect(target);
            if (socket.ProtocolType == ProtocolType.Udp)
            {
                socket.Send("?"u8);
            }

            byte[] answer = new byte[200];
            return Encoding.ASCII.GetString(answer, 0, socket.Receive(answer));
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock ? "silence" : "rejected";
        }
        catch (ObjectDisposedException)
        {
            return "silence";
        }
    }

    private void Join(NetworkNamespace space, string four, string six, string name, string nodeFour, string nodeSix)
    {
        string peer = $"t{name}";
        Witness.Run(Node, $"ip link add {name} type veth peer name {peer}");
        using System.Diagnostics.Process sleeper = space.StartProcess(new System.Diagnostics.ProcessStartInfo("sleep", "5"));
        Witness.Run(Node, $"ip link set {peer} netns {sleeper.Id}");
        sleeper.Kill();
        Witness.Run(space, $"ip link set {peer} name eth0");
        foreach ((NetworkNamespace where, string link, string v4, string v6) in ((NetworkNamespace, string, string, string)[])[(space, "eth0", four, six), (Node, name, nodeFour, nodeSix)])
        {
            Witness.Run(where, $"ip addr add {v4} dev {link}");
            Witness.Run(where, $"ip -6 addr add {v6} dev {link} nodad");
            Witness.Run(where, $"ip link set {link} up");
        }
    }

    private void Serve(NetworkNamespace space, string four, string six)
    {
        space.Run(() =>
        {
            foreach (string address in (string[])[four, six])
            {
                foreach (int port in (int[])[8080, 6443, 9090])
                {
                    Socket listener = new(IPAddress.Parse(address).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                    listener.Bind(new IPEndPoint(IPAddress.Parse(address), port));
                    listener.Listen();
                    _listeners.Add(listener);
                    new Thread(() => Accept(listener)) { IsBackground = true }.Start();
                }
            }

            Socket datagrams = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            datagrams.Bind(new IPEndPoint(IPAddress.Parse(four), 5353));
            _listeners.Add(datagrams);
            new Thread(() => Echo(datagrams)) { IsBackground = true }.Start();
        });
    }

    private static void Accept(Socket listener)
    {
        try
        {
            while (true)
            {
                using Socket connection = listener.Accept();
                connection.Send(Encoding.ASCII.GetBytes($"{listener.LocalEndPoint} {((IPEndPoint)connection.RemoteEndPoint!).Address}"));
            }
        }
        catch (SocketException)
        {
            // The test is over.
        }
        catch (ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static void Echo(Socket socket)
    {
        byte[] buffer = new byte[100];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        try
        {
            while (true)
            {
                socket.ReceiveFrom(buffer, ref from);
                socket.SendTo(Encoding.ASCII.GetBytes($"{socket.LocalEndPoint} {((IPEndPoint)from).Address}"), from);
            }
        }
        catch (SocketException)
        {
            // The test is over.
        }
        catch (ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
