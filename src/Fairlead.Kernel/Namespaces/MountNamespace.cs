using System.Globalization;
using Fairlead.Kernel.Interop;

namespace Fairlead.Kernel;

/// <summary>
/// A mount namespace, held open by a descriptor (mount_namespaces(7)). To be inside a network namespace as well, nest: a thread begun within
/// <see cref="NetworkNamespace.Run{T}"/> is in that namespace, so <c>network.Run(() => mounts.Run(body))</c> is in both.
/// </summary>
public sealed class MountNamespace : IDisposable
{
    private readonly Descriptor _descriptor;
    private readonly string _path;

    private MountNamespace(Descriptor descriptor, string path)
    {
        _descriptor = descriptor;
        _path = path;
    }

    /// <summary>Opens a namespace by a path such as /proc/1/ns/mnt, or a file on which one is pinned.</summary>
    /// <exception cref="KernelException">There is no such file, or it is no mount namespace.</exception>
    public static MountNamespace Open(string path)
    {
        int number = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenCloexec, 0);
        if (number < 0)
        {
            throw new KernelException($"open mount namespace {path}", LibC.LastError);
        }

        Descriptor descriptor = new(number);
        if (LibC.NamespaceType(descriptor) != LibC.CloneNewNs)
        {
            descriptor.Dispose();
            throw new KernelException($"open mount namespace {path}: it is none", Errno.InvalidArgument);
        }

        return new MountNamespace(descriptor, path);
    }

    /// <summary>Opens the namespace of a process.</summary>
    /// <exception cref="KernelException">There is no such process.</exception>
    public static MountNamespace OfProcess(int processId) => Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/ns/mnt"));

    /// <summary>
    /// Makes a copy of the calling thread's mount namespace. What is mounted outside later comes in (MS_SLAVE), what <paramref name="prepare"/> and others
    /// mount inside stays inside. It lives while this object, a process or a pin holds it.
    /// </summary>
    /// <param name="prepare">Runs inside before this returns: bind mounts and such. What it throws is thrown here.</param>
    /// <param name="shared">A mount point that stays shared with the outside, if it was: what is mounted below it inside is seen outside too. /run/netns, say.</param>
    /// <exception cref="KernelException">CAP_SYS_ADMIN is missing.</exception>
    public static MountNamespace Create(Action? prepare = null, string? shared = null) => Create(prepare, shared, processor: null);

    private static MountNamespace Create(Action? prepare, string? shared, int? processor) => NamespaceThread.Run(
        () =>
        {
            if (processor is { } number)
            {
                LibC.StayOnProcessor(number);
            }

            if (LibC.Unshare(LibC.CloneNewNs) != 0)
            {
                throw new KernelException("make a mount namespace", LibC.LastError);
            }
        },
        () =>
        {
            Mounts.PropagateAll(MountPropagation.Slave, except: shared);
            prepare?.Invoke();
            return Open("/proc/thread-self/ns/mnt");
        });

    /// <summary>
    /// Does what <see cref="Create(Action, string)"/> and <see cref="Pin"/> do one after the other, also where the calling thread is in a mount namespace that somebody made (a container, a service
    /// with mounts of its own). A namespace holds only those with a higher number (fs/namespace.c, mnt_ns_loop), and numbers are handed out to processors in batches
    /// (include/linux/cookie.h): what is made on another processor may have a lower one. On the processor where the calling thread's own was made it has not.
    /// </summary>
    /// <exception cref="KernelException">CAP_SYS_ADMIN is missing, or the mount below the file is shared.</exception>
    public static MountNamespace CreatePinned(string file, Action? prepare = null, string? shared = null)
    {
        const int wherever = -1;
        int processors = LibC.ConfiguredProcessors();
        for (int processor = wherever; ; processor++)
        {
            MountNamespace made = Create(prepare, shared, processor == wherever ? null : processor);
            try
            {
                made.Pin(file);
                return made;
            }
            catch (KernelException refused) when (refused.Error == Errno.InvalidArgument && processor + 1 < processors)
            {
                made.Dispose();
            }
            catch
            {
                made.Dispose();
                throw;
            }
        }
    }

    /// <summary>
    /// Binds the namespace to <paramref name="file"/> (made where it is missing), so that it outlives this process and <c>nsenter --mount=FILE</c> finds it. The file
    /// must lie on a mount that is private: a mount namespace cannot hold itself. Undo with <see cref="Mounts.UnmountAll"/>.
    /// </summary>
    /// <exception cref="KernelException">The mount below the file is shared (<see cref="Errno.InvalidArgument"/>).</exception>
    public void Pin(string file)
    {
        if (!File.Exists(file))
        {
            File.WriteAllBytes(file, []);
        }

        Mounts.Bind(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_descriptor.Number}"), file);
    }

    /// <summary>Does <paramref name="body"/> inside, on a thread of its own that ends afterwards; what it throws is thrown here.</summary>
    /// <exception cref="KernelException">The namespace could not be entered.</exception>
    public T Run<T>(Func<T> body) => NamespaceThread.Run(Enter, body);

    /// <summary>Does <paramref name="body"/> inside, on a thread of its own that ends afterwards; what it throws is thrown here.</summary>
    /// <exception cref="KernelException">The namespace could not be entered.</exception>
    public void Run(Action body) => NamespaceThread.Run(Enter, () =>
    {
        body();
        return true;
    });

    /// <summary>Closes the descriptor.</summary>
    public void Dispose() => _descriptor.Dispose();

    private void Enter()
    {
        // Only a thread with a root and working directory of its own may change its mounts (setns(2)).
        if (LibC.Unshare(LibC.CloneFs) != 0 || LibC.SetNamespace(_descriptor, LibC.CloneNewNs) != 0)
        {
            throw new KernelException($"enter mount namespace {_path}", LibC.LastError);
        }
    }
}
