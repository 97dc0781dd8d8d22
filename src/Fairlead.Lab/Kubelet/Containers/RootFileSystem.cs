using Fairlead.Kernel;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Kubelet.Containers;

/// <summary>
/// A container's root: an overlay (overlayfs in the kernel's documentation) whose lower layers are an image's, or the machine's own root file
/// system, and whose upper layer is the attempt's own. Nothing that a container writes reaches the machine.
/// </summary>
internal static class RootFileSystem
{
    private const string Machine = "/";

    /// <summary>Mounts an overlay of the machine's root, in which the given directories look empty.</summary>
    public static void MountMachine(ContainerPaths paths, IEnumerable<string> hidden)
    {
        Prepare(paths);
        foreach (var directory in hidden)
        {
            Hide(paths.Upper, directory);
        }

        Mount(paths, Machine);
    }

    /// <summary>Mounts an overlay of an image's layers, the top one first.</summary>
    public static void MountImage(ContainerPaths paths, IEnumerable<string> layers)
    {
        Prepare(paths);
        Mount(paths, string.Join(':', layers));
    }

    /// <summary>Unmounts the root and drops what the container wrote. Quiet when that has been done.</summary>
    public static void Remove(ContainerPaths paths)
    {
        Mounts.UnmountAll(paths.Root);
        foreach (var directory in (string[])[paths.Root, paths.Upper, paths.Work])
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    private static void Prepare(ContainerPaths paths)
    {
        Directory.CreateDirectory(paths.Upper, (UnixFileMode)0b111_101_101);
        Directory.CreateDirectory(paths.Work);
        Directory.CreateDirectory(paths.Root);
    }

    private static void Mount(ContainerPaths paths, string lower) =>
        // volatile: nobody waits for a disk on behalf of a file system that ends with its container.
        Mounts.Mount("fairlead", paths.Root, "overlay", MountOptions.None, $"lowerdir={lower},upperdir={paths.Upper},workdir={paths.Work},volatile");

    /// <summary>Covers a directory of the lower layer by an opaque one, and gives its parents the modes that they have below.</summary>
    private static unsafe void Hide(string upper, string directory)
    {
        DirectoryInfo lower = new(directory);
        if (!lower.Exists || lower.LinkTarget is not null)
        {
            return;
        }

        Stack<DirectoryInfo> chain = new();
        for (var step = lower; step?.Parent is not null; step = step.Parent)
        {
            chain.Push(step);
        }

        foreach (var step in chain)
        {
            var target = upper + step.FullName;
            if (!Directory.Exists(target))
            {
                Directory.CreateDirectory(target);
                File.SetUnixFileMode(target, step.UnixFileMode);
            }
        }

        var yes = (byte)'y';
        if (LibC.SetExtendedAttribute(upper + lower.FullName, "trusted.overlay.opaque", &yes, 1, 0) != 0)
        {
            throw LibC.Failure($"hide {directory}");
        }
    }
}
