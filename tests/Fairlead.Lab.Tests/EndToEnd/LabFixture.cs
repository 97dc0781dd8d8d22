namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>The tests that look at one running lab and put pods of their own beside what is there.</summary>
[CollectionDefinition(Name)]
public sealed class OneLab : ICollectionFixture<LabFixture>
{
    public const string Name = "one lab";
}

/// <summary>One lab of three workers with examples/web.yaml in it, shared by the tests of <see cref="OneLab"/>, and taken down after them.</summary>
public sealed class LabFixture : IDisposable
{
    public const string Name = "e2e";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    public LabFixture()
    {
        Before = MachineState.Read(Name);
        UpOutput = Commands.Require(Commands.Executable, "lab", "up", "--name", Name);
        Kubeconfig = Commands.Require(Commands.Executable, "lab", "kubeconfig", "--name", Name).Trim().Split('\n')[^1];
        Kubectl("apply", "-f", Path.Combine(Commands.Repository, "examples/web.yaml"));
        Kubectl("rollout", "status", "deployment/web", "--timeout=300s");
        Kubectl("wait", "--for=condition=Ready", "pod/client", "--timeout=300s");
    }

    internal MachineState Before { get; }

    public string UpOutput { get; }

    public string Kubeconfig { get; }

    public string Kubectl(params string[] arguments)
    {
        CommandResult result = TryKubectl(arguments);
        Assert.True(result.ExitCode == 0, $"kubectl {string.Join(' ', arguments)} exited {result.ExitCode}:\n{result.Output}{result.Error}");
        return result.Output;
    }

    /// <summary>Runs kubectl whether it succeeds or not, with nothing on its standard input.</summary>
    internal CommandResult TryKubectl(params string[] arguments) => KubectlWith("", arguments);

    internal CommandResult KubectlWith(string input, params string[] arguments) => Commands.RunWith(
        input,
        Commands.Kubectl() ?? throw new InvalidOperationException("out/tools/kubectl-trixie is missing: run eng/kubectl.sh"),
        ["--kubeconfig", Kubeconfig, .. arguments]);

    /// <summary>Applies a manifest, and waits until the pods that are named run and are ready.</summary>
    internal void Apply(string manifest, params string[] ready)
    {
        CommandResult applied = KubectlWith(manifest, "apply", "-f", "-");
        Assert.True(applied.ExitCode == 0, applied.Error);
        if (ready.Length > 0)
        {
            Kubectl(["wait", "--for=condition=Ready", "--timeout=300s", .. ready.Select(static pod => "pod/" + pod)]);
        }
    }

    /// <summary>Asks for a URL from within a pod until there is an answer.</summary>
    internal string AskFromPod(string pod, string url)
    {
        CommandResult answer = new(-1, "", "");
        Eventually(() => (answer = TryKubectl("exec", pod, "--", "bash", "-c", $"curl -gsS -m 30 {url}")).ExitCode == 0, () => $"{pod} asks {url}: {answer.Error}");
        return answer.Output.Trim();
    }

    /// <summary>Asks for a URL from a host of the lab until there is an answer.</summary>
    internal static string AskFrom(string host, string url)
    {
        CommandResult answer = new(-1, "", "");
        Eventually(
            () => (answer = Commands.Run(Commands.Executable, "lab", "exec", "--name", Name, host, "--", "curl", "-gsS", "-m", "30", url)).ExitCode == 0,
            () => $"{host} asks {url}: {answer.Error}");
        return answer.Output.Trim();
    }

    /// <summary>What a command in a pod prints.</summary>
    internal string InPod(string pod, string script) => Kubectl("exec", pod, "--", "bash", "-c", script).TrimEnd();

    /// <summary>A field of a pod, by its JSONPath.</summary>
    internal string PodField(string pod, string path) => Kubectl("get", "pod", pod, "-o", "jsonpath={" + path + "}");

    /// <summary>The events of an object as "Reason: message", without repetitions.</summary>
    internal string[] EventsOf(string name) =>
        [.. Kubectl("get", "events", "--field-selector", "involvedObject.name=" + name, "-o", "jsonpath={range .items[*]}{.reason}: {.message}{\"\\n\"}{end}").Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct()];

    /// <summary>Deletes pods at once.</summary>
    internal void Delete(params string[] pods) => Kubectl(["delete", "pod", "--grace-period=0", "--force", "--wait=false", .. pods]);

    /// <summary>Waits for something to become true, far longer than it takes anywhere.</summary>
    internal static void Eventually(Func<bool> condition, string what) => Eventually(condition, () => what);

    /// <summary>The same, with words that are found when it did not happen.</summary>
    internal static void Eventually(Func<bool> condition, Func<string> what)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > s_patience)
            {
                Assert.Fail($"It did not happen within {s_patience.TotalMinutes} minutes: {what()}.");
            }

            Thread.Sleep(50);
        }
    }

    /// <summary>Runs a program on a host of the lab.</summary>
    public static string On(string host, params string[] command) =>
        Commands.Require(Commands.Executable, ["lab", "exec", "--name", Name, host, "--", .. command]);

    public void Dispose() => Commands.Run(Commands.Executable, "lab", "down", "--name", Name);
}
