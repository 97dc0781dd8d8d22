using Fairlead.Cni.Tests.Sandboxes;

namespace Fairlead.Cni.Tests.Clients;

/// <summary>The plugin of docs/write-a-cni-plugin.md, built and run behind ours.</summary>
[Trait("Category", "Root")]
public sealed class ExampleTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void The_examples_plugin_works_in_a_chain_after_ours()
    {
        string bin = Path.Combine(_sandbox.Directory, "bin");
        Outcome built = Shell.Run("dotnet", ["build", Path.Combine(Built.Repository, "examples", "cni-plugin"), "-f", "net10.0", "-o", bin, "-v", "quiet", "--nologo"]);
        Assert.True(built.ExitCode == 0, built.Output + built.Error);

        Container pod = _sandbox.NewContainer();
        Chain chain = new(_sandbox, $$"""
            {"type":"bridge","bridge":"br0","ipam":{{_sandbox.HostLocal("10.1.0.0/24", "fd01::/64")}} },{"type":"announce","directory":"DIR/announced"}
            """, path: [Built.PluginDirectory, bin]);
        CniResult result = chain.Add(pod);
        Assert.Equal(2, result.Addresses.Count);
        string announced = Path.Combine(_sandbox.Directory, "announced", pod.Id);
        Assert.Equal([$"10.1.0.2 {pod.Id}", $"fd01::2 {pod.Id}"], File.ReadAllLines(announced));
        Assert.Equal("", chain.Problem(pod));
        chain.Status();
        chain.Delete(pod);
        chain.Delete(pod);
        Assert.False(File.Exists(announced));
    }

    [Fact]
    public void The_page_shows_the_examples_code()
    {
        string page = File.ReadAllText(Path.Combine(Built.Repository, "docs", "write-a-cni-plugin.md"));
        Assert.Contains(File.ReadAllText(Path.Combine(Built.Repository, "examples", "cni-plugin", "Program.cs")).Trim(), page, StringComparison.Ordinal);
    }
}
