using System.Text;
using Fairlead.Kernel.Interop;

namespace Fairlead.Kernel;

/// <summary>Work that a link's driver takes off the kernel's hands (<c>ethtool -k</c>). The value is the number of the command that reads it; that which sets it is one higher.</summary>
public enum LinkFeature : uint
{
    /// <summary>ETHTOOL_GRXCSUM: checksums of what comes in.</summary>
    ReceiveChecksum = 0x14,

    /// <summary>ETHTOOL_GTXCSUM: checksums of what goes out. To be switched off on a VXLAN link where hardware below it gets them wrong.</summary>
    TransmitChecksum = 0x16,

    /// <summary>ETHTOOL_GTSO: cutting TCP into segments.</summary>
    TcpSegmentation = 0x1e,

    /// <summary>ETHTOOL_GGSO: cutting into segments late, in software.</summary>
    GenericSegmentation = 0x23,

    /// <summary>ETHTOOL_GGRO: joining segments that come in.</summary>
    GenericReceive = 0x2b,
}

/// <summary>Reads and switches the features of links in one network namespace, that of the thread which opened it. Source: linux/ethtool.h.</summary>
public sealed class Ethtool : IDisposable
{
    /// <summary>SIOCETHTOOL.</summary>
    private const nuint Request = 0x8946;

    private readonly Descriptor _socket;

    private Ethtool(Descriptor socket)
    {
        _socket = socket;
    }

    /// <summary>Opens in the calling thread's network namespace.</summary>
    /// <exception cref="KernelException">There are too many descriptors.</exception>
    public static Ethtool Open()
    {
        int number = LibC.Socket(LibC.AfInet, LibC.SockDatagram | LibC.SockCloexec, 0);
        return number >= 0 ? new Ethtool(new Descriptor(number)) : throw new KernelException("open a socket for ethtool", LibC.LastError);
    }

    /// <summary>Opens in a namespace, from outside.</summary>
    /// <exception cref="KernelException">The namespace could not be entered.</exception>
    public static Ethtool Open(NetworkNamespace networkNamespace) => networkNamespace.Run(Open);

    /// <summary>Says whether a link has a feature on.</summary>
    /// <exception cref="KernelException">There is no such link (<see cref="Errno.NoDevice"/>), or it doesn't know the feature (<see cref="Errno.NotSupported"/>).</exception>
    public bool Read(string link, LinkFeature feature) => Call(link, (uint)feature, 0, $"read {feature} of link {link}") != 0;

    /// <summary>Switches a feature on or off; true where that changed it.</summary>
    /// <exception cref="KernelException">There is no such link, or it can't switch the feature.</exception>
    public bool Set(string link, LinkFeature feature, bool on)
    {
        if (Read(link, feature) == on)
        {
            return false;
        }

        Call(link, (uint)feature + 1, on ? 1u : 0u, $"set {feature} of link {link} {(on ? "on" : "off")}");
        return true;
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => _socket.Dispose();

    private unsafe uint Call(string link, uint command, uint value, string operation)
    {
        uint* data = stackalloc uint[2]; // struct ethtool_value
        data[0] = command;
        data[1] = value;
        LibC.InterfaceRequest request = new() { Data = data };
        if (Encoding.UTF8.GetByteCount(link) > 15)
        {
            throw new KernelException(operation, Errno.NoDevice);
        }

        Encoding.UTF8.GetBytes(link, new Span<byte>(request.Name, 15));
        return LibC.InputOutputControl(_socket, Request, &request) == 0 ? data[1] : throw new KernelException(operation, LibC.LastError);
    }
}
