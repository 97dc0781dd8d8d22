using System.ComponentModel;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Fairlead.Lab.Fabric;

/// <summary>A process of the lab that outlives the command which starts it: a session of its own, its output in a log file, a member of a control group.</summary>
public sealed record Daemon
{
    /// <summary>The executable and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The file to which standard output and standard error are appended.</summary>
    public required string LogFile { get; init; }

    /// <summary>The group that it joins before its first instruction.</summary>
    public required LabCgroup Cgroup { get; init; }

    /// <summary>A listening socket to hand over the way systemd does: descriptor 3, LISTEN_FDS, LISTEN_PID. Source: sd_listen_fds(3).</summary>
    public Socket? ListeningSocket { get; init; }

    /// <summary>
    /// Starts it in the namespaces of the calling thread and returns its process id.
    /// A shell that replaces itself joins the control group and fills in LISTEN_PID, which only the process itself knows in time.
    /// </summary>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public unsafe int Start()
    {
        string prepare = $"echo 0 > '{Cgroup.ProcessesFile}' && ";
        if (ListeningSocket is not null)
        {
            prepare += "export LISTEN_FDS=1 LISTEN_PID=$$ && ";
        }

        string[] arguments = ["/bin/sh", "-c", prepare + "exec \"$@\"", "sh", .. Command];
        string[] environment = [.. Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key}={entry.Value}"))];

        // posix_spawn_file_actions_t takes 80 bytes and posix_spawnattr_t 336 in glibc on 64-bit machines; both get more.
        nint* fileActions = stackalloc nint[64];
        nint* attributes = stackalloc nint[64];
        Check(NativeMethods.FileActionsInitialize(fileActions), "posix_spawn_file_actions_init");
        Check(NativeMethods.AttributesInitialize(attributes), "posix_spawnattr_init");
        byte** argumentPointers = Pointers(arguments);
        byte** environmentPointers = Pointers(environment);
        try
        {
            if (ListeningSocket is not null)
            {
                Check(NativeMethods.FileActionsDuplicate(fileActions, (int)ListeningSocket.Handle, 3), "posix_spawn_file_actions_adddup2");
            }

            Check(NativeMethods.FileActionsOpen(fileActions, 0, "/dev/null", NativeMethods.OpenReadOnly, 0), "posix_spawn_file_actions_addopen");
            Check(NativeMethods.FileActionsOpen(fileActions, 1, LogFile, NativeMethods.OpenAppend, 0b110_100_100), "posix_spawn_file_actions_addopen");
            Check(NativeMethods.FileActionsDuplicate(fileActions, 1, 2), "posix_spawn_file_actions_adddup2");
            Check(NativeMethods.AttributesSetFlags(attributes, NativeMethods.SpawnSetSession), "posix_spawnattr_setflags");
            Check(NativeMethods.Spawn(out int process, "/bin/sh", fileActions, attributes, argumentPointers, environmentPointers), $"start {Command[0]}");
            return process;
        }
        finally
        {
            Free(argumentPointers);
            Free(environmentPointers);
            _ = NativeMethods.FileActionsDestroy(fileActions);
            _ = NativeMethods.AttributesDestroy(attributes);
        }
    }

    private static void Check(int error, string operation)
    {
        if (error != 0)
        {
            throw new Win32Exception(error, $"{operation}: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    private static unsafe byte** Pointers(string[] values)
    {
        var pointers = (byte**)NativeMemory.Alloc((nuint)(values.Length + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < values.Length; i++)
        {
            pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(values[i]);
        }

        pointers[values.Length] = null;
        return pointers;
    }

    private static unsafe void Free(byte** pointers)
    {
        for (byte** pointer = pointers; *pointer is not null; pointer++)
        {
            Marshal.FreeCoTaskMem((nint)(*pointer));
        }

        NativeMemory.Free(pointers);
    }
}
