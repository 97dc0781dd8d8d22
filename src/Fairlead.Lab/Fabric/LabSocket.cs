using System.Net;
using System.Net.Sockets;

namespace Fairlead.Lab.Fabric;

/// <summary>The listening socket on the machine's loopback that is handed to the API server: all that joins a lab to the machine.</summary>
internal sealed class LabSocket : IDisposable
{
    private const int Backlog = 512;

    private LabSocket(Socket socket) => Socket = socket;

    public Socket Socket { get; }

    public int Port => ((IPEndPoint)Socket.LocalEndPoint!).Port;

    /// <summary>Listens on 127.0.0.1; port 0 takes one that is free.</summary>
    /// <exception cref="LabException">The port is taken.</exception>
    public static LabSocket Listen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(Backlog);
            return new LabSocket(socket);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new LabException($"the API can't listen on 127.0.0.1:{port}: {exception.Message}. Choose another with --api-port, or leave it out.", exception);
        }
    }

    public void Dispose() => Socket.Dispose();
}
