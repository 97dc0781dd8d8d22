using Fairlead.Kubernetes;
using Fairlead.Lab.Fabric;
using Fairlead.Lab.Kubelet.Inspection;

namespace Fairlead.Cli;

/// <summary>A pod's way to the wire as rows for a person: from the pod down to the routes.</summary>
internal static class PodChain
{
    /// <summary>What is on the way, and which; for one pod of a lab.</summary>
    /// <exception cref="LabException">The pod has no sandbox on its node.</exception>
    public static IEnumerable<(string What, string Which)> Describe(RunningLab lab, Pod pod)
    {
        LabHost host = lab.Topology.Host(pod.Spec.NodeName ?? throw new LabException($"pod {pod.Metadata.Name} is on no node."));
        PodInspection found = PodInspection.Read(lab.Paths.NodeState(host.Name), host.Namespace, pod.Metadata.Namespace, pod.Metadata.Name)
            ?? throw new LabException($"pod {pod.Metadata.Name} has no sandbox on {host.Name}.");

        var rows = new List<(string, string)> { ("pod", $"{found.Namespace}/{found.Name} on {host.Name}") };
        rows.AddRange(found.Containers.Select(container => ("container", $"{container.Name}, {container.Id[..12]}, process {container.Pid}")));
        rows.Add(("pause process", $"{found.PausePid}, holds the pod's namespaces"));
        rows.Add(("network namespace", $"{found.NetworkNamespace}, inode {found.NetworkNamespaceInode}"));
        if (found.PodLink is { } podLink)
        {
            rows.Add(("link in the pod", $"{podLink.Name}@if{podLink.PeerIndex}, {string.Join(", ", podLink.Addresses)}"));
        }

        if (found.HostLink is { } hostLink)
        {
            rows.Add(("veth on the node", $"{hostLink.Name}@if{hostLink.PeerIndex}, index {hostLink.Index} in {host.Namespace}"));
        }

        rows.Add(("bridge", found.Bridge is { } bridge ? $"{bridge.Name}, {string.Join(", ", bridge.Addresses)}" : "none"));
        rows.AddRange(found.NodeRoutes.Select(route => ("route", Text(route))));
        return rows;
    }

    private static string Text(InspectedRoute route) =>
        string.Concat(route.Destination, route.Gateway is null ? "" : $" via {route.Gateway}", route.Link is null ? "" : $" dev {route.Link}");
}
