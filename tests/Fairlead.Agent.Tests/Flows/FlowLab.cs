using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Kernel;

namespace Fairlead.Agent.Tests.Flows;

/// <summary>
/// Two nodes on one segment with a client outside, each a network namespace, and pods behind a bridge on each node. Everything is made with
/// <c>ip</c>, so that what our code does is checked against what others made.
/// </summary>
/// <remarks>
/// worker-0 10.240.0.20 fd00:240::20 pods 10.200.0.0/24 fd00:200:0:0::/64: a .5, b .6 · worker-1 10.240.0.21 pods 10.200.1.0/24: c .7, d .8 ·
/// outside 10.240.0.100 fd00:240::100 (routes service and load balancer ranges to worker-0) · far 10.99.0.5 behind outside.
/// </remarks>
public sealed class FlowLab : IDisposable
{
    private static int s_count;
    private readonly string prefix = string.Create(CultureInfo.InvariantCulture, $"flag{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}-");
    private readonly Dictionary<string, NetworkNamespace> namespaces = [];
    private readonly List<Socket> sockets = [];
    private readonly List<string> names = [];

    public FlowLab()
        : this(nodes: 2)
    {
        // worker-1 has no agent here: its routes are made by hand, and it only answers.
        Ip("-n", Name("worker-1"), "route", "add", "10.200.0.0/24", "via", "10.240.0.20");
        Ip("-n", Name("worker-1"), "-6", "route", "add", "fd00:200:0:0::/64", "via", "fd00:240::20");
    }

    /// <summary>Up to four nodes, and nothing that leads from one's pods to another's.</summary>
    public FlowLab(int nodes)
    {
        Make("switch");
        Ip("-n", Name("switch"), "link", "add", "br0", "type", "bridge", "forward_delay", "0");
        Ip("-n", Name("switch"), "link", "set", "br0", "up");
        string[][] pods = [["a:5", "b:6"], ["c:7", "d:8"], ["e:9"], ["f:10"]];
        for (int i = 0; i < nodes; i++)
        {
            Node($"worker-{i.ToString(CultureInfo.InvariantCulture)}", 20 + i, i, pods[i]);
        }

        Make("outside");
        Attach("outside", 100);
        foreach (string range in (string[])["10.32.0.0/24", "203.0.113.0/24"])
        {
            Ip("-n", Name("outside"), "route", "add", range, "via", "10.240.0.20");
        }

        foreach (string range in (string[])["fd00:32::/112", "2001:db8:113::/64"])
        {
            Ip("-n", Name("outside"), "-6", "route", "add", range, "via", "fd00:240::20");
        }

        Ip("-n", Name("outside"), "address", "add", "10.99.0.5/32", "dev", "lo");
        Ip("-n", Name("outside"), "address", "add", "fd00:99::5/128", "dev", "lo", "nodad");
        for (int i = 0; i < nodes; i++)
        {
            string node = Name($"worker-{i.ToString(CultureInfo.InvariantCulture)}");
            Ip("-n", node, "route", "add", "default", "via", "10.240.0.100");
            Ip("-n", node, "-6", "route", "add", "default", "via", "fd00:240::100");
        }
    }

    /// <summary>Makes outside, which is everybody's default gateway, a router that knows where pods are, as a cloud's route table does.</summary>
    public void RoutePodsOutside()
    {
        Run("outside", "sysctl", "-qw", "net.ipv4.ip_forward=1");
        for (int i = 0; names.Contains(Name($"worker-{i.ToString(CultureInfo.InvariantCulture)}")); i++)
        {
            Ip("-n", Name("outside"), "route", "add", string.Create(CultureInfo.InvariantCulture, $"10.200.{i}.0/24"), "via", string.Create(CultureInfo.InvariantCulture, $"10.240.0.{20 + i}"));
        }
    }

    public NetworkNamespace this[string name] => namespaces[name];

    public string Name(string name) => prefix + name;

    /// <summary>Answers on a port, for TCP, UDP and SCTP, with "name source-address".</summary>
    public void Serve(string where, string address, ushort port)
    {
        foreach (ProtocolType protocol in (ProtocolType[])[ProtocolType.Tcp, ProtocolType.Udp])
        {
            Socket socket = this[where].Run(() =>
            {
                IPAddress ip = IPAddress.Parse(address);
                Socket listening = new(ip.AddressFamily, protocol == ProtocolType.Udp ? SocketType.Dgram : SocketType.Stream, protocol);
                listening.Bind(new IPEndPoint(ip, port));
                if (protocol == ProtocolType.Tcp)
                {
                    listening.Listen(64);
                }

                return listening;
            });
            sockets.Add(socket);
            new Thread(() => Answer(socket, where, protocol)) { IsBackground = true }.Start();
        }
    }

    /// <summary>
    /// Connects, sends and listens: "c 10.200.0.5" (who answered, and whom it saw), "rejected", "dropped" or "unreachable".
    /// </summary>
    public string Reach(string from, string to, string protocol = "tcp", string? source = null, int milliseconds = 1500)
    {
        try
        {
            using Socket socket = Connect(from, to, protocol, source, milliseconds);
            socket.Send("hello"u8);
            byte[] buffer = new byte[200];
            return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                // A datagram that the node itself sends and that is refused on its way out fails with EPERM.
                SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.AccessDenied => "rejected",
                SocketError.TimedOut or SocketError.WouldBlock => "dropped",
                SocketError.NetworkUnreachable or SocketError.HostUnreachable => "unreachable",
                _ => e.SocketErrorCode.ToString(),
            };
        }
    }

    /// <summary>A connected socket whose reads and writes time out.</summary>
    public Socket Connect(string from, string to, string protocol = "tcp", string? source = null, int milliseconds = 3000)
    {
        IPEndPoint target = IPEndPoint.Parse(to);
        Socket socket = this[from].Run(() => protocol == "udp"
            ? new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
            : new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        socket.SendTimeout = socket.ReceiveTimeout = milliseconds;
        if (source is not null)
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(source), 0));
        }

        try
        {
            // A blocking connect keeps to SO_SNDTIMEO, and ends with EINPROGRESS.
            socket.Connect(target);
            return socket;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.InProgress or SocketError.WouldBlock)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What a program prints inside a namespace.</summary>
    public string Run(string where, string program, params string[] arguments) => Execute("ip", ["netns", "exec", Name(where), program, .. arguments]);

    public static void Ip(params string[] arguments) => Execute("ip", arguments);

    private void Node(string name, int host, int index, string[] pods)
    {
        Make(name);
        Attach(name, host);
        string number = index.ToString(CultureInfo.InvariantCulture);
        Ip("-n", Name(name), "link", "add", "cnio0", "type", "bridge");
        Ip("-n", Name(name), "link", "set", "cnio0", "up");
        Ip("-n", Name(name), "address", "add", $"10.200.{number}.1/24", "dev", "cnio0");
        Ip("-n", Name(name), "address", "add", $"fd00:200:0:{number}::1/64", "dev", "cnio0", "nodad");
        Run(name, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0");
        foreach (string pod in pods)
        {
            string[] parts = pod.Split(':');
            Make(parts[0]);
            Ip("-n", Name(name), "link", "add", $"v{parts[0]}", "type", "veth", "peer", "eth0", "netns", Name(parts[0]));
            Ip("-n", Name(name), "link", "set", $"v{parts[0]}", "master", "cnio0", "up");
            Ip("-n", Name(parts[0]), "link", "set", "eth0", "up");
            Ip("-n", Name(parts[0]), "address", "add", $"10.200.{number}.{parts[1]}/24", "dev", "eth0");
            Ip("-n", Name(parts[0]), "address", "add", $"fd00:200:0:{number}::{parts[1]}/64", "dev", "eth0", "nodad");
            Ip("-n", Name(parts[0]), "route", "add", "default", "via", $"10.200.{number}.1");
            Ip("-n", Name(parts[0]), "-6", "route", "add", "default", "via", $"fd00:200:0:{number}::1");
        }
    }

    private void Attach(string name, int host)
    {
        string number = host.ToString(CultureInfo.InvariantCulture);
        Ip("-n", Name("switch"), "link", "add", $"p{number}", "type", "veth", "peer", "eth0", "netns", Name(name));
        Ip("-n", Name("switch"), "link", "set", $"p{number}", "master", "br0", "up");
        Ip("-n", Name(name), "link", "set", "eth0", "up");
        Ip("-n", Name(name), "address", "add", $"10.240.0.{number}/24", "dev", "eth0");
        Ip("-n", Name(name), "address", "add", $"fd00:240::{number}/64", "dev", "eth0", "nodad");
    }

    private void Make(string name)
    {
        names.Add(Name(name));
        namespaces[name] = NetworkNamespace.CreateNamed(Name(name));
        Ip("-n", Name(name), "link", "set", "lo", "up");
        Run(name, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0");
    }

    private static void Answer(Socket socket, string name, ProtocolType protocol)
    {
        byte[] buffer = new byte[2000];
        try
        {
            while (true)
            {
                if (protocol == ProtocolType.Udp)
                {
                    EndPoint peer = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
                    socket.ReceiveFrom(buffer, ref peer);
                    socket.SendTo(Encoding.ASCII.GetBytes($"{name} {((IPEndPoint)peer).Address}"), peer);
                    continue;
                }

                Socket connection = socket.Accept();
                new Thread(() => Echo(connection, name)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private static void Echo(Socket connection, string name)
    {
        using (connection)
        {
            byte[] buffer = new byte[2000];
            try
            {
                while (connection.Receive(buffer) > 0)
                {
                    connection.Send(Encoding.ASCII.GetBytes($"{name} {((IPEndPoint)connection.RemoteEndPoint!).Address}"));
                }
            }
            catch (SocketException)
            {
            }
        }
    }

    private static string Execute(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {error.Result}{output}");
    }

    public void Dispose()
    {
        foreach (Socket socket in sockets)
        {
            socket.Dispose();
        }

        foreach (NetworkNamespace one in namespaces.Values)
        {
            one.Dispose();
        }

        foreach (string name in names)
        {
            NetworkNamespace.DeleteNamed(name);
        }
    }
}
