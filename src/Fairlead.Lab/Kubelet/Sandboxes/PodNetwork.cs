using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Cni;
using Fairlead.Kernel;
using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Sandboxes;

/// <summary>A pod's network by CNI, the way every runtime does it: <c>lo</c> through the loopback plugin, then <c>eth0</c> through the node's network.</summary>
internal sealed class PodNetwork(NodeRuntimeOptions options)
{
    private static readonly NetworkList Loopback = NetworkList.Parse("""{"cniVersion":"0.4.0","name":"cni-loopback","plugins":[{"type":"loopback"}]}"""u8);

    private readonly CniRuntime _runtime = new(new CniRuntimeOptions { BinDirectories = options.CniBinDirectories });

    /// <summary>Whether there is a network to connect pods to; null, or what is missing.</summary>
    public string? NotReady()
    {
        string? invalid = null;
        return NetworkList.LoadDefault(options.CniConfDirectory, problem => invalid = problem.Message) is not null
            ? null
            : invalid ?? $"no network configuration in {options.CniConfDirectory}";
    }

    /// <summary>Connects a sandbox and returns its addresses, the primary one first.</summary>
    /// <exception cref="CniException">A plugin refused, or there is no configuration.</exception>
    public async Task<IReadOnlyList<string>> AttachAsync(Pod pod, SandboxRecord sandbox, CancellationToken cancellationToken)
    {
        var network = Network();
        _ = await _runtime.AddAsync(Loopback, Attachment(pod, sandbox, "lo"), cancellationToken).ConfigureAwait(false);
        var result = await _runtime.AddAsync(network, Attachment(pod, sandbox, "eth0"), cancellationToken).ConfigureAwait(false);
        return [.. result.ContainerAddresses.Select(static a => a.Address.Address.ToString())];
    }

    /// <summary>Disconnects a sandbox; succeeds when it is disconnected already.</summary>
    /// <exception cref="CniException">A plugin refused.</exception>
    public async Task DetachAsync(Pod pod, SandboxRecord sandbox, CancellationToken cancellationToken)
    {
        await _runtime.DeleteAsync(Network(), Attachment(pod, sandbox, "eth0"), cancellationToken).ConfigureAwait(false);
        await _runtime.DeleteAsync(Loopback, Attachment(pod, sandbox, "lo"), cancellationToken).ConfigureAwait(false);
    }

    private NetworkList Network() => NetworkList.LoadDefault(options.CniConfDirectory)
        ?? throw new CniException(CniErrorCode.TryAgainLater, $"no network configuration in {options.CniConfDirectory}");

    private static RuntimeAttachment Attachment(Pod pod, SandboxRecord sandbox, string interfaceName)
    {
        var path = sandbox.NetworkNamespace is { } name ? Path.Combine(NetworkNamespace.NamedDirectory, name) : "";
        return new RuntimeAttachment
        {
            ContainerId = sandbox.Id,
            NetworkNamespace = Path.Exists(path) ? path : "",
            InterfaceName = interfaceName,
            Arguments =
            [
                new("IgnoreUnknown", "1"),
                new("K8S_POD_NAMESPACE", pod.Metadata.Namespace),
                new("K8S_POD_NAME", pod.Metadata.Name),
                new("K8S_POD_INFRA_CONTAINER_ID", sandbox.Id),
                new("K8S_POD_UID", pod.Metadata.Uid),
            ],
            CapabilityArguments = Capabilities(pod),
        };
    }

    /// <summary>What plugins with the matching capability are told: published ports, bandwidth, and the pod's annotations.</summary>
    private static JsonObject Capabilities(Pod pod)
    {
        JsonObject capabilities = [];
        JsonArray ports = [];
        foreach (var port in pod.Spec.InitContainers.Where(static c => c.RestartPolicy == "Always").Concat(pod.Spec.Containers).SelectMany(static c => c.Ports).Where(static p => p.HostPort > 0))
        {
            ports.Add((JsonNode)new JsonObject
            {
                ["hostPort"] = port.HostPort,
                ["containerPort"] = port.ContainerPortValue,
                ["protocol"] = (port.Protocol ?? "TCP").ToLowerInvariant(),
                ["hostIP"] = port.HostIP ?? "",
            });
        }

        if (ports.Count > 0)
        {
            capabilities["portMappings"] = ports;
        }

        JsonObject bandwidth = [];
        Bandwidth("kubernetes.io/ingress-bandwidth", "ingress");
        Bandwidth("kubernetes.io/egress-bandwidth", "egress");
        if (bandwidth.Count > 0)
        {
            capabilities["bandwidth"] = bandwidth;
        }

        return capabilities;

        void Bandwidth(string annotation, string direction)
        {
            if (pod.Metadata.Annotations.TryGetValue(annotation, out var text) && Quantity.TryParse(text, out var rate) && rate > 0)
            {
                bandwidth[direction + "Rate"] = JsonValue.Create((long)rate);
                bandwidth[direction + "Burst"] = JsonValue.Create(long.Parse("2147483647", CultureInfo.InvariantCulture));
            }
        }
    }
}
