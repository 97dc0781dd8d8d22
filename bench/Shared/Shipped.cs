using System.Diagnostics;
using System.Globalization;

namespace Fairlead.Bench;

/// <summary>The executable as it ships, <c>out/bin/fairlead</c>, and what its processes weigh.</summary>
internal static class Shipped
{
    /// <summary>Runs a verb to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static void Run(params string[] arguments)
    {
        string executable = Path.GetFullPath("out/bin/fairlead");
        using Process process = Process.Start(new ProcessStartInfo(executable, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{executable} did not start");
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"fairlead {string.Join(' ', arguments)} exited {process.ExitCode}");
        }
    }

    /// <summary>Proportional memory of a process, in bytes; 0: it has ended.</summary>
    public static long ProportionalBytes(int process)
    {
        try
        {
            string line = File.ReadLines($"/proc/{process}/smaps_rollup").FirstOrDefault(text => text.StartsWith("Pss:", StringComparison.Ordinal)) ?? "Pss: 0 kB";
            return long.Parse(line[4..^2].Trim(), CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
