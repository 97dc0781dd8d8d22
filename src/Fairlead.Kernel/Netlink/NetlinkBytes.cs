using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fairlead.Kernel.Netlink;

/// <summary>Reading structs that may be shorter than asked for.</summary>
internal static class NetlinkBytes
{
    internal static T Read<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged =>
        MemoryMarshal.TryRead(bytes, out T value)
            ? value
            : throw new InvalidDataException($"{bytes.Length} bytes where {typeof(T).Name} needs {Unsafe.SizeOf<T>()}");
}
