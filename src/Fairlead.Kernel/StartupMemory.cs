using System.Globalization;
using Fairlead.Kernel.Interop;

namespace Fairlead.Kernel;

/// <summary>Gives back what a daemon needed only to start.</summary>
public static class StartupMemory
{
    private const string Program = "/proc/self/exe";

    /// <summary>
    /// Collects what lists and first plans left behind, which is as much as what stays and which nothing would ask for again for a long time; and takes the program's own
    /// code and data out of this process's page tables. What serving needs of them is mapped again where it is touched; the rest, which only starting needed, no longer
    /// counts as this process's memory. All of it is advice: where the kernel doesn't take it, nothing is lost.
    /// </summary>
    public static void Release()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (File.ResolveLinkTarget(Program, returnFinalTarget: false)?.FullName is not { } program)
        {
            return;
        }

        (nuint Start, nuint Length) mapping = default;
        bool isWritable = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            // START-END PERMISSIONS OFFSET DEVICE INODE PATH, then what is known of the mapping, a line each (proc(5)).
            if (line.EndsWith(program, StringComparison.Ordinal) && line.Split(' ', 3) is [string range, ['r', char write, ..], _])
            {
                mapping = Parse(range);
                isWritable = write == 'w';
            }
            else if (line.StartsWith("Anonymous:", StringComparison.Ordinal))
            {
                if (isWritable)
                {
                    // Pages that were never written to go, the others are nobody's but ours and stay; those that other processes map are left alone. What went is read again into the page cache.
                    _ = LibC.Advise(mapping.Start, mapping.Length, LibC.AdvicePageOut);
                    _ = LibC.Advise(mapping.Start, mapping.Length, LibC.AdviceWillNeed);
                }
                else if (mapping.Length > 0 && line.EndsWith(" 0 kB", StringComparison.Ordinal))
                {
                    // Not where pages were written to before they became constant, as by the dynamic linker: they aren't the file's any more, and would be lost.
                    _ = LibC.Advise(mapping.Start, mapping.Length, LibC.AdviceDontNeed);
                }

                mapping = default;
                isWritable = false;
            }
        }
    }

    private static (nuint Start, nuint Length) Parse(string range)
    {
        int dash = range.IndexOf('-', StringComparison.Ordinal);
        nuint start = Number(range.AsSpan(0, dash));
        return (start, Number(range.AsSpan(dash + 1)) - start);

        static nuint Number(ReadOnlySpan<char> text) => nuint.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
