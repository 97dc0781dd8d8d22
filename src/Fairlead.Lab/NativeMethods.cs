using System.Runtime.InteropServices;

namespace Fairlead.Lab;

/// <summary>The C library's functions that a lab needs and .NET has no call for.</summary>
internal static unsafe partial class NativeMethods
{
    private const string C = "libc";

    /// <summary>posix_spawnattr_setflags(3): the child leads a session of its own (glibc 2.26).</summary>
    public const short SpawnSetSession = 0x80;

    public const int CloneNewUts = 0x04000000;
    public const int OpenReadOnly = 0;
    public const int OpenAppend = 0x1 | 0x40 | 0x400;

    [LibraryImport(C, EntryPoint = "rmdir", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int RemoveDirectory(string path);

    [LibraryImport(C, EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport(C, EntryPoint = "sethostname", SetLastError = true)]
    public static partial int SetHostName(ReadOnlySpan<byte> name, nuint length);

    [LibraryImport(C, EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport(C, EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Spawn(out int process, string path, nint* fileActions, nint* attributes, byte** arguments, byte** environment);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int FileActionsInitialize(nint* fileActions);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int FileActionsOpen(nint* fileActions, int descriptor, string path, int flags, uint mode);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int FileActionsDuplicate(nint* fileActions, int from, int to);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int FileActionsDestroy(nint* fileActions);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_init")]
    public static partial int AttributesInitialize(nint* attributes);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_setflags")]
    public static partial int AttributesSetFlags(nint* attributes, short flags);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_destroy")]
    public static partial int AttributesDestroy(nint* attributes);
}
