using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fairlead.Agent.Tests.Flows;

namespace Fairlead.Agent.Tests.Routes;

/// <summary>
/// Puts a wire between the switch and worker-1 that carries frames as their bytes are. What the sender's kernel leaves to hardware, the checksum of a UDP or TCP packet, nobody
/// makes then: this is what broken checksum offload looks like to the receiver.
/// </summary>
internal sealed class CarelessWire : IDisposable
{
    private const AddressFamily PacketFamily = AddressFamily.Packet;
    private const ProtocolType AllProtocols = (ProtocolType)0x0300; // ETH_P_ALL in network order
    private readonly Socket near;
    private readonly Socket far;
    private readonly List<Thread> threads = [];
    private volatile bool stopped;

    public CarelessWire(FlowLab lab)
    {
        string name = lab.Name("switch");
        FlowLab.Ip("-n", name, "link", "set", "p21", "nomaster");
        FlowLab.Ip("-n", name, "link", "add", "near", "type", "veth", "peer", "inner");
        FlowLab.Ip("-n", name, "link", "set", "inner", "master", "br0", "up");
        FlowLab.Ip("-n", name, "link", "set", "near", "up", "promisc", "on");
        FlowLab.Ip("-n", name, "link", "set", "p21", "promisc", "on");
        near = lab["switch"].Run(() => Open(IndexOf(lab, "near")));
        far = lab["switch"].Run(() => Open(IndexOf(lab, "p21")));
        Carry(near, far);
        Carry(far, near);
    }

    private static int IndexOf(FlowLab lab, string link) =>
        int.Parse(lab.Run("switch", "ip", "-o", "link", "show", link).Split(':')[0], CultureInfo.InvariantCulture);

    private static Socket Open(int index)
    {
        Socket socket = new(PacketFamily, SocketType.Raw, AllProtocols);
        socket.SetRawSocketOption(263, 23, BitConverter.GetBytes(1)); // SOL_PACKET, PACKET_IGNORE_OUTGOING
        socket.Bind(new LinkEndPoint(index));
        socket.ReceiveTimeout = 100;
        return socket;
    }

    private void Carry(Socket from, Socket to)
    {
        Thread thread = new(() =>
        {
            byte[] frame = new byte[70_000];
            while (!stopped)
            {
                try
                {
                    int length = from.Receive(frame);
                    to.Send(frame.AsSpan(0, length));
                }
                catch (SocketException)
                {
                    // Nothing came, or a frame too long to send on.
                }
            }
        })
        { IsBackground = true };
        thread.Start();
        threads.Add(thread);
    }

    public void Dispose()
    {
        stopped = true;
        threads.ForEach(t => t.Join());
        near.Dispose();
        far.Dispose();
    }

    /// <summary>struct sockaddr_ll: all frames of one link.</summary>
    private sealed class LinkEndPoint(int index) : EndPoint
    {
        public override AddressFamily AddressFamily => PacketFamily;

        public override SocketAddress Serialize()
        {
            SocketAddress address = new(PacketFamily, 20);
            Span<byte> bytes = address.Buffer.Span;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], 3); // ETH_P_ALL
            BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], index);
            return address;
        }
    }
}
