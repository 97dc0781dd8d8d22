using System.Runtime.InteropServices;

namespace Fairlead.Kernel.Interop;

/// <summary>The C library's calls that this project needs, all of them in this file.</summary>
internal static partial class LibC
{
    private const string Library = "libc";

    internal const int AfInet = 2;
    internal const int AfNetlink = 16;
    internal const int SockDatagram = 2;
    internal const int SockRaw = 3;
    internal const int SockCloexec = 0x80000;

    internal const int SolSocket = 1;
    internal const int SoSndBuf = 7;
    internal const int SoRcvBuf = 8;
    internal const int SoSndBufForce = 32;
    internal const int SoRcvBufForce = 33;

    internal const int SolNetlink = 270;
    internal const int NetlinkAddMembership = 1;
    internal const int NetlinkDropMembership = 2;
    internal const int NetlinkListenAllNsid = 8;
    internal const int NetlinkCapAck = 10;
    internal const int NetlinkExtAck = 11;
    internal const int NetlinkGetStrictCheck = 12;

    internal const int MsgDontWait = 0x40;
    internal const int MsgTrunc = 0x20;

    internal const short PollIn = 1;
    internal const short PollErr = 8;

    internal const int EventFdCloexec = 0x80000;
    internal const int EventFdNonBlock = 0x800;

    internal const int OpenReadOnly = 0;
    internal const int OpenWriteOnly = 1;
    internal const int OpenCreate = 0x40;
    internal const int OpenExclusive = 0x80;
    internal const int OpenCloexec = 0x80000;
    internal const int OpenDirectory = 0x10000;

    internal const int LockExclusive = 2;

    internal const int CloneNewNs = 0x00020000;
    internal const int CloneNewNet = 0x40000000;
    internal const int CloneFs = 0x00000200;

    internal const int UnmountDetach = 2;

    internal const int AdviceWillNeed = 3;
    internal const int AdviceDontNeed = 4;
    internal const int AdvicePageOut = 21;

    /// <summary>struct sockaddr_nl.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SocketAddressNetlink
    {
        public ushort Family;
        public ushort Padding;
        public uint PortId;
        public uint Groups;
    }

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short ReturnedEvents;
    }

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int domain, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    internal static partial int Connect(Descriptor socket, in SocketAddressNetlink address, uint length);

    [LibraryImport(Library, EntryPoint = "getsockname", SetLastError = true)]
    internal static partial int GetSocketName(Descriptor socket, ref SocketAddressNetlink address, ref uint length);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSocketOption(Descriptor socket, int level, int name, in int value, uint length);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    internal static unsafe partial nint Send(Descriptor socket, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    internal static unsafe partial nint Receive(Descriptor socket, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static unsafe partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventFd(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static unsafe partial nint Write(Descriptor descriptor, void* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static unsafe partial nint Read(Descriptor descriptor, void* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(nint descriptor);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(Descriptor descriptor, int operation);

    [LibraryImport(Library, EntryPoint = "setns", SetLastError = true)]
    internal static partial int SetNamespace(Descriptor descriptor, int type);

    [LibraryImport(Library, EntryPoint = "unshare", SetLastError = true)]
    internal static partial int Unshare(int flags);

    [LibraryImport(Library, EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mount(string? source, string target, string? type, nuint flags, string? data);

    [LibraryImport(Library, EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unmount(string target, int flags);

    [LibraryImport(Library, EntryPoint = "if_nametoindex", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial uint InterfaceIndex(string name);

    [LibraryImport(Library, EntryPoint = "madvise", SetLastError = true)]
    internal static partial int Advise(nuint address, nuint length, int advice);

    [LibraryImport(Library, EntryPoint = "get_nprocs_conf")]
    internal static partial int ConfiguredProcessors();

    [LibraryImport(Library, EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static unsafe partial int SetAffinity(int thread, nuint size, byte* mask);

    /// <summary>Keeps the calling thread on one processor; quiet where it may not run there, and stays where it is.</summary>
    internal static unsafe void StayOnProcessor(int number)
    {
        // cpu_set_t: 1024 bits.
        byte* mask = stackalloc byte[128];
        new Span<byte>(mask, 128).Clear();
        mask[number / 8] = (byte)(1 << (number % 8));
        _ = SetAffinity(0, 128, mask);
    }

    [LibraryImport(Library, EntryPoint = "geteuid")]
    internal static partial uint EffectiveUserId();

    /// <summary>ioctl(NS_GET_NSTYPE): the CLONE_NEW… flag of the namespace behind a descriptor, or -1.</summary>
    internal static int NamespaceType(Descriptor descriptor) => InputOutputControl(descriptor, 0xb703);

    /// <summary>struct ifreq: a link's name, and for SIOCETHTOOL a pointer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct InterfaceRequest
    {
        public fixed byte Name[16];
        public void* Data;
        public fixed byte Rest[16];
    }

    /// <summary>ioctl(SIOCETHTOOL).</summary>
    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static unsafe partial int InputOutputControl(Descriptor descriptor, nuint request, InterfaceRequest* argument);

    /// <summary>
    /// statx(descriptor, "", AT_EMPTY_PATH, STATX_INO): stx_ino lies at byte 32 on every architecture. By number, as not every C library has the name (musl before 1.2.5).
    /// </summary>
    internal static unsafe bool TryGetInode(Descriptor descriptor, out ulong inode)
    {
        ulong* status = stackalloc ulong[32];
        bool succeeded = StatX(StatXNumber, descriptor, "", 0x1000, 0x100, status) == 0;
        inode = status[4];
        return succeeded;
    }

    /// <summary>__NR_statx (asm/unistd_64.h, asm-generic/unistd.h).</summary>
    private static nint StatXNumber => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 332 : 291;

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint StatX(nint number, Descriptor directory, string path, nint flags, nint mask, void* buffer);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int InputOutputControl(Descriptor descriptor, nuint request);

    /// <summary>The errno of the last call of this thread.</summary>
    internal static Errno LastError => (Errno)Marshal.GetLastPInvokeError();
}
