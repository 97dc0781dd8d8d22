namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>One lab of three workers with examples/web.yaml in it, shared by the tests of a class, and taken down after them.</summary>
public sealed class LabFixture : IDisposable
{
    public const string Name = "e2e";

    public LabFixture()
    {
        Before = MachineState.Read(Name);
        UpOutput = Commands.Require(Commands.Executable, "lab", "up", "--name", Name);
        Kubeconfig = Commands.Require(Commands.Executable, "lab", "kubeconfig", "--name", Name).Trim().Split('\n')[^1];
        Kubectl("apply", "-f", Path.Combine(Commands.Repository, "examples/web.yaml"));
        Kubectl("rollout", "status", "deployment/web", "--timeout=60s");
        Kubectl("wait", "--for=condition=Ready", "pod/client", "--timeout=60s");
    }

    internal MachineState Before { get; }

    public string UpOutput { get; }

    public string Kubeconfig { get; }

    public string Kubectl(params string[] arguments) => Commands.Require(
        Commands.Kubectl() ?? throw new InvalidOperationException("out/tools/kubectl-trixie is missing: run eng/kubectl.sh"),
        ["--kubeconfig", Kubeconfig, .. arguments]);

    /// <summary>Runs a program on a host of the lab.</summary>
    public static string On(string host, params string[] command) =>
        Commands.Require(Commands.Executable, ["lab", "exec", "--name", Name, host, "--", .. command]);

    public void Dispose() => Commands.Run(Commands.Executable, "lab", "down", "--name", Name);
}
