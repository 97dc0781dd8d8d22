using System.Runtime.InteropServices;

namespace Fairlead.Kernel;

/// <summary>
/// What the kernel says when it refuses (asm-generic/errno-base.h, asm-generic/errno.h; the numbers are those of every
/// architecture that .NET runs on under Linux). A number without a name here is a valid value as well.
/// </summary>
public enum Errno
{
    /// <summary>No error: the kernel did what was asked.</summary>
    None = 0,

    /// <summary>EPERM: a capability is missing.</summary>
    OperationNotPermitted = 1,

    /// <summary>ENOENT: there is no such object (table, rule, file).</summary>
    NotFound = 2,

    /// <summary>ESRCH: there is no such route, rule or process.</summary>
    NoSuchProcess = 3,

    /// <summary>EINTR: a signal came, or a dump was overtaken by changes.</summary>
    Interrupted = 4,

    /// <summary>EIO.</summary>
    InputOutput = 5,

    /// <summary>ENXIO: no such device or address.</summary>
    NoSuchDeviceOrAddress = 6,

    /// <summary>E2BIG.</summary>
    ArgumentListTooLong = 7,

    /// <summary>EBADF.</summary>
    BadDescriptor = 9,

    /// <summary>EAGAIN: nothing there now.</summary>
    TryAgain = 11,

    /// <summary>ENOMEM.</summary>
    OutOfMemory = 12,

    /// <summary>EACCES.</summary>
    AccessDenied = 13,

    /// <summary>EFAULT.</summary>
    BadAddress = 14,

    /// <summary>EBUSY: the object is in use (a set that a rule refers to, a port of another bridge).</summary>
    Busy = 16,

    /// <summary>EEXIST: the object is there already.</summary>
    Exists = 17,

    /// <summary>EXDEV.</summary>
    CrossDevice = 18,

    /// <summary>ENODEV: there is no such link.</summary>
    NoDevice = 19,

    /// <summary>ENOTDIR.</summary>
    NotDirectory = 20,

    /// <summary>EISDIR.</summary>
    IsDirectory = 21,

    /// <summary>EINVAL: the request makes no sense to the kernel; its own sentence says why.</summary>
    InvalidArgument = 22,

    /// <summary>ENFILE.</summary>
    TooManyFilesInSystem = 23,

    /// <summary>EMFILE: this process has too many descriptors open.</summary>
    TooManyFiles = 24,

    /// <summary>ENOSPC.</summary>
    NoSpace = 28,

    /// <summary>EROFS.</summary>
    ReadOnlyFileSystem = 30,

    /// <summary>EMLINK.</summary>
    TooManyLinks = 31,

    /// <summary>EPIPE.</summary>
    BrokenPipe = 32,

    /// <summary>ERANGE: a number is out of its range.</summary>
    OutOfRange = 34,

    /// <summary>ENAMETOOLONG.</summary>
    NameTooLong = 36,

    /// <summary>ENOSYS.</summary>
    NotImplemented = 38,

    /// <summary>ENOTEMPTY.</summary>
    NotEmpty = 39,

    /// <summary>ELOOP: rules jump in a circle.</summary>
    Loop = 40,

    /// <summary>ENODATA.</summary>
    NoData = 61,

    /// <summary>EPROTO.</summary>
    Protocol = 71,

    /// <summary>EBADMSG.</summary>
    BadMessage = 74,

    /// <summary>EOVERFLOW.</summary>
    Overflow = 75,

    /// <summary>ENOTUNIQ: the name is taken.</summary>
    NotUnique = 76,

    /// <summary>EMSGSIZE: the message is longer than the socket's send buffer takes.</summary>
    MessageTooLong = 90,

    /// <summary>ENOPROTOOPT.</summary>
    ProtocolOptionUnknown = 92,

    /// <summary>EPROTONOSUPPORT: the kernel was built without this protocol, or its module is not loaded.</summary>
    ProtocolNotSupported = 93,

    /// <summary>EOPNOTSUPP: the kernel, or this kind of object, cannot do that.</summary>
    NotSupported = 95,

    /// <summary>EAFNOSUPPORT: the address family is not there (IPv6 switched off).</summary>
    FamilyNotSupported = 97,

    /// <summary>EADDRINUSE.</summary>
    AddressInUse = 98,

    /// <summary>EADDRNOTAVAIL: no link has that address.</summary>
    AddressNotAvailable = 99,

    /// <summary>ENETDOWN: the link is down.</summary>
    NetworkDown = 100,

    /// <summary>ENETUNREACH: no route leads there.</summary>
    NetworkUnreachable = 101,

    /// <summary>ENOBUFS: the receive buffer overflowed, and messages were lost.</summary>
    NoBufferSpace = 105,

    /// <summary>ENOTCONN.</summary>
    NotConnected = 107,

    /// <summary>ETIMEDOUT.</summary>
    TimedOut = 110,

    /// <summary>ECONNREFUSED: nobody answers on this netlink protocol.</summary>
    ConnectionRefused = 111,

    /// <summary>EHOSTUNREACH.</summary>
    HostUnreachable = 113,

    /// <summary>EALREADY.</summary>
    AlreadyInProgress = 114,

    /// <summary>ESTALE: the object changed since it was read.</summary>
    Stale = 116,

    /// <summary>EDQUOT.</summary>
    QuotaExceeded = 122,

    /// <summary>ECANCELED.</summary>
    Canceled = 125,
}

/// <summary>Words for errnos.</summary>
public static class ErrnoExtensions
{
    /// <summary>The C library's sentence (strerror), such as "File exists".</summary>
    public static string Describe(this Errno error) => Marshal.GetPInvokeErrorMessage((int)error);
}
