namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>What a lab leaves on the machine: nothing, however it ended.</summary>
[Trait("Category", "Root")]
public sealed class LeakTests
{
    [Fact]
    public void A_lab_that_is_taken_down_leaves_nothing()
    {
        MachineState before = MachineState.Read("leak");
        Commands.Require(Commands.Executable, "lab", "up", "--name", "leak", "--nodes", "1");
        Commands.Require(Commands.Executable, "lab", "down", "--name", "leak");

        Assert.Empty(MachineState.Read("leak").Since(before));
    }

    [Fact]
    public void A_lab_whose_processes_were_all_killed_comes_up_again_and_leaves_nothing()
    {
        MachineState before = MachineState.Read("crash");
        Commands.Require(Commands.Executable, "lab", "up", "--name", "crash", "--nodes", "1");
        foreach (string process in ProcessesOf("crash"))
        {
            Commands.Run("kill", "-9", process);
        }

        Commands.Require(Commands.Executable, "lab", "up", "--name", "crash", "--nodes", "1");
        Commands.Require(Commands.Executable, "lab", "down", "--name", "crash");

        Assert.Empty(MachineState.Read("crash").Since(before));
    }

    [Fact]
    public void Taking_down_a_lab_that_is_not_there_says_so_and_is_no_error()
    {
        Assert.Contains("There was no lab nobody", Commands.Require(Commands.Executable, "lab", "down", "--name", "nobody"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { "lab", "up", "--name", "No/Good" }, 1, "--name 'No/Good'")]
    [InlineData(new[] { "lab", "up", "--nodes", "many" }, 2, "many")]
    [InlineData(new[] { "lab", "up", "--preset", "easy" }, 1, "--preset 'easy'")]
    [InlineData(new[] { "lab", "kubeconfig", "--name", "nobody" }, 1, "there is no lab 'nobody'")]
    [InlineData(new[] { "lba" }, 2, "lba")]
    public void Bad_input_is_named_with_a_way_out(string[] arguments, int exitCode, string named)
    {
        CommandResult result = Commands.Run(Commands.Executable, arguments);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<string> ProcessesOf(string lab) => Directory.GetDirectories("/sys/fs/cgroup")
        .Select(hierarchy => Path.Combine(hierarchy, "fairlead", lab))
        .Where(Directory.Exists)
        .SelectMany(top => Directory.GetFiles(top, "cgroup.procs", SearchOption.AllDirectories))
        .SelectMany(File.ReadAllLines)
        .Distinct();
}
