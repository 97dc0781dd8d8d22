using System.Runtime.InteropServices;

namespace Fairlead.Dns.Serving.Native;

/// <summary>
/// Tells the scheduler that the calling thread runs for short times only. It gets no more of the processor for that, but when it wakes it need not wait until whoever
/// computes there has used up a slice of milliseconds: an answer takes microseconds.
/// </summary>
/// <remarks>sched_setattr(2): since Linux 6.12 sched_runtime is the slice of ordinary threads, 0.1 to 100 ms (kernel/sched/syscalls.c). Older kernels take no notice.</remarks>
internal static unsafe class ShortSlice
{
    private const ulong Nanoseconds = 100_000;

    /// <summary>Asks for it; whether the kernel took it.</summary>
    public static bool Request()
    {
        // Neither policy nor nice value is ours to change: they are read and given back.
        Attributes attributes = default;
        (nint get, nint set) = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? (315, 314) : (275, 274);
        if (LibC.SystemCall(get, 0, &attributes, sizeof(Attributes), 0) != 0 || attributes.Policy != 0)
        {
            return false;
        }

        attributes.Runtime = Nanoseconds;
        return LibC.SystemCall(set, 0, &attributes, 0, 0) == 0;
    }

    /// <summary>struct sched_attr, as it was first.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;
        public ulong Runtime;
        public ulong Deadline;
        public ulong Period;
    }
}
