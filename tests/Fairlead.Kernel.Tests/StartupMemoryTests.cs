using System.Globalization;

namespace Fairlead.Kernel.Tests;

public sealed class StartupMemoryTests
{
    [Fact]
    public void Code_that_only_started_the_program_is_no_longer_mapped()
    {
        // The program is the runtime's launcher here, whose code isn't needed any more once the runtime goes.
        Assert.NotEqual(0, MappedCode());
        StartupMemory.Release();
        Assert.Equal(0, MappedCode());
    }

    /// <summary>Kilobytes of the program's code in this process's page tables, as smaps has it.</summary>
    private static int MappedCode()
    {
        string program = File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: false)!.FullName;
        string[] lines = File.ReadAllLines("/proc/self/smaps");
        int mapping = Array.FindIndex(lines, line => line.EndsWith(program, StringComparison.Ordinal) && line.Contains(" r-xp ", StringComparison.Ordinal));
        string resident = lines.Skip(mapping).First(line => line.StartsWith("Rss:", StringComparison.Ordinal));
        return int.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
