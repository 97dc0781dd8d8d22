using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel;

namespace Fairlead.Bench.Services;

/// <summary>A client, a node that routes, and a server: three namespaces with veths between.</summary>
internal sealed class TwoPods : IDisposable
{
    private readonly string prefix = string.Create(CultureInfo.InvariantCulture, $"flb{Environment.ProcessId}-");
    private readonly List<Socket> sockets = [];

    public TwoPods()
    {
        Client = NetworkNamespace.CreateNamed(prefix + "client");
        Node = NetworkNamespace.CreateNamed(prefix + "node");
        Server = NetworkNamespace.CreateNamed(prefix + "server");
        Join("client", "10.200.0.5", "10.200.0.1");
        Join("server", "10.200.1.7", "10.200.1.1");
        Ip("netns", "exec", prefix + "node", "sysctl", "-qw", "net.ipv4.ip_forward=1");
    }

    public NetworkNamespace Client { get; }

    public NetworkNamespace Node { get; }

    public NetworkNamespace Server { get; }

    public void AddServerAddress(string address) => Ip("-n", prefix + "server", "address", "add", $"{address}/32", "dev", "eth0");

    public void RouteToServer(string range) => Ip("-n", prefix + "node", "route", "add", range, "via", "10.200.1.7");

    /// <summary>Echoes on all of the server's addresses.</summary>
    public void Serve(ushort port)
    {
        Socket listener = Server.Run(() =>
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen(1024);
            return socket;
        });
        sockets.Add(listener);
        new Thread(() =>
        {
            try
            {
                while (true)
                {
                    Socket peer = listener.Accept();
                    new Thread(() => Echo(peer), 128 * 1024) { IsBackground = true }.Start();
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
            }
        })
        { IsBackground = true }.Start();
    }

    public Socket Connect(IPEndPoint target, int milliseconds = 5000)
    {
        Socket socket = Client.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        socket.SendTimeout = socket.ReceiveTimeout = milliseconds;
        socket.Connect(target);
        return socket;
    }

    private static void Echo(Socket peer)
    {
        using (peer)
        {
            byte[] buffer = new byte[256];
            try
            {
                while (peer.Receive(buffer) is > 0 and var read)
                {
                    peer.Send(buffer.AsSpan(0, read));
                }
            }
            catch (SocketException)
            {
            }
        }
    }

    private void Join(string name, string address, string gateway)
    {
        Ip("-n", prefix + "node", "link", "add", name, "type", "veth", "peer", "eth0", "netns", prefix + name);
        Ip("-n", prefix + "node", "address", "add", $"{gateway}/24", "dev", name);
        Ip("-n", prefix + "node", "link", "set", name, "up");
        Ip("-n", prefix + name, "link", "set", "lo", "up");
        Ip("-n", prefix + name, "link", "set", "eth0", "up");
        Ip("-n", prefix + name, "address", "add", $"{address}/24", "dev", "eth0");
        Ip("-n", prefix + name, "route", "add", "default", "via", gateway);
    }

    private static void Ip(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments))!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)} failed");
        }
    }

    public void Dispose()
    {
        foreach (Socket socket in sockets)
        {
            socket.Dispose();
        }

        foreach (NetworkNamespace one in (NetworkNamespace[])[Client, Node, Server])
        {
            one.Dispose();
        }

        foreach (string name in (string[])["client", "node", "server"])
        {
            NetworkNamespace.DeleteNamed(prefix + name);
        }
    }
}
