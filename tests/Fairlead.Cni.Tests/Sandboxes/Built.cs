namespace Fairlead.Cni.Tests.Sandboxes;

/// <summary>What `make build` left: the tests run the published plugins, the way a runtime does.</summary>
internal static class Built
{
    /// <summary>The repository's directory.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>out/cni, or what FAIRLEAD_CNI_BIN says.</summary>
    public static string PluginDirectory { get; } = FindPlugins();

    private static string FindPlugins()
    {
        string directory = Environment.GetEnvironmentVariable("FAIRLEAD_CNI_BIN") ?? Path.Combine(Repository, "out", "cni");
        return File.Exists(Path.Combine(directory, "bridge"))
            ? directory
            : throw new InvalidOperationException($"The plugins are not built: {directory} has no bridge. Run `make build`, or set FAIRLEAD_CNI_BIN to a directory that holds them.");
    }

    private static string FindRepository()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Fairlead.slnx")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} is not inside the repository.");
    }
}
