using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Lab.Native;

/// <summary>
/// Where an OCI runtime hands over the master end of a new terminal: it connects to a socket and sends the descriptor as a control message
/// (SCM_RIGHTS, unix(7); OCI runtime specification, <c>--console-socket</c>).
/// </summary>
internal sealed class ConsoleSocket : IDisposable
{
    private const int SolSocket = 1;
    private const int ScmRights = 1;
    private const int ControlHeader = 16; // struct cmsghdr on 64-bit machines: size_t, int, int.

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>Listens at a path of at most 107 bytes.</summary>
    public ConsoleSocket(string path)
    {
        Path = path;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(1);
    }

    public string Path { get; }

    /// <summary>Waits for the terminal.</summary>
    /// <exception cref="IOException">Something else came.</exception>
    public async Task<SafeFileHandle> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var peer = await _listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
        peer.Blocking = true;
        return await Task.Run(() => Receive(peer), CancellationToken.None).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(Path);
    }

    private static unsafe SafeFileHandle Receive(Socket peer)
    {
        var data = stackalloc byte[256];
        var control = stackalloc byte[64];
        LibC.IoVector vector = new() { Base = data, Length = 256 };
        LibC.MessageHeader message = new() { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = 64 };
        const int closeOnExec = 0x40000000; // MSG_CMSG_CLOEXEC
        if (LibC.ReceiveMessage((int)peer.Handle, &message, closeOnExec) < 0)
        {
            throw LibC.Failure("receive a terminal");
        }

        if (message.ControlLength < ControlHeader + sizeof(int) || *(int*)(control + 8) != SolSocket || *(int*)(control + 12) != ScmRights)
        {
            throw new IOException("receive a terminal: no descriptor came");
        }

        return new SafeFileHandle(*(int*)(control + ControlHeader), ownsHandle: true);
    }
}
