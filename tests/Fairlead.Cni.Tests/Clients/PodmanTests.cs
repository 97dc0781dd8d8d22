using Fairlead.Cni.Tests.Sandboxes;

namespace Fairlead.Cni.Tests.Clients;

/// <summary>Our plugins under podman, with its network backend cni.</summary>
[Trait("Category", "Root")]
public sealed class PodmanTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void Podmans_containers_talk_and_are_reached_by_a_port_of_the_host()
    {
        // nsenter instead of `ip netns exec`: runc needs the machine's own /sys/fs/cgroup.
        Outcome outcome = Shell.Run("nsenter", [$"--net=/run/netns/{_sandbox.Host}", "timeout", "100", "bash", "-c", Script], "", new Dictionary<string, string?>
        {
            ["D"] = _sandbox.Directory,
            ["CNI"] = Built.PluginDirectory,
        });
        Assert.True(outcome.ExitCode == 0, outcome.Output + outcome.Error);
        Dictionary<string, string> said = outcome.Output.Split('\n').Select(line => line.Split('=', 2)).Where(parts => parts.Length == 2).ToDictionary(parts => parts[0], parts => parts[1]);
        Assert.Equal("10.99.0.2", said["address"]);
        Assert.Equal("hello", said["from-container"]);
        Assert.Equal("hello", said["from-host"]);
        Assert.Equal("hello", said["from-loopback"]);
        Assert.Contains("tcp . 18080", said["mapping"], StringComparison.Ordinal);

        Assert.Equal(["podman0"], Sandbox.Links(_sandbox.Host));
        Assert.Empty(_sandbox.Leases("pods"));
        Assert.DoesNotContain("18080", _sandbox.Nft(), StringComparison.Ordinal);
    }

    private const string Script = """
        set -eu
        mkdir -p $D/root $D/run $D/net.d $D/image/bin $D/image/www
        cp /bin/busybox $D/image/bin/; echo hello > $D/image/www/index.html
        printf '%s\n' '[network]' 'network_backend = "cni"' "cni_plugin_dirs = [\"$CNI\"]" "network_config_dir = \"$D/net.d\"" \
            '[engine]' 'runtime = "runc"' 'cgroup_manager = "cgroupfs"' 'events_logger = "file"' > $D/containers.conf
        cat > $D/net.d/10-pods.conflist <<X
        {"cniVersion":"0.4.0","name":"pods","plugins":[
          {"type":"bridge","bridge":"podman0","isGateway":true,"ipMasq":true,"hairpinMode":true,
           "ipam":{"type":"host-local","dataDir":"$D/networks","routes":[{"dst":"0.0.0.0/0"}],"ranges":[[{"subnet":"10.99.0.0/24","gateway":"10.99.0.1"}]]}},
          {"type":"portmap","capabilities":{"portMappings":true}},{"type":"firewall"},{"type":"tuning","dataDir":"$D/tuning"}]}
        X
        export CONTAINERS_CONF=$D/containers.conf
        podman="podman --root $D/root --runroot $D/run --network-config-dir $D/net.d --cgroup-manager cgroupfs --storage-driver vfs"
        options="--network pods --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --security-opt seccomp=unconfined"
        tar -C $D/image -c . | $podman import -q - box >/dev/null
        trap '$podman rm -f -t 0 -a >/dev/null 2>&1 || true' EXIT
        $podman run -d --name web -p 18080:80 $options box /bin/busybox httpd -f -p 80 -h /www >/dev/null
        echo "address=$($podman inspect web --format '{{(index .NetworkSettings.Networks "pods").IPAddress}}')"
        $podman run -d --name client --log-driver k8s-file $options box /bin/busybox wget -q -O - http://10.99.0.2/ >/dev/null
        $podman wait client >/dev/null
        echo "from-container=$($podman logs client)"
        $podman rm client >/dev/null
        echo "from-host=$(curl -s -m 3 http://10.99.0.1:18080/)"
        echo "from-loopback=$(curl -s -m 3 http://127.0.0.1:18080/)"
        echo "mapping=$(nft list table inet fairlead-cni-portmap | grep 18080)"
        $podman rm -f -t 0 web >/dev/null
        """;
}
