using System.Diagnostics;

namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>Labs that are killed at random instants, on their way up, with pods in them, and on their way down: the next command finds whatever is left and takes it away.</summary>
[Trait("Category", "Root")]
public sealed class SoakLeakTests
{
    private const string Name = "soak";

    [Fact]
    public void Ups_and_downs_that_are_killed_leave_nothing() => UpAndDown(times: 3);

    [Fact(Explicit = true)]
    public void Twenty_ups_and_downs_that_are_killed_leave_nothing() => UpAndDown(times: 20);

    private static void UpAndDown(int times)
    {
        Commands.Require(Commands.Executable, "lab", "down", "--name", Name);
        MachineState before = MachineState.Read(Name);
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int round = 0; round < times; round++)
        {
            // Most of an up takes less than two seconds; later than that nothing of it is left to kill.
            KillDuring(random.Next(50, 2000), "lab", "up", "--name", Name, "--nodes", "2", "--mode", round % 2 == 0 ? "direct" : "vpc");
            Commands.Require(Commands.Executable, "lab", "up", "--name", Name, "--nodes", "2", "--dual-stack");
            Commands.Require(Commands.Executable, "lab", "fault", "stop", "worker-1", "--name", Name, "--for", "1h");
            StartPods();
            KillDuring(random.Next(5, 500), "lab", "down", "--name", Name);
            Commands.Require(Commands.Executable, "lab", "down", "--name", Name);

            IReadOnlyList<string> left = MachineState.Read(Name).Since(before);
            Assert.True(left.Count == 0, $"round {round} (seed {seed}) left:\n{string.Join('\n', left)}");
        }
    }

    private static void StartPods()
    {
        string kubeconfig = Commands.Require(Commands.Executable, "lab", "kubeconfig", "--name", Name).Trim();
        Commands.Require(Commands.Kubectl() ?? "kubectl", "--kubeconfig", kubeconfig, "create", "deployment", "web", "--image=web", "--replicas=3");
    }

    private static void KillDuring(int milliseconds, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Commands.Executable, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        if (!process.WaitForExit(milliseconds))
        {
            process.Kill();
            process.WaitForExit();
        }
    }
}
