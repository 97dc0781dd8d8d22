namespace Fairlead.Cni.Native;

/// <summary>Which file a path leads to, links followed: device and inode.</summary>
internal readonly record struct FileIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode)
{
    /// <summary>Nothing when the path leads nowhere.</summary>
    public static unsafe FileIdentity? Of(string path)
    {
        // struct statx has 256 bytes; stx_ino lies at 32, stx_dev_major and stx_dev_minor at 136 and 140, on every architecture.
        byte* status = stackalloc byte[256];
        const int CurrentDirectory = -100; // AT_FDCWD
        const uint InodeNumber = 0x100;    // STATX_INO
        return Libc.StatX(CurrentDirectory, path, 0, InodeNumber, status) == 0
            ? new FileIdentity(*(uint*)(status + 136), *(uint*)(status + 140), *(ulong*)(status + 32))
            : null;
    }
}
