using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Nodes;

/// <summary>What is known of the machine that the node is on.</summary>
internal sealed record Machine(int Cpus, long Memory, long Disk, string MachineId, string BootId, string Kernel, string System, string Runtime)
{
    public static Machine Read(string runtimeVersion, string stateDirectory)
    {
        var memory = File.ReadLines("/proc/meminfo").First(static l => l.StartsWith("MemTotal:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        var name = File.Exists("/etc/os-release")
            ? File.ReadLines("/etc/os-release").FirstOrDefault(static l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?["PRETTY_NAME=".Length..].Trim('"')
            : null;
        return new Machine(
            Environment.ProcessorCount,
            long.Parse(memory, CultureInfo.InvariantCulture) * 1024,
            new DriveInfo(stateDirectory).TotalSize,
            Text("/etc/machine-id") is { Length: > 0 } id ? id : "00000000000000000000000000000000",
            Text("/proc/sys/kernel/random/boot_id"),
            Text("/proc/sys/kernel/osrelease"),
            name ?? "Linux",
            runtimeVersion);
    }

    private static string Text(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : "";
}

/// <summary>Makes the Node object that the runtime keeps in the API; pure.</summary>
internal static class NodeObject
{
    /// <summary>The version of the API that pods are run by.</summary>
    public const string KubeletVersion = "v1.36.0";

    /// <summary>The object with which the node registers: name, labels, pod CIDRs and status.</summary>
    public static JsonObject Create(NodeRuntimeOptions options, Machine machine, string? networkProblem, DateTimeOffset now)
    {
        JsonObject spec = [];
        if (options.PodCidrs.Count > 0)
        {
            spec["podCIDR"] = options.PodCidrs[0];
            spec["podCIDRs"] = new JsonArray([.. options.PodCidrs.Select(static c => (JsonNode)c)]);
        }

        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Node",
            ["metadata"] = new JsonObject { ["name"] = options.NodeName, ["labels"] = Labels(options) },
            ["spec"] = spec,
            ["status"] = Status(options, machine, networkProblem, null, now),
        };
    }

    /// <summary>The well-known labels and the options' own.</summary>
    public static JsonObject Labels(NodeRuntimeOptions options)
    {
        JsonObject labels = new()
        {
            ["kubernetes.io/hostname"] = options.NodeName,
            ["kubernetes.io/os"] = "linux",
            ["kubernetes.io/arch"] = Architecture,
            ["beta.kubernetes.io/os"] = "linux",
            ["beta.kubernetes.io/arch"] = Architecture,
        };
        foreach (var (name, value) in options.NodeLabels)
        {
            labels[name] = value;
        }

        return labels;
    }

    /// <summary>The node's status; conditions keep the time of their last transition from <paramref name="before"/>.</summary>
    public static JsonObject Status(NodeRuntimeOptions options, Machine machine, string? networkProblem, Node? before, DateTimeOffset now)
    {
        JsonArray addresses = [];
        foreach (var address in options.NodeAddresses)
        {
            addresses.Add((JsonNode)new JsonObject { ["type"] = "InternalIP", ["address"] = address.ToString() });
        }

        foreach (var address in options.ExternalAddresses)
        {
            addresses.Add((JsonNode)new JsonObject { ["type"] = "ExternalIP", ["address"] = address.ToString() });
        }

        addresses.Add((JsonNode)new JsonObject { ["type"] = "Hostname", ["address"] = options.NodeName });
        return new JsonObject
        {
            ["capacity"] = Resources(options, machine),
            ["allocatable"] = Resources(options, machine),
            ["addresses"] = addresses,
            ["daemonEndpoints"] = new JsonObject { ["kubeletEndpoint"] = new JsonObject { ["Port"] = options.KubeletPort } },
            ["nodeInfo"] = new JsonObject
            {
                ["machineID"] = machine.MachineId,
                ["systemUUID"] = machine.MachineId,
                ["bootID"] = machine.BootId,
                ["kernelVersion"] = machine.Kernel,
                ["osImage"] = machine.System,
                ["containerRuntimeVersion"] = machine.Runtime,
                ["kubeletVersion"] = KubeletVersion,
                ["kubeProxyVersion"] = KubeletVersion,
                ["operatingSystem"] = "linux",
                ["architecture"] = Architecture,
            },
            ["conditions"] = new JsonArray(
                Condition("MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                Condition("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                Condition("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                networkProblem is null
                    ? Condition("Ready", true, "KubeletReady", "kubelet is posting ready status")
                    : Condition("Ready", false, "KubeletNotReady", $"container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:{networkProblem}")),
        };

        JsonObject Condition(string type, bool status, string reason, string message)
        {
            var text = status ? "True" : "False";
            var old = before?.Status.Conditions.FirstOrDefault(c => c.Type == type);
            return new JsonObject
            {
                ["type"] = type,
                ["status"] = text,
                ["reason"] = reason,
                ["message"] = message,
                ["lastHeartbeatTime"] = Time(now),
                ["lastTransitionTime"] = Time(old?.Status == text && old.LastTransitionTime is { } since ? since : now),
            };
        }
    }

    private static JsonObject Resources(NodeRuntimeOptions options, Machine machine) => new()
    {
        ["cpu"] = machine.Cpus.ToString(CultureInfo.InvariantCulture),
        ["memory"] = $"{machine.Memory / 1024}Ki",
        ["ephemeral-storage"] = $"{machine.Disk / 1024}Ki",
        ["hugepages-1Gi"] = "0",
        ["hugepages-2Mi"] = "0",
        ["pods"] = options.MaxPods.ToString(CultureInfo.InvariantCulture),
    };

    private static string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
