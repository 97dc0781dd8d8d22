using Microsoft.Win32.SafeHandles;

namespace Fairlead.Kernel.Interop;

/// <summary>A file descriptor that is closed exactly once, and not while a call uses it.</summary>
internal sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    internal Descriptor(int descriptor)
        : base(ownsHandle: true)
    {
        SetHandle(descriptor);
    }

    /// <summary>The descriptor's number, for messages that carry it to the kernel (IFLA_NET_NS_FD). Valid while this object is.</summary>
    internal int Number => (int)handle;

    protected override bool ReleaseHandle() => LibC.Close(handle) == 0;
}
