using Fairlead.Kernel.Interop;

namespace Fairlead.Kernel;

/// <summary>How mounts below a point spread to other mount namespaces (mount_namespaces(7)).</summary>
public enum MountPropagation : uint
{
    /// <summary>MS_PRIVATE: neither way.</summary>
    Private = 1 << 18,

    /// <summary>MS_SLAVE: in, not out.</summary>
    Slave = 1 << 19,

    /// <summary>MS_SHARED: both ways.</summary>
    Shared = 1 << 20,
}

/// <summary>Mount options (mount(2)).</summary>
[Flags]
public enum MountOptions : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>MS_RDONLY.</summary>
    ReadOnly = 1,

    /// <summary>MS_NOSUID.</summary>
    NoSetUser = 2,

    /// <summary>MS_NODEV.</summary>
    NoDevices = 4,

    /// <summary>MS_NOEXEC.</summary>
    NoExecute = 8,

    /// <summary>MS_REMOUNT: change the options of a mount that is there.</summary>
    Remount = 32,

    /// <summary>MS_BIND.</summary>
    Bind = 4096,

    /// <summary>MS_REC.</summary>
    Recursive = 16384,
}

/// <summary>Mounts, in the mount namespace of the calling thread (mount(2), umount2(2)).</summary>
public static class Mounts
{
    /// <summary>Makes a file or directory visible at another path, which must exist (a file for a file).</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public static void Bind(string source, string target, bool recursive = false) =>
        Mount(source, target, null, MountOptions.Bind | (recursive ? MountOptions.Recursive : 0));

    /// <summary>Mounts a file system: <c>Mount("tmpfs", "/mnt", "tmpfs", MountOptions.NoSetUser, "size=64k")</c>.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public static void Mount(string? source, string target, string? type, MountOptions options, string? data = null)
    {
        if (LibC.Mount(source, target, type, (nuint)options, data) != 0)
        {
            throw new KernelException($"mount {source ?? type} at {target}", LibC.LastError);
        }
    }

    /// <summary>Says how mounts at and below <paramref name="target"/>, a mount point, spread.</summary>
    /// <exception cref="KernelException">It is no mount point (<see cref="Errno.InvalidArgument"/>).</exception>
    public static void Propagate(string target, MountPropagation propagation, bool recursive = false)
    {
        if (!TryPropagate(target, propagation, recursive))
        {
            throw new KernelException($"make {target} a mount that is {propagation}", Errno.InvalidArgument);
        }
    }

    /// <summary>Says how every mount spreads, but for those at and below one mount point.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public static void PropagateAll(MountPropagation propagation, string? except = null)
    {
        if (except is null)
        {
            Propagate("/", propagation, recursive: true);
            return;
        }

        foreach (string target in MountTable.Points())
        {
            bool excepted = target == except || target.StartsWith(except + "/", StringComparison.Ordinal);

            // A mount under another at the same point can't be named; nothing can be mounted on it either.
            _ = excepted || TryPropagate(target, propagation, recursive: false);
        }
    }

    /// <summary>Takes the topmost mount at <paramref name="target"/> away, at once or (detached) when nobody uses it any more. False where nothing is mounted there.</summary>
    /// <exception cref="KernelException">It is in use (<see cref="Errno.Busy"/>).</exception>
    public static bool Unmount(string target, bool detach = true)
    {
        if (LibC.Unmount(target, detach ? LibC.UnmountDetach : 0) == 0)
        {
            return true;
        }

        Errno error = LibC.LastError;
        return error is Errno.InvalidArgument or Errno.NotFound ? false : throw new KernelException($"unmount {target}", error);
    }

    /// <summary>Takes all mounts at <paramref name="target"/> away, however many lie over one another.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public static void UnmountAll(string target)
    {
        while (Unmount(target))
        {
        }
    }

    internal static bool TryPropagate(string target, MountPropagation propagation, bool recursive)
    {
        nuint flags = (nuint)propagation | (recursive ? (nuint)MountOptions.Recursive : 0);
        if (LibC.Mount("", target, "none", flags, null) == 0)
        {
            return true;
        }

        Errno error = LibC.LastError;
        return error == Errno.InvalidArgument ? false : throw new KernelException($"make {target} a mount that is {propagation}", error);
    }
}
