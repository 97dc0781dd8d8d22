using System.Globalization;
using System.Text;
using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>What a pod may ask about itself (the downward API).</summary>
internal sealed record DownwardFields(Pod Pod, string NodeName, IReadOnlyList<string> HostAddresses, IReadOnlyList<string> PodAddresses, long MachineMemory, int MachineCpus)
{
    /// <summary>The value of a field path; null when the path is none that the downward API knows.</summary>
    public string? Field(string path) => path switch
    {
        "metadata.name" => Pod.Metadata.Name,
        "metadata.namespace" => Pod.Metadata.Namespace,
        "metadata.uid" => Pod.Metadata.Uid,
        "metadata.labels" => Lines(Pod.Metadata.Labels),
        "metadata.annotations" => Lines(Pod.Metadata.Annotations),
        "spec.nodeName" => NodeName,
        "spec.serviceAccountName" => Pod.Spec.ServiceAccountName ?? "",
        "status.hostIP" => HostAddresses.Count > 0 ? HostAddresses[0] : "",
        "status.hostIPs" => string.Join(',', HostAddresses),
        "status.podIP" => PodAddresses.Count > 0 ? PodAddresses[0] : "",
        "status.podIPs" => string.Join(',', PodAddresses),
        _ when Key(path, "metadata.labels") is { } label => Pod.Metadata.Labels.GetValueOrDefault(label, ""),
        _ when Key(path, "metadata.annotations") is { } annotation => Pod.Metadata.Annotations.GetValueOrDefault(annotation, ""),
        _ => null,
    };

    /// <summary>An amount of a container's resources in units of the divisor, rounded up; a missing limit is what the machine has.</summary>
    public string? Resource(ResourceFieldSelector selector, string containerName)
    {
        var name = selector.ContainerName is { Length: > 0 } other ? other : containerName;
        var container = Pod.Spec.InitContainers.Concat(Pod.Spec.Containers).FirstOrDefault(c => c.Name == name);
        if (container is null || selector.Resource.Split('.', 2) is not [var list, var resource] || list is not ("limits" or "requests"))
        {
            return null;
        }

        var amounts = list == "limits" ? container.Resources?.Limits : container.Resources?.Requests;
        decimal value = amounts is not null && amounts.TryGetValue(resource, out var given) ? given.Value
            : list == "requests" ? 0
            : resource switch { "cpu" => MachineCpus, "memory" => MachineMemory, _ => 0 };
        var divisor = selector.Divisor is { } d && d.Value > 0 ? d.Value : 1;
        return decimal.Ceiling(value / divisor).ToString(CultureInfo.InvariantCulture);
    }

    private static string? Key(string path, string map) =>
        path.StartsWith(map + "['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal) ? path[(map.Length + 2)..^2] : null;

    private static string Lines(IReadOnlyDictionary<string, string> map) =>
        string.Join('\n', map.OrderBy(static p => p.Key, StringComparer.Ordinal).Select(static p => $"{p.Key}={Quote(p.Value)}"));

    private static string Quote(string value)
    {
        StringBuilder quoted = new(value.Length + 2);
        quoted.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                '\r' => quoted.Append("\\r"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
