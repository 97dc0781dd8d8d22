using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fairlead.Kernel.Interop;

namespace Fairlead.Kernel;

/// <summary>A network namespace, held open by a descriptor: it lives at least as long as this object. Source: namespaces(7), network_namespaces(7).</summary>
/// <remarks>
/// A namespace belongs to a thread, so <see cref="Run{T}"/> works on a thread of its own that ends afterwards. A netlink socket that is opened there stays
/// in the namespace and may be used from anywhere. What would begin threads of its own (timers, asynchronous sockets, the pool) does not
/// belong inside: such a thread would stay in the namespace.
/// </remarks>
public sealed class NetworkNamespace : IDisposable
{
    /// <summary>Where named namespaces lie, as <c>ip netns</c> has it.</summary>
    public const string NamedDirectory = "/run/netns";

    private const string ThreadPath = "/proc/thread-self/ns/net";
    private static readonly Lazy<bool> s_signalThread = new(StartSignalThread);
    private static readonly Lazy<bool> s_socketThread = new(StartSocketThread);

    private readonly Descriptor _descriptor;

    private NetworkNamespace(Descriptor descriptor, string path)
    {
        _descriptor = descriptor;
        Path = path;
    }

    /// <summary>The path that this was opened by; for one that has none, its identity, net:[4026532201].</summary>
    public string Path { get; }

    /// <summary>The inode number, the namespace's identity on this machine: what <c>lsns</c> and <c>readlink /proc/PID/ns/net</c> show.</summary>
    /// <exception cref="KernelException">statx failed.</exception>
    public ulong Inode => LibC.TryGetInode(_descriptor, out ulong inode) ? inode : throw new KernelException($"look at network namespace {Path}", LibC.LastError);

    /// <summary>The descriptor's number, for messages that carry it to the kernel (IFLA_NET_NS_FD).</summary>
    internal int DescriptorNumber => _descriptor.Number;

    /// <summary>The calling thread's namespace.</summary>
    /// <exception cref="KernelException">/proc is not there.</exception>
    public static NetworkNamespace Current()
    {
        NetworkNamespace opened = Open(ThreadPath);
        return new NetworkNamespace(opened._descriptor, string.Create(CultureInfo.InvariantCulture, $"net:[{opened.Inode}]"));
    }

    /// <summary>Opens a namespace by a path such as /run/netns/a or /proc/1/ns/net.</summary>
    /// <exception cref="KernelException">There is no such file (<see cref="Errno.NotFound"/>), it is no network namespace (<see cref="Errno.InvalidArgument"/>), or it is not ours to open.</exception>
    public static NetworkNamespace Open(string path)
    {
        int number = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenCloexec, 0);
        if (number < 0)
        {
            throw new KernelException($"open network namespace {path}", LibC.LastError);
        }

        Descriptor descriptor = new(number);
        if (LibC.NamespaceType(descriptor) is var type && type != LibC.CloneNewNet)
        {
            descriptor.Dispose();
            throw new KernelException($"open network namespace {path}: it is none", Errno.InvalidArgument);
        }

        return new NetworkNamespace(descriptor, path);
    }

    /// <summary>Opens the namespace named <paramref name="name"/> under /run/netns.</summary>
    /// <exception cref="KernelException">There is none (<see cref="Errno.NotFound"/>).</exception>
    public static NetworkNamespace OpenNamed(string name) => Open(NamedPath(name));

    /// <summary>Opens the namespace in which a process's main thread is.</summary>
    /// <exception cref="KernelException">There is no such process (<see cref="Errno.NotFound"/>), or it is not ours to look at.</exception>
    public static NetworkNamespace OfProcess(int processId) => Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/ns/net"));

    /// <summary>Makes a namespace without a name; it ends when nobody holds it: neither this object nor a process, socket or mount.</summary>
    /// <exception cref="KernelException">CAP_SYS_ADMIN is missing.</exception>
    public static NetworkNamespace Create() => NamespaceThread.Run(UnshareNetwork, Current);

    /// <summary>
    /// Makes a namespace and pins it at /run/netns/<paramref name="name"/>, the way <c>ip netns add</c> does, so that its commands find it. Its loopback link is down.
    /// </summary>
    /// <exception cref="KernelException">The name is taken (<see cref="Errno.Exists"/>), or CAP_SYS_ADMIN is missing.</exception>
    public static NetworkNamespace CreateNamed(string name)
    {
        string path = NamedPath(name);
        MakeNamedDirectory();
        int number = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenCloexec | LibC.OpenCreate | LibC.OpenExclusive, 0);
        if (number < 0)
        {
            throw new KernelException($"make network namespace {name}", LibC.LastError);
        }

        _ = LibC.Close(number);
        try
        {
            NamespaceThread.Run(UnshareNetwork, () =>
            {
                Mounts.Bind(ThreadPath, path);
                return true;
            });
            return Open(path);
        }
        catch
        {
            DeleteNamed(name);
            throw;
        }
    }

    /// <summary>
    /// Takes the name away, as <c>ip netns delete</c> does: the namespace itself ends when nobody is in it any more. Also removes the empty file that a
    /// crash between making and pinning leaves. False where there was no such name.
    /// </summary>
    /// <exception cref="KernelException">The file could not be removed.</exception>
    public static bool DeleteNamed(string name)
    {
        string path = NamedPath(name);
        if (!File.Exists(path))
        {
            return false;
        }

        Mounts.UnmountAll(path);
        try
        {
            File.Delete(path);
        }
        catch (IOException)
        {
            throw new KernelException($"delete network namespace {name}", Errno.Busy);
        }

        return true;
    }

    /// <summary>The names under /run/netns, in no order; none where the directory is not there.</summary>
    public static IReadOnlyList<string> ListNamed() =>
        Directory.Exists(NamedDirectory) ? Directory.EnumerateFiles(NamedDirectory).Select(path => System.IO.Path.GetFileName(path)).ToList() : [];

    /// <summary>Does <paramref name="body"/> inside the namespace, on a thread of its own that ends afterwards; what it throws is thrown here.</summary>
    /// <exception cref="KernelException">The namespace could not be entered: CAP_SYS_ADMIN is missing.</exception>
    public T Run<T>(Func<T> body) => NamespaceThread.Run(Enter, body);

    /// <summary>Does <paramref name="body"/> inside the namespace, on a thread of its own that ends afterwards; what it throws is thrown here.</summary>
    /// <exception cref="KernelException">The namespace could not be entered: CAP_SYS_ADMIN is missing.</exception>
    public void Run(Action body) => NamespaceThread.Run(Enter, () =>
    {
        body();
        return true;
    });

    /// <summary>
    /// Does <paramref name="body"/> inside the namespace on the calling thread, and brings it back. For the main thread of a short process, to which a second thread would
    /// be dear (a tenth of a millisecond or two); never on a thread of the pool, and <paramref name="body"/> must not begin threads.
    /// </summary>
    /// <exception cref="KernelException">The namespace could not be entered: CAP_SYS_ADMIN is missing.</exception>
    public T Visit<T>(Func<T> body)
    {
        using NetworkNamespace home = Open(ThreadPath);
        Enter();
        try
        {
            return body();
        }
        finally
        {
            if (LibC.SetNamespace(home._descriptor, LibC.CloneNewNet) != 0)
            {
                // Whatever ran next would run in the wrong place.
                Environment.FailFast($"could not return from network namespace {Path}: {LibC.LastError.Describe()}");
            }
        }
    }

    /// <summary>
    /// Starts a process inside the namespace. Unlike a <see cref="Process.Start()"/> within <see cref="Run{T}"/>, this one makes sure that .NET's
    /// thread for signals, which the first process of all begins, doesn't stay in the namespace.
    /// </summary>
    /// <exception cref="KernelException">The namespace could not be entered.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    public Process StartProcess(ProcessStartInfo startInfo)
    {
        _ = s_signalThread.Value;
        return Run(() => Process.Start(startInfo)) ?? throw new InvalidOperationException($"{startInfo.FileName} did not start");
    }

    /// <summary>
    /// Makes a socket of the namespace, to be used from anywhere. Unlike a constructor called within <see cref="Run{T}"/>, this one makes sure that .NET's
    /// thread for sockets, which the first socket of all begins, doesn't stay in the namespace: threads of the pool that it begins would be inside, too.
    /// </summary>
    /// <exception cref="KernelException">The namespace could not be entered.</exception>
    /// <exception cref="SocketException">The kernel has no such socket.</exception>
    public Socket CreateSocket(AddressFamily family, SocketType type, ProtocolType protocol)
    {
        _ = s_socketThread.Value;
        return Run(() => new Socket(family, type, protocol));
    }

    /// <summary>Closes the descriptor. A namespace without a name, process or socket ends with it.</summary>
    public void Dispose() => _descriptor.Dispose();

    /// <summary>The path, for messages.</summary>
    public override string ToString() => Path;

    private static bool StartSocketThread()
    {
        new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp).Dispose();
        return true;
    }

    private static string NamedPath(string name)
    {
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal) || name is "." or "..")
        {
            throw new ArgumentException($"'{name}' cannot be the name of a network namespace", nameof(name));
        }

        return $"{NamedDirectory}/{name}";
    }

    private static void UnshareNetwork()
    {
        if (LibC.Unshare(LibC.CloneNewNet) != 0)
        {
            throw new KernelException("make a network namespace", LibC.LastError);
        }
    }

    private void Enter()
    {
        if (LibC.SetNamespace(_descriptor, LibC.CloneNewNet) != 0)
        {
            throw new KernelException($"enter network namespace {Path}", LibC.LastError);
        }
    }

    /// <summary>Makes /run/netns a shared mount, so that a name made here is seen, and can be taken away, in every mount namespace (ip-netns(8)).</summary>
    private static void MakeNamedDirectory()
    {
        Directory.CreateDirectory(NamedDirectory);
        int number = LibC.Open(NamedDirectory, LibC.OpenReadOnly | LibC.OpenDirectory | LibC.OpenCloexec, 0);
        if (number < 0)
        {
            throw new KernelException($"open {NamedDirectory}", LibC.LastError);
        }

        // The lock that ip netns takes too: two makers at once would otherwise mount the directory twice over itself.
        using Descriptor directory = new(number);
        if (LibC.Lock(directory, LibC.LockExclusive) != 0)
        {
            throw new KernelException($"lock {NamedDirectory}", LibC.LastError);
        }

        if (!Mounts.TryPropagate(NamedDirectory, MountPropagation.Shared, recursive: true))
        {
            Mounts.Bind(NamedDirectory, NamedDirectory, recursive: true);
            Mounts.Propagate(NamedDirectory, MountPropagation.Shared, recursive: true);
        }
    }

    private static bool StartSignalThread()
    {
        // Registering for any signal begins the thread; SIGCONT is one that nobody sends us.
        using PosixSignalRegistration registration = PosixSignalRegistration.Create(PosixSignal.SIGCONT, static _ => { });
        return true;
    }
}
