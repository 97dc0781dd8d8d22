namespace Fairlead.Kubernetes;

/// <summary>The ports of its node that a pod takes for itself: those that it publishes, and all that it names when it is in the node's network.</summary>
public static class HostPorts
{
    /// <summary>Whether two pods can't be on one node, because both want a port of it at the same address.</summary>
    public static bool Clash(Pod one, Pod other)
    {
        (string Protocol, string Address, int Port)[] wanted = [.. Of(one)];
        return wanted.Length > 0 && Of(other).Any(taken => Array.Exists(wanted, want =>
            want.Port == taken.Port && want.Protocol == taken.Protocol && (want.Address == taken.Address || IsAny(want.Address) || IsAny(taken.Address))));
    }

    private static bool IsAny(string address) => address is "" or "0.0.0.0" or "::";

    private static IEnumerable<(string Protocol, string Address, int Port)> Of(Pod pod) =>
        pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(container => container.RestartPolicy == "Always"))
            .SelectMany(container => container.Ports)
            .Select(port => (Protocol: port.Protocol ?? "TCP", Address: port.HostIP ?? "", Port: pod.Spec.HostNetwork ? port.ContainerPortValue : port.HostPort))
            .Where(taken => taken.Port > 0);
}
