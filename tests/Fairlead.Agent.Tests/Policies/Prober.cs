using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Runtime.InteropServices;
using Fairlead.Kernel;

namespace Fairlead.Agent.Tests.Policies;

/// <summary>A connection that is tried.</summary>
internal readonly record struct Probe(string From, string To, string Protocol, ushort Port, bool IPv6);

/// <summary>A pod that is tried, with the namespace in which its sockets are opened.</summary>
internal sealed record ProbedPod(string Name, NetworkNamespace Namespace, IPAddress Address4, IPAddress Address6);

/// <summary>
/// Tries all pairs at once, in this process: each pod's namespace holds listening sockets, and connections begin from sockets that were opened there. TCP is
/// reached when the handshake is done, UDP and SCTP (raw, because not every kernel has SCTP sockets) when the packet arrives.
/// </summary>
internal sealed class Prober : IDisposable
{
    private static readonly ushort[] s_ports = [80, 81];
    private readonly Dictionary<string, ProbedPod> pods;
    private readonly Dictionary<(string Pod, ushort Port, bool IPv6), Socket> tcp = [];
    private readonly Dictionary<(string Pod, ushort Port, bool IPv6), Socket> udp = [];
    private readonly Dictionary<(string Pod, bool IPv6), Socket> sctp = [];
    private readonly byte[] buffer = new byte[2048];
    private uint number;

    public Prober(IReadOnlyList<ProbedPod> pods)
    {
        this.pods = pods.ToDictionary(p => p.Name);
        All =
        [
            .. from ipv6 in (bool[])[false, true]
               from protocol in (string[])["TCP", "UDP", "SCTP"]
               from port in s_ports
               from source in pods
               from destination in pods
               where source != destination
               select new Probe(source.Name, destination.Name, protocol, port, ipv6),
        ];
        foreach (ProbedPod pod in pods)
        {
            pod.Namespace.Run(() =>
            {
                foreach (bool ipv6 in (bool[])[false, true])
                {
                    IPAddress address = Address(pod.Name, ipv6);
                    sctp[(pod.Name, ipv6)] = Raw(address);
                    foreach (ushort port in s_ports)
                    {
                        Socket listening = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                        listening.Bind(new IPEndPoint(address, port));
                        listening.Listen(128);
                        tcp[(pod.Name, port, ipv6)] = listening;
                        Socket datagrams = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
                        datagrams.Bind(new IPEndPoint(address, port));
                        udp[(pod.Name, port, ipv6)] = datagrams;
                    }
                }

                return 0;
            });
        }
    }

    /// <summary>All pairs of pods, ports and protocols.</summary>
    public IReadOnlyList<Probe> All { get; }

    public IPAddress Address(string pod, bool ipv6) => ipv6 ? pods[pod].Address6 : pods[pod].Address4;

    /// <summary>Those that arrive. It waits for those in <paramref name="expected"/> and then a moment for others.</summary>
    public HashSet<Probe> Reach(IReadOnlyList<Probe> probes, IReadOnlySet<Probe> expected, int seconds = 20)
    {
        HashSet<Probe> reached = [];
        Dictionary<Socket, Probe> connecting = [];
        Dictionary<uint, Probe> sent = [];
        List<Socket> opened = [];
        foreach (IGrouping<string, Probe> group in probes.GroupBy(p => p.From))
        {
            pods[group.Key].Namespace.Run(() => Begin(group, connecting, sent, opened));
        }

        try
        {
            long until = Environment.TickCount64 + (seconds * 1000);
            long? grace = null;
            while (Environment.TickCount64 < (grace ?? until))
            {
                Collect(connecting, sent, reached);
                if (grace is null && expected.IsSubsetOf(reached))
                {
                    grace = Environment.TickCount64 + 30;
                }

                Thread.Sleep(1);
            }

            return reached;
        }
        finally
        {
            foreach (Socket socket in opened)
            {
                socket.Close(0);
            }

            foreach (Socket socket in tcp.Values)
            {
                while (socket.Poll(0, SelectMode.SelectRead))
                {
                    socket.Accept().Close(0);
                }
            }
        }
    }

    private int Begin(IEnumerable<Probe> probes, Dictionary<Socket, Probe> connecting, Dictionary<uint, Probe> sent, List<Socket> opened)
    {
        Dictionary<bool, Socket> raw = [];
        foreach (Probe probe in probes)
        {
            IPEndPoint target = new(Address(probe.To, probe.IPv6), probe.Port);
            if (probe.Protocol == "TCP")
            {
                Socket socket = new(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                opened.Add(socket);
                connecting.Add(socket, probe);
                try
                {
                    socket.Connect(target);
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                }

                continue;
            }

            sent.Add(++number, probe);
            if (probe.Protocol == "UDP")
            {
                Socket socket = new(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                opened.Add(socket);
                byte[] datagram = new byte[4];
                BinaryPrimitives.WriteUInt32BigEndian(datagram, number);
                socket.SendTo(datagram, target);
                continue;
            }

            if (!raw.TryGetValue(probe.IPv6, out Socket? sctpSocket))
            {
                raw.Add(probe.IPv6, sctpSocket = Raw(Address(probe.From, probe.IPv6)));
                opened.Add(sctpSocket);
            }

            sctpSocket.SendTo(Init((ushort)(1024 + (number % 60000)), probe.Port, number), new IPEndPoint(target.Address, 0));
        }

        return 0;
    }

    private void Collect(Dictionary<Socket, Probe> connecting, Dictionary<uint, Probe> sent, HashSet<Probe> reached)
    {
        List<Socket> writable = [.. connecting.Keys];
        if (writable.Count > 0)
        {
            Socket.Select(null, writable, null, 0);
            foreach (Socket socket in writable)
            {
                connecting.Remove(socket, out Probe probe);
                if ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! == 0)
                {
                    reached.Add(probe);
                }
            }
        }

        foreach (Socket socket in udp.Values)
        {
            while (socket.Available > 0)
            {
                Note(buffer.AsSpan(0, socket.Receive(buffer)));
            }
        }

        foreach (((string _, bool ipv6), Socket socket) in sctp)
        {
            while (socket.Poll(0, SelectMode.SelectRead))
            {
                // A raw IPv4 socket gives the IP header, too. The number stands in the INIT chunk's initiate tag.
                ReadOnlySpan<byte> packet = buffer.AsSpan(0, socket.Receive(buffer));
                packet = ipv6 ? packet : packet[((packet[0] & 15) * 4)..];
                Note(packet.Slice(16, 4));
            }
        }

        void Note(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length >= 4 && sent.TryGetValue(BinaryPrimitives.ReadUInt32BigEndian(bytes), out Probe probe))
            {
                reached.Add(probe);
            }
        }
    }

    /// <summary>An SCTP packet with an INIT chunk (RFC 9260, section 3.3.2) and its CRC32c.</summary>
    private static byte[] Init(ushort source, ushort destination, uint tag)
    {
        byte[] packet = new byte[32];
        BinaryPrimitives.WriteUInt16BigEndian(packet, source);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), destination);
        packet[12] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(14), 20);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(16), tag);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(20), 65536);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(24), 1);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(26), 1);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(28), 1);
        uint crc = uint.MaxValue;
        foreach (byte one in packet)
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(8), ~crc);
        return packet;
    }

    /// <summary>.NET knows no raw sockets of SCTP.</summary>
    private static Socket Raw(IPAddress address)
    {
        int descriptor = OpenSocket(address.AddressFamily == AddressFamily.InterNetwork ? 2 : 10, 3 | 0x80000, 132);
        Assert.True(descriptor >= 0, $"no raw SCTP socket: errno {Marshal.GetLastPInvokeError()}");
        Socket socket = new(new SafeSocketHandle(descriptor, ownsHandle: true)) { Blocking = false, ReceiveBufferSize = 1 << 20 };
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    [DllImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static extern int OpenSocket(int domain, int type, int protocol);

    public void Dispose()
    {
        foreach (Socket socket in tcp.Values.Concat(udp.Values).Concat(sctp.Values))
        {
            socket.Dispose();
        }
    }
}
