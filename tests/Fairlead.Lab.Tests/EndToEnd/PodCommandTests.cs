namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>A pod to run commands in, as a user who is not root.</summary>
public sealed class ShellPod : IDisposable
{
    public ShellPod(LabFixture lab)
    {
        Lab = lab;
        lab.Apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: shell}
            spec:
              securityContext: {runAsUser: 4321, runAsGroup: 3000}
              containers:
              - {name: main, image: machine, command: [bash, -c, "trap 'exit 0' TERM; while :; do sleep 0.2; done"], volumeMounts: [{name: data, mountPath: /data}]}
              volumes: [{name: data, emptyDir: {}}]
            """, "shell");
    }

    public LabFixture Lab { get; }

    public void Dispose() => Lab.Delete("shell");
}

/// <summary>What people do to a running container, with kubectl old and new.</summary>
[Trait("Category", "Root")]
[Collection(OneLab.Name)]
public sealed class PodCommandTests(ShellPod pod) : IClassFixture<ShellPod>
{
    private readonly LabFixture _lab = pod.Lab;

    public static TheoryData<string> Clients => [.. new[] { "bookworm", "trixie", "sid" }.Where(static suite => Commands.Kubectl(suite) is not null)];

    [Theory]
    [MemberData(nameof(Clients))]
    public void A_command_runs_as_the_containers_user_with_its_streams_and_its_exit_code(string client)
    {
        CommandResult result = Kubectl(client, "from outside\n", "exec", "-i", "shell", "--", "bash", "-c", "id -u; id -G; cat; echo to stderr >&2; exit 7");

        Assert.Equal("4321\n3000\nfrom outside\n", result.Output);
        Assert.Contains("to stderr\n", result.Error, StringComparison.Ordinal);
        Assert.Contains("exit code 7", result.Error, StringComparison.Ordinal);
    }

    [Theory] // command     exit code  in the words of other runtimes
    [InlineData("nope", 127, "exec: \"nope\": executable file not found in $PATH")]
    [InlineData("/nope", 127, "exec: \"/nope\": stat /nope: no such file or directory")]
    [InlineData("/etc/passwd", 126, "exec: \"/etc/passwd\": permission denied")]
    public void A_command_that_cannot_be_run_is_told_from_one_that_fails(string command, int exitCode, string message)
    {
        CommandResult result = _lab.TryKubectl("exec", "shell", "--", command);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains("OCI runtime exec failed: exec failed: unable to start container process: " + message, result.Error, StringComparison.Ordinal);
        Assert.Contains($"command terminated with exit code {exitCode}", result.Error, StringComparison.Ordinal);
        Assert.Equal(255, _lab.TryKubectl("exec", "shell", "--", "bash", "-c", "exit 255").ExitCode);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public void A_terminal_has_the_size_of_the_one_outside(string client)
    {
        // script(1) is the terminal: kubectl refuses one that is none.
        string kubectl = $"{Commands.Kubectl(client)} --kubeconfig {_lab.Kubeconfig} exec -it shell -- bash -c 'for i in {{1..600}}; do [ \"$(stty size)\" = \"0 0\" ] || break; sleep 0.1; done; stty size; tty; echo $TERM; id -u'";
        // It echoes the end of its own input as ^@ at some moment or other.
        string seen = Commands.Require("script", "-qec", $"stty rows 33 cols 99; {kubectl}", "/dev/null").Replace("^@", "", StringComparison.Ordinal);

        Assert.Contains("33 99\r\n/dev/pts/0\r\nxterm\r\n4321", seen, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public void Files_are_copied_in_and_out_unharmed(string client)
    {
        string directory = Directory.CreateTempSubdirectory("fairlead-cp-").FullName;
        try
        {
            byte[] content = new byte[3_000_000];
            Random.Shared.NextBytes(content);
            File.WriteAllBytes(Path.Combine(directory, "there"), content);

            Succeeds(Kubectl(client, "", "cp", Path.Combine(directory, "there"), "shell:/data/there"));
            Succeeds(Kubectl(client, "", "cp", "shell:/data/there", Path.Combine(directory, "back")));

            Assert.Equal(content, File.ReadAllBytes(Path.Combine(directory, "back")));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void A_terminal_pods_input_is_that_of_whoever_attaches()
    {
        CommandResult result = _lab.KubectlWith("hello\n", "run", "once", "-i", "--rm", "--quiet", "--restart=Never", "--image=machine", "--command", "--", "bash", "-c", "read x; echo got $x");

        Assert.Equal("got hello", result.Output.Trim());
        Assert.Equal("", _lab.Kubectl("get", "pod", "once", "--ignore-not-found"));
    }

    [Fact]
    public void A_debugging_container_sees_the_processes_of_its_target_and_stays_in_its_network()
    {
        Succeeds(_lab.TryKubectl("debug", "shell", "--image=machine", "--target=main", "--profile=general", "-c", "debugger", "--", "bash", "-c", "cat /proc/1/cmdline | tr '\\0' ' '; id -u; hostname; hostname -i"));
        LabFixture.Eventually(() => _lab.PodField("shell", ".status.ephemeralContainerStatuses[0].state.terminated.reason") == "Completed", "the debugging container ends");

        Assert.Equal($"bash -c trap 'exit 0' TERM; while :; do sleep 0.2; done 4321\nshell\n{_lab.PodField("shell", ".status.podIP")}\n", _lab.Kubectl("logs", "shell", "-c", "debugger"));
    }

    [Fact]
    public void A_forwarded_port_carries_much_data_and_several_connections()
    {
        _lab.Apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: big}
            spec:
              containers:
              - name: main
                image: machine
                workingDir: /srv
                command: [bash, -c, "head -c 30000000 /dev/urandom > blob; exec python3 -m http.server 8000"]
                readinessProbe: {tcpSocket: {port: 8000}, periodSeconds: 1}
            """, "big");
        string witness = _lab.InPod("big", "md5sum < /srv/blob");
        string answers = Commands.Require("bash", "-c", $$"""
            exec 3< <(exec {{Commands.Kubectl()}} --kubeconfig {{_lab.Kubeconfig}} port-forward pod/big :8000 2>/dev/null); forward=$!
            read -r -u 3 _ _ from _; port=${from##*:}
            for i in 1 2 3; do curl -s -m 300 http://127.0.0.1:$port/blob | md5sum & pids="$pids $!"; done
            wait $pids; curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:$port/nothing; kill $forward
            """);
        _lab.Delete("big");

        Assert.Equal([witness, witness, witness, "404"], answers.Trim().Split('\n'));
    }

    [Fact]
    public async Task Logs_are_given_whole_in_part_as_they_come_and_of_the_attempt_before()
    {
        _lab.Apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: chatty}
            spec:
              containers:
              - name: main
                image: machine
                command: [bash, -c, "for i in {1..50}; do echo line $i; done; echo oops >&2; [ -e /data/again ] && sleep inf; touch /data/again; exit 3"]
                volumeMounts: [{name: data, mountPath: /data}]
              volumes: [{name: data, emptyDir: {}}]
            """);
        LabFixture.Eventually(() => _lab.PodField("chatty", ".status.containerStatuses[0].restartCount") == "1" && _lab.PodField("chatty", ".status.containerStatuses[0].state.running") != "", "it runs for the second time");

        Assert.Equal(51, _lab.Kubectl("logs", "chatty").TrimEnd().Split('\n').Length);
        Assert.EndsWith("line 50\noops\n", _lab.Kubectl("logs", "chatty", "--previous"), StringComparison.Ordinal);
        Assert.Equal("line 50\noops\n", _lab.Kubectl("logs", "chatty", "--tail=2"));
        Assert.Matches(@"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z oops\n$", _lab.Kubectl("logs", "chatty", "--tail=1", "--timestamps"));
        Assert.Equal("line 1\nlin", _lab.Kubectl("logs", "chatty", "--limit-bytes=10"));
        Assert.Equal("", _lab.Kubectl("logs", "chatty", "--since-time=2099-01-01T00:00:00Z"));

        // Who follows is told what comes, and let go when the pod is.
        Task<string> followed = Task.Run(() => _lab.Kubectl("logs", "-f", "chatty", "--tail=1"), TestContext.Current.CancellationToken);
        _lab.InPod("chatty", "echo later > /proc/1/fd/1");
        _lab.Delete("chatty");
        Assert.Contains(await followed.WaitAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken), (string[])["oops\nlater\n", "later\n"]);
    }

    private CommandResult Kubectl(string client, string input, params string[] arguments) =>
        Commands.RunWith(input, Commands.Kubectl(client)!, ["--kubeconfig", _lab.Kubeconfig, .. arguments]);

    private static void Succeeds(CommandResult result) => Assert.True(result.ExitCode == 0, result.Output + result.Error);
}
