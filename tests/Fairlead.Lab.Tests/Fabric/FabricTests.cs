using System.Diagnostics;
using Fairlead.Lab.Fabric;
using Fairlead.Lab.Tests.EndToEnd;

namespace Fairlead.Lab.Tests.Fabric;

/// <summary>The lab's wires and namespaces on the real kernel, without API or pods; ip and nsenter are the witnesses.</summary>
[Trait("Category", "Root")]
public sealed class FabricTests : IAsyncLifetime
{
    private const string Name = "fabric-test";
    private readonly LabTopology _topology = LabTopology.Plan(new LabOptions { Name = Name, Workers = 2, Mtu = 1400 });
    private readonly LabPaths _paths = new(Name);
    private MachineState? _before;

    public async ValueTask InitializeAsync()
    {
        await LabSweeper.DownAsync(Name, CancellationToken.None);
        _before = MachineState.Read(Name);
        Directory.CreateDirectory(_paths.Logs);
        FabricNetwork.Create(_topology);
        foreach (LabHost host in _topology.Hosts)
        {
            new HostNamespaces(_paths, host).Create();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await LabSweeper.DownAsync(Name, CancellationToken.None);
        Assert.Empty(MachineState.Read(Name).Since(_before!));
    }

    [Theory]
    [InlineData("worker-0", "10.240.0.1")]
    [InlineData("worker-0", "10.240.0.21")]
    [InlineData("worker-1", "10.240.0.10")]
    [InlineData("controller-0", "10.240.0.20")]
    public void A_host_reaches(string from, string address) =>
        Assert.Contains("1 received", Commands.Require("ip", "netns", "exec", _topology.Host(from).Namespace, "ping", "-c1", "-W60", address), StringComparison.Ordinal);

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("192.0.2.1")]
    public void Nothing_leads_out_of_the_lab(string address) =>
        Assert.NotEqual(0, Commands.Run("ip", "netns", "exec", _topology.Host("worker-0").Namespace, "ping", "-c1", "-W1", address).ExitCode);

    [Fact]
    public void Links_have_the_mtu_that_was_asked_for() =>
        Assert.Contains("mtu 1400", Commands.Require("ip", "-n", _topology.Host("worker-1").Namespace, "link", "show", "eth0"), StringComparison.Ordinal);

    [Fact]
    public void A_host_has_a_name_and_directories_of_its_own()
    {
        File.WriteAllText(Path.Combine(_paths.Host("worker-0"), "etc/cni/marker"), "worker-0");

        Assert.Equal("worker-0\nworker-0", On("worker-0", "hostname; cat /etc/cni/marker"));
        Assert.Equal("worker-1\nnone", On("worker-1", "hostname; cat /etc/cni/marker 2>/dev/null || echo none"));
        Assert.False(File.Exists("/etc/cni/marker"));
    }

    [Fact]
    public void A_host_sees_its_own_links_in_sysfs_and_the_machines_control_groups()
    {
        Assert.Equal("eth0 lo", On("worker-0", "ls /sys/class/net | xargs"));
        Assert.NotEqual("", On("worker-0", "ls /sys/fs/cgroup"));
    }

    [Fact]
    public void What_a_host_pins_under_run_netns_is_seen_on_the_machine()
    {
        On("worker-0", $"ip netns add fl-{Name}-worker-0_pod-1");

        Assert.Contains($"fl-{Name}-worker-0_pod-1", Commands.Require("ip", "netns", "list"), StringComparison.Ordinal);
        Assert.Contains("lo", Commands.Require("ip", "-n", $"fl-{Name}-worker-0_pod-1", "-o", "link"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_is_in_its_group_and_writes_its_log_until_the_lab_is_swept()
    {
        LabHost host = _topology.Host("worker-0");
        LabCgroup cgroup = LabCgroup.Of(Name, "worker-0/test");
        cgroup.Create();
        using LabSocket socket = LabSocket.Listen(0);
        var daemon = new Daemon
        {
            Command = ["/bin/sh", "-c", "echo $LISTEN_FDS $(( LISTEN_PID == $$ )) $(readlink /proc/$$/fd/3 | cut -d: -f1) $(hostname); exec sleep 1000"],
            LogFile = _paths.Log("test"),
            Cgroup = cgroup,
            ListeningSocket = socket.Socket,
        };

        int process = new HostNamespaces(_paths, host).Run(daemon.Start);

        LabFixture.Eventually(() => File.Exists(daemon.LogFile) && File.ReadAllText(daemon.LogFile).EndsWith('\n'), "it has written its line");
        Assert.Equal("1 1 socket worker-0\n", File.ReadAllText(daemon.LogFile));
        Assert.Equal([process], cgroup.Processes());
        Assert.True(await LabSweeper.DownAsync(Name, CancellationToken.None));
        Assert.Empty(cgroup.Processes());
    }

    private string On(string host, string script)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true };
        using Process process = new HostNamespaces(_paths, _topology.Host(host)).Run(() => Process.Start(start)!);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Trim();
    }
}
