using System.Collections;
using System.Runtime.InteropServices;
using System.Text;
using Fairlead.Cni.Native;
using Fairlead.Kernel;

namespace Fairlead.Cni;

/// <summary>
/// Runs a plugin's executable: configuration on stdin, parameters in the environment, result or error object from stdout. The streams are
/// memory files, so neither side can block the other, whatever their sizes.
/// </summary>
public static unsafe class PluginExecution
{
    private const long OpenProcessDescriptor = 434; // pidfd_open, the same number on every architecture

    /// <summary>The first regular file called <paramref name="type"/> in the directories.</summary>
    /// <exception cref="CniException">The name has a '/' or no directory holds it (code 7).</exception>
    public static string Find(string type, IReadOnlyList<string> directories) =>
        TryFind(type, directories)
        ?? throw new CniException(CniErrorCode.InvalidConfiguration, $"failed to find plugin \"{type}\" in path [{string.Join(" ", directories)}]");

    /// <summary>As <see cref="Find"/>; nothing when no directory holds it.</summary>
    public static string? TryFind(string type, IReadOnlyList<string> directories)
    {
        if (type.Length == 0 || type.Contains('/'))
        {
            throw new CniException(CniErrorCode.InvalidConfiguration, $"\"{type}\" is not a plugin's name");
        }

        foreach (string directory in directories)
        {
            string path = $"{directory.TrimEnd('/')}/{type}";
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>
    /// Runs the executable to its end and gives what it wrote to stdout. <paramref name="variables"/> are set over this process's environment;
    /// one that is null is removed.
    /// </summary>
    /// <exception cref="CniException">The plugin's own error object, or one that says how it failed when it gave none.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the plugin was killed.</exception>
    public static byte[] Run(string path, ReadOnlySpan<byte> input, IReadOnlyDictionary<string, string?> variables, CancellationToken cancellationToken = default)
    {
        int standardInput = -1, standardOutput = -1, standardError = -1;
        try
        {
            standardInput = MemoryFile("stdin");
            standardOutput = MemoryFile("stdout");
            standardError = MemoryFile("stderr");
            Descriptors.WriteAll(standardInput, input);
            _ = Libc.Seek(standardInput, 0, 0);

            int process = Spawn(path, [standardInput, standardOutput, standardError], variables);
            int status = Wait(process, cancellationToken);
            byte[] output = Contents(standardOutput);
            return status == 0 ? output : throw Failure(path, status, output, Contents(standardError));
        }
        finally
        {
            foreach (int descriptor in (ReadOnlySpan<int>)[standardInput, standardOutput, standardError])
            {
                if (descriptor >= 0)
                {
                    _ = Libc.Close(descriptor);
                }
            }
        }
    }

    internal static int MemoryFile(string name) =>
        Descriptors.Checked(Libc.MemoryFile(name, Libc.MemoryFileCloseOnExec), "create a memory file");

    private static byte[] Contents(int descriptor)
    {
        _ = Libc.Seek(descriptor, 0, 0);
        return Descriptors.ReadAll(descriptor);
    }

    private static CniException Failure(string path, int status, byte[] output, byte[] error)
    {
        string said = Encoding.UTF8.GetString(error).Trim();
        if (output.Length > 0)
        {
            try
            {
                ConfigurationObject json = ConfigurationObject.Parse(output, "error object");
                if (json.GetInteger("code") is { } code)
                {
                    string details = json.GetString("details") ?? "";
                    return new CniException((CniErrorCode)code, json.GetString("msg") ?? "", said.Length == 0 ? details : $"{details}{(details.Length == 0 ? "" : "; ")}stderr: {said}");
                }
            }
            catch (CniException)
            {
                // Not an error object: what was written is told below.
            }
        }

        string how = (status & 0x7f) != 0 ? $"was killed by signal {status & 0x7f}" : $"exited with {status >> 8}";
        return new CniException(CniErrorCode.Internal, $"plugin {path} {how} and gave no error object", $"stdout: {Encoding.UTF8.GetString(output).Trim()}; stderr: {said}");
    }

    private static int Wait(int process, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            int descriptor = (int)Libc.SystemCall(OpenProcessDescriptor, process, 0);
            try
            {
                Libc.PollDescriptor poll = new() { Descriptor = descriptor, Events = Libc.PollIn };
                while (descriptor >= 0 && Libc.Poll(ref poll, 1, 50) <= 0)
                {
                    if (cancellationToken.IsCancellationRequested)
                    {
                        _ = Libc.Kill(process, Libc.SignalKill);
                        break;
                    }
                }
            }
            finally
            {
                _ = Libc.Close(descriptor);
            }
        }

        int status;
        while (Libc.Wait(process, out status, 0) < 0)
        {
            if (Descriptors.LastError != Errno.Interrupted)
            {
                throw new KernelException($"wait for process {process}", Descriptors.LastError);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        return status;
    }

    internal static int Spawn(string path, ReadOnlySpan<int> streams, IReadOnlyDictionary<string, string?> variables)
    {
        // glibc's structures have 80, 336 and 128 bytes; musl's are smaller.
        byte* actions = stackalloc byte[256];
        byte* attributes = stackalloc byte[512];
        byte* signals = stackalloc byte[128];
        byte** arguments = stackalloc byte*[2];
        List<string> environment = BuildEnvironment(variables);
        byte** pairs = (byte**)NativeMemory.AllocZeroed((nuint)(environment.Count + 1), (nuint)sizeof(byte*));
        try
        {
            _ = Libc.SpawnActionsInit(actions);
            for (int i = 0; i < streams.Length; i++)
            {
                _ = Libc.SpawnActionsAddDuplicate(actions, streams[i], i);
            }

            // The .NET runtime ignores SIGPIPE; a plugin expects the default.
            _ = Libc.SpawnAttributesInit(attributes);
            _ = Libc.SpawnAttributesSetFlags(attributes, Libc.SpawnSetSignalDefaults | Libc.SpawnSetSignalMask);
            _ = Libc.SignalSetEmpty(signals);
            _ = Libc.SpawnAttributesSetSignalMask(attributes, signals);
            _ = Libc.SignalSetAdd(signals, Libc.SignalPipe);
            _ = Libc.SpawnAttributesSetSignalDefaults(attributes, signals);

            arguments[0] = (byte*)Marshal.StringToCoTaskMemUTF8(path);
            arguments[1] = null;
            for (int i = 0; i < environment.Count; i++)
            {
                pairs[i] = (byte*)Marshal.StringToCoTaskMemUTF8(environment[i]);
            }

            int error = Libc.Spawn(out int process, path, actions, attributes, arguments, pairs);
            return error == 0 ? process : throw new KernelException($"execute {path}", (Errno)error);
        }
        finally
        {
            _ = Libc.SpawnActionsDestroy(actions);
            _ = Libc.SpawnAttributesDestroy(attributes);
            Marshal.FreeCoTaskMem((nint)arguments[0]);
            for (int i = 0; i < environment.Count; i++)
            {
                Marshal.FreeCoTaskMem((nint)pairs[i]);
            }

            NativeMemory.Free(pairs);
        }
    }

    private static List<string> BuildEnvironment(IReadOnlyDictionary<string, string?> variables)
    {
        List<string> pairs = [];
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            if (!variables.ContainsKey((string)entry.Key))
            {
                pairs.Add($"{entry.Key}={entry.Value}");
            }
        }

        foreach ((string name, string? value) in variables)
        {
            if (value is not null)
            {
                pairs.Add($"{name}={value}");
            }
        }

        return pairs;
    }
}
