namespace Fairlead.Kernel.Tests.NfTables;

/// <summary>Texts that were looked at once and are to stay. What a test had instead lies beside the test's program, ending in .actual.</summary>
internal static class Golden
{
    internal static string Path(string file) => System.IO.Path.Combine(AppContext.BaseDirectory, "NfTables", "Golden", file);

    /// <summary>The lines of a file, each in its columns.</summary>
    internal static IEnumerable<string[]> Rows(string file) =>
        File.ReadAllLines(Path(file)).Select(static line => line.Split('\t'));

    internal static void Same(string file, string actual)
    {
        string path = Path(file);
        string expected = File.Exists(path) ? File.ReadAllText(path) : "";
        if (expected != actual)
        {
            File.WriteAllText($"{path}.actual", actual);
        }

        Assert.Equal(expected, actual);
    }
}
