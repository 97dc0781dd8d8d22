using System.Text;
using Fairlead.Kernel.Interop;

namespace Fairlead.Kernel;

/// <summary>
/// Kernel parameters under /proc/sys. What lies under net/ is that of the calling thread's network namespace: inside <see cref="NetworkNamespace.Run{T}"/> a pod's, otherwise the machine's.
/// </summary>
/// <remarks>A name is a path, <c>net/ipv4/conf/eth0.5/forwarding</c>, or written with dots as sysctl(8) does, <c>net.ipv4.ip_forward</c>, where no part has a dot itself.</remarks>
public static class Sysctl
{
    private const int MostBytes = 4096;

    /// <summary>Reads a parameter, without the newline at its end.</summary>
    /// <exception cref="KernelException">There is none (<see cref="Errno.NotFound"/>), or it can't be read.</exception>
    public static unsafe string Read(string name)
    {
        string path = PathOf(name);
        using Descriptor file = Open(path, LibC.OpenReadOnly, $"read {name}");
        byte* buffer = stackalloc byte[MostBytes];
        nint length = LibC.Read(file, buffer, MostBytes);
        return length >= 0
            ? Encoding.UTF8.GetString(buffer, (int)length).TrimEnd('\n')
            : throw new KernelException($"read {name}", LibC.LastError);
    }

    /// <summary>Writes a parameter.</summary>
    /// <exception cref="KernelException">There is none (<see cref="Errno.NotFound"/>), it takes no such value (<see cref="Errno.InvalidArgument"/>), or it can't be written.</exception>
    public static unsafe void Write(string name, string value)
    {
        using Descriptor file = Open(PathOf(name), LibC.OpenWriteOnly, $"set {name} to {value}");
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        fixed (byte* pointer = bytes)
        {
            if (LibC.Write(file, pointer, (nuint)bytes.Length) != bytes.Length)
            {
                throw new KernelException($"set {name} to {value}", LibC.LastError);
            }
        }
    }

    /// <summary>Writes a parameter unless it has the value; true where it was changed.</summary>
    /// <exception cref="KernelException">There is none, or it takes no such value.</exception>
    public static bool Set(string name, string value)
    {
        if (Read(name) == value)
        {
            return false;
        }

        Write(name, value);
        return true;
    }

    /// <summary>Says whether the kernel has such a parameter here.</summary>
    public static bool Exists(string name) => File.Exists(PathOf(name));

    internal static string PathOf(string name)
    {
        string path = name.Contains('/', StringComparison.Ordinal) ? name : name.Replace('.', '/');
        return path.Split('/').Contains("..")
            ? throw new ArgumentException($"'{name}' leads out of /proc/sys", nameof(name))
            : $"/proc/sys/{path}";
    }

    private static Descriptor Open(string path, int flags, string operation)
    {
        int number = LibC.Open(path, flags | LibC.OpenCloexec, 0);
        return number >= 0 ? new Descriptor(number) : throw new KernelException(operation, LibC.LastError);
    }
}
