using System.Text;

namespace Fairlead.Lab.Native;

/// <summary>
/// Starts processes that outlive this one and that need what <see cref="System.Diagnostics.Process"/> does not offer: the namespaces of the
/// calling thread, a first argument of their own, and descriptors beyond the standard three.
/// </summary>
internal static unsafe class Spawn
{
    /// <summary>
    /// Starts <paramref name="path"/> in a session of its own, with /dev/null as standard streams unless <paramref name="descriptors"/>
    /// (ours → theirs) says otherwise. The child has the calling thread's namespaces.
    /// </summary>
    /// <returns>The process id; the caller reaps it with <see cref="Reap"/>.</returns>
    /// <exception cref="IOException">posix_spawn(3) failed.</exception>
    public static int Start(string path, IReadOnlyList<string> arguments, IEnumerable<string> environment, params ReadOnlySpan<(int Ours, int Theirs)> descriptors)
    {
        // glibc's posix_spawn_file_actions_t is 80 bytes, posix_spawnattr_t 336, sigset_t 128.
        var actions = stackalloc byte[256];
        var attributes = stackalloc byte[512];
        var signals = stackalloc byte[128];
        new Span<byte>(signals, 128).Clear();
        // .NET ignores SIGPIPE, and an ignored signal stays ignored across execve(2).
        signals[(LibC.SIGPIPE - 1) / 8] = 1 << ((LibC.SIGPIPE - 1) % 8);
        Check(LibC.FileActionsInit(actions), "posix_spawn_file_actions_init");
        Check(LibC.SpawnAttributesInit(attributes), "posix_spawnattr_init");
        using var argv = new NativeStrings(arguments);
        using var envp = new NativeStrings(environment);
        using var file = new NativeStrings([path]);
        try
        {
            for (var standard = 0; standard < 3; standard++)
            {
                Check(LibC.FileActionsOpen(actions, standard, "/dev/null", LibC.O_RDWR, 0), "posix_spawn_file_actions_addopen");
            }

            foreach (var (ours, theirs) in descriptors)
            {
                Check(LibC.FileActionsDuplicate(actions, ours, theirs), "posix_spawn_file_actions_adddup2");
            }

            Check(LibC.SpawnAttributesSetDefaultSignals(attributes, signals), "posix_spawnattr_setsigdefault");
            Check(LibC.SpawnAttributesSetFlags(attributes, LibC.POSIX_SPAWN_SETSIGDEF | LibC.POSIX_SPAWN_SETSID), "posix_spawnattr_setflags");
            int pid;
            Check(LibC.PosixSpawn(&pid, *file.Pointer, actions, attributes, argv.Pointer, envp.Pointer), $"start {path}");
            return pid;
        }
        finally
        {
            _ = LibC.FileActionsDestroy(actions);
            _ = LibC.SpawnAttributesDestroy(attributes);
        }
    }

    /// <summary>Lets <paramref name="path"/> take this process's place, with its input, output and terminal, in the namespaces of the calling thread. Returns only by an exception.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">It can't be executed.</exception>
    public static void Replace(string path, IReadOnlyList<string> arguments, IEnumerable<string> environment)
    {
        using var argv = new NativeStrings(arguments);
        using var envp = new NativeStrings(environment);
        using var file = new NativeStrings([path]);
        // As above: ignored by .NET, it would stay ignored.
        var ignored = LibC.Signal(LibC.SIGPIPE, 0);
        _ = LibC.Execute(*file.Pointer, argv.Pointer, envp.Pointer);
        var errno = System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
        _ = LibC.Signal(LibC.SIGPIPE, ignored);
        throw new System.ComponentModel.Win32Exception(errno);
    }

    /// <summary>Waits for a child that is about to end, and returns its exit code (128 + signal when a signal ended it); null when it is not our child.</summary>
    public static int? Reap(int pid, bool block = true)
    {
        int status;
        var answer = LibC.WaitPid(pid, &status, block ? 0 : LibC.WNOHANG);
        if (answer != pid)
        {
            return null;
        }

        return (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
    }

    private static void Check(int errno, string operation)
    {
        if (errno != 0)
        {
            throw new IOException($"{operation}: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno)}", errno);
        }
    }

    /// <summary>A null-terminated array of null-terminated UTF-8 strings in one block of native memory.</summary>
    private sealed class NativeStrings : IDisposable
    {
        private readonly byte* _block;

        public NativeStrings(IEnumerable<string> strings)
        {
            var all = strings.Select(Encoding.UTF8.GetBytes).ToArray();
            var pointers = (all.Length + 1) * sizeof(byte*);
            _block = (byte*)System.Runtime.InteropServices.NativeMemory.AllocZeroed((nuint)(pointers + all.Sum(static s => s.Length + 1)));
            Pointer = (byte**)_block;
            var next = _block + pointers;
            for (var i = 0; i < all.Length; i++)
            {
                Pointer[i] = next;
                all[i].CopyTo(new Span<byte>(next, all[i].Length));
                next += all[i].Length + 1;
            }
        }

        public byte** Pointer { get; }

        public void Dispose() => System.Runtime.InteropServices.NativeMemory.Free(_block);
    }
}
