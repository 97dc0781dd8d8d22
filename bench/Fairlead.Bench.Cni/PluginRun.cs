using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Fairlead.Cni;
using Fairlead.Cni.Native;

namespace Fairlead.Bench.Cni;

/// <summary>What one call of a plugin took: from before it was started until it was waited for; the processor and memory are its own and its children's.</summary>
/// <remarks>wait4 counts the starter's memory too, as the child begins as its copy; the peak is therefore taken in a run of its own, under time(1).</remarks>
internal readonly record struct PluginRun(double Milliseconds, double ProcessorMilliseconds)
{
    /// <summary>Starts the plugin with the configuration on stdin, and waits for it.</summary>
    public static PluginRun Call(string path, string configuration, string command, string container, string networkNamespace, string pluginPath) =>
        Start(path, configuration, command, container, networkNamespace, pluginPath).Wait();

    public static Started Start(string path, string configuration, string command, string container, string networkNamespace, string pluginPath)
    {
        int input = PluginExecution.MemoryFile("stdin"), output = PluginExecution.MemoryFile("stdout");
        Descriptors.WriteAll(input, Encoding.UTF8.GetBytes(configuration));
        _ = Libc.Seek(input, 0, 0);
        long start = Stopwatch.GetTimestamp();
        int process = PluginExecution.Spawn(path, [input, output, 2], new Dictionary<string, string?>
        {
            ["CNI_COMMAND"] = command,
            ["CNI_CONTAINERID"] = container,
            ["CNI_NETNS"] = networkNamespace,
            ["CNI_IFNAME"] = "eth0",
            ["CNI_PATH"] = pluginPath,
        });
        return new Started(process, start, input, output);
    }

    internal readonly record struct Started(int Process, long Start, int Input, int Output)
    {
        public unsafe PluginRun Wait()
        {
            ResourceUsage usage;
            int status;
            _ = WaitWithUsage(Process, &status, 0, &usage);
            double elapsed = Stopwatch.GetElapsedTime(Start).TotalMilliseconds;
            _ = Libc.Seek(Output, 0, 0);
            string said = Encoding.UTF8.GetString(Descriptors.ReadAll(Output));
            _ = Libc.Close(Input);
            _ = Libc.Close(Output);
            return status == 0
                ? new PluginRun(elapsed, (usage.UserSeconds + usage.SystemSeconds) * 1000.0 + (usage.UserMicroseconds + usage.SystemMicroseconds) / 1000.0)
                : throw new InvalidOperationException($"a plugin failed: {said}");
        }
    }

    /// <summary>struct rusage; what is not asked for is padding.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct ResourceUsage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long SystemSeconds;
        public long SystemMicroseconds;
    }

    [DllImport("libc", EntryPoint = "wait4")]
    private static extern unsafe int WaitWithUsage(int process, int* status, int options, ResourceUsage* usage);
}
