using System.Diagnostics;
using Fairlead.Cni.Tests.Sandboxes;

namespace Fairlead.Cni.Tests.Clients;

/// <summary>Our plugins under containerd, spoken to as a kubelet does (CRI), with runc.</summary>
[Trait("Category", "Root")]
public sealed class ContainerdTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose()
    {
        _sandbox.Dispose();

        // containerd removes the sandbox's control group, not the pod's: that is the kubelet's.
        foreach (string hierarchy in (string[])["/sys/fs/cgroup", .. Directory.GetDirectories("/sys/fs/cgroup")])
        {
            string group = hierarchy + CriClient.ControlGroup;
            if (Directory.Exists(group))
            {
                Directory.Delete(group);
            }
        }
    }

    [Fact]
    public async Task A_pod_sandbox_gets_address_and_host_port_and_leaves_nothing()
    {
        Outcome prepared = Shell.Bash(Prepare, "", new Dictionary<string, string?> { ["D"] = _sandbox.Directory, ["CNI"] = Built.PluginDirectory });
        Assert.True(prepared.ExitCode == 0, prepared.Error);
        ProcessStartInfo start = new("nsenter", [$"--net=/run/netns/{_sandbox.Host}", "bash", "-c", $"exec containerd --config {_sandbox.Directory}/config.toml > {_sandbox.Directory}/log 2>&1"]);
        using Process containerd = Process.Start(start)!;
        try
        {
            string socket = Path.Combine(_sandbox.Directory, "containerd.sock");
            using CriClient client = new(socket);
            await WaitAsync(client, containerd);
            Outcome imported = Shell.Run("ctr", ["--address", socket, "-n", "k8s.io", "images", "import", "--snapshotter", "native", Path.Combine(_sandbox.Directory, "pause.tar")]);
            Assert.True(imported.ExitCode == 0, imported.Error);

            string id = await client.RunPodSandboxAsync("web", _sandbox.Directory, hostPort: 18081, containerPort: 80);
            Assert.Equal("10.98.0.2", await client.GetAddressAsync(id));
            Assert.True(Sandbox.CanPing(_sandbox.Host, "10.98.0.2"));
            Assert.Contains("tcp . 18081 comment \"k8s ", _sandbox.Nft(), StringComparison.Ordinal);
            Assert.Equal([$"{id}\r\neth0"], _sandbox.Leases("k8s").Values);

            await client.StopPodSandboxAsync(id);
            await client.StopPodSandboxAsync(id); // as kubelets do
            await client.RemovePodSandboxAsync(id);
            Assert.Equal(["cni0"], Sandbox.Links(_sandbox.Host));
            Assert.Empty(_sandbox.Leases("k8s"));
            Assert.DoesNotContain("18081", _sandbox.Nft(), StringComparison.Ordinal);
        }
        finally
        {
            containerd.Kill();
            await containerd.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private async Task WaitAsync(CriClient client, Process containerd)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                Assert.Equal("containerd", await client.VersionAsync());
                return;
            }
            catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException && attempt < 200 && !containerd.HasExited)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
            catch (HttpRequestException)
            {
                Assert.Fail(File.ReadAllText(Path.Combine(_sandbox.Directory, "log")));
            }
        }
    }

    private const string Prepare = """
        set -eu
        mkdir -p $D/net.d $D/image/bin $D/archive
        cp /bin/busybox $D/image/bin/
        tar -C $D/image -cf $D/archive/layer.tar .
        layer=$(sha256sum $D/archive/layer.tar | cut -d' ' -f1)
        echo '{"architecture":"amd64","os":"linux","config":{"Entrypoint":["/bin/busybox","sleep","600"]},"rootfs":{"type":"layers","diff_ids":["sha256:'$layer'"]}}' > $D/archive/config.json
        echo '[{"Config":"config.json","RepoTags":["localhost/pause:1"],"Layers":["layer.tar"]}]' > $D/archive/manifest.json
        tar -C $D/archive -cf $D/pause.tar manifest.json config.json layer.tar
        cat > $D/net.d/10-k8s.conflist <<X
        {"cniVersion":"1.0.0","name":"k8s","plugins":[
          {"type":"bridge","bridge":"cni0","isDefaultGateway":true,"ipMasq":true,"ipam":{"type":"host-local","dataDir":"$D/networks","ranges":[[{"subnet":"10.98.0.0/24"}]]}},
          {"type":"portmap","capabilities":{"portMappings":true}},
          {"type":"bandwidth","capabilities":{"bandwidth":true}}]}
        X
        cat > $D/config.toml <<X
        version = 2
        root = "$D/root"
        state = "$D/state"
        disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
        [grpc]
        address = "$D/containerd.sock"
        [plugins."io.containerd.grpc.v1.cri"]
        sandbox_image = "localhost/pause:1"
        restrict_oom_score_adj = true
        disable_apparmor = true
        disable_tcp_service = true
        [plugins."io.containerd.grpc.v1.cri".containerd]
        snapshotter = "native"
        default_runtime_name = "runc"
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        [plugins."io.containerd.grpc.v1.cri".cni]
        bin_dir = "$CNI"
        conf_dir = "$D/net.d"
        X
        """;
}
