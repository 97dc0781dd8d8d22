using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Dns.Serving.Native;

/// <summary>A file descriptor that is closed exactly once, and not while a call uses it.</summary>
internal sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    public Descriptor()
        : base(ownsHandle: true)
    {
    }

    public Descriptor(int number)
        : this() => SetHandle(number);

    /// <summary>The descriptor's number. Valid while this object is.</summary>
    public int Number => (int)handle;

    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;
}

/// <summary>The C library's calls that this project needs, all of them in this file. Layouts are those of 64-bit Linux.</summary>
internal static partial class LibC
{
    private const string Library = "libc";

    internal const int AfUnix = 1;
    internal const int AfInet = 2;
    internal const int AfInet6 = 10;
    internal const int SockStream = 1;
    internal const int SockDatagram = 2;
    internal const int SockNonBlock = 0x800;
    internal const int SockCloexec = 0x80000;

    internal const int SolIP = 0;
    internal const int SolSocket = 1;
    internal const int SolTcp = 6;
    internal const int SolIPv6 = 41;
    internal const int SoReuseAddress = 2;
    internal const int SoReceiveBuffer = 8;
    internal const int SoReusePort = 15;
    internal const int SoReceiveTimeout = 20;
    internal const int SoReceiveBufferForce = 33;
    internal const int IPPacketInfo = 8;
    internal const int IPFreeBind = 15;
    internal const int IPv6Only = 26;
    internal const int IPv6ReceivePacketInfo = 49;
    internal const int IPv6PacketInfo = 50;
    internal const int IPv6FreeBind = 78;
    internal const int TcpNoDelay = 1;
    internal const int ScmRights = 1;

    internal const int MsgTruncated = 0x20;
    internal const int MsgDontWait = 0x40;
    internal const int MsgNoSignal = 0x4000;
    internal const int MsgWaitForOne = 0x10000;
    internal const int MsgCloseOnExec = 0x40000000;

    internal const int EpollAdd = 1;
    internal const int EpollDelete = 2;
    internal const int EpollModify = 3;
    internal const uint EpollIn = 1;
    internal const uint EpollOut = 4;
    internal const uint EpollError = 8;
    internal const uint EpollHangUp = 0x10;
    internal const uint EpollPeerClosed = 0x2000;
    internal const int EventFdNonBlock = 0x800;
    internal const int EventFdCloexec = 0x80000;

    internal const int ErrorInterrupted = 4;
    internal const int ErrorTryAgain = 11;

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct Vector
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct MessageHeader
    {
        public byte* Name;
        public uint NameLength;
        public Vector* Vectors;
        public nuint VectorCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>struct mmsghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ManyMessageHeader
    {
        public MessageHeader Header;
        public uint Length;
    }

    /// <summary>struct cmsghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ControlHeader
    {
        public nuint Length;
        public int Level;
        public int Type;
    }

    /// <summary>struct timeval.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeValue
    {
        public nint Seconds;
        public nint Microseconds;
    }

    /// <summary>struct epoll_event, which is packed on x86-64 only.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 12)]
    internal struct PackedEpollEvent
    {
        [FieldOffset(0)]
        public uint Events;

        [FieldOffset(4)]
        public int Number;
    }

    /// <summary>struct epoll_event on other architectures.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct AlignedEpollEvent
    {
        [FieldOffset(0)]
        public uint Events;

        [FieldOffset(8)]
        public int Number;
    }

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int domain, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    internal static unsafe partial int Bind(Descriptor socket, byte* address, uint length);

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    internal static unsafe partial int Connect(Descriptor socket, byte* address, uint length);

    [LibraryImport(Library, EntryPoint = "listen", SetLastError = true)]
    internal static partial int Listen(Descriptor socket, int backlog);

    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    internal static unsafe partial int Accept(Descriptor socket, byte* address, uint* length, int flags);

    [LibraryImport(Library, EntryPoint = "getsockname", SetLastError = true)]
    internal static unsafe partial int GetSocketName(Descriptor socket, byte* address, uint* length);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSocketOption(Descriptor socket, int level, int name, in int value, uint length);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSocketOption(Descriptor socket, int level, int name, in TimeValue value, uint length);

    [LibraryImport(Library, EntryPoint = "recvmmsg", SetLastError = true)]
    internal static unsafe partial int ReceiveMany(Descriptor socket, ManyMessageHeader* messages, uint count, int flags, void* timeout);

    [LibraryImport(Library, EntryPoint = "sendmmsg", SetLastError = true)]
    internal static unsafe partial int SendMany(Descriptor socket, ManyMessageHeader* messages, uint count, int flags);

    [LibraryImport(Library, EntryPoint = "sendmsg", SetLastError = true)]
    internal static unsafe partial nint SendMessage(Descriptor socket, MessageHeader* message, int flags);

    [LibraryImport(Library, EntryPoint = "recvmsg", SetLastError = true)]
    internal static unsafe partial nint ReceiveMessage(Descriptor socket, MessageHeader* message, int flags);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    internal static unsafe partial nint Receive(Descriptor socket, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    internal static unsafe partial nint Send(Descriptor socket, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EpollCreate(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    private static unsafe partial int EpollControl(Descriptor epoll, int operation, int descriptor, void* change);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    internal static unsafe partial int EpollWait(Descriptor epoll, void* events, int count, int milliseconds);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventFd(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static unsafe partial nint Read(Descriptor descriptor, void* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static unsafe partial nint Write(Descriptor descriptor, void* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    /// <summary>For calls that not every C library has by name.</summary>
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static unsafe partial nint SystemCall(nint number, nint first, void* second, nint third, nint fourth);

    /// <summary>The errno of the last call of this thread.</summary>
    internal static int LastError => Marshal.GetLastPInvokeError();

    internal static bool IsEpollEventPacked { get; } = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>epoll_ctl, with the descriptor's number as what comes back.</summary>
    internal static unsafe int EpollControl(Descriptor epoll, int operation, int descriptor, uint events)
    {
        if (IsEpollEventPacked)
        {
            PackedEpollEvent packed = new() { Events = events, Number = descriptor };
            return EpollControl(epoll, operation, descriptor, &packed);
        }

        AlignedEpollEvent aligned = new() { Events = events, Number = descriptor };
        return EpollControl(epoll, operation, descriptor, &aligned);
    }
}
