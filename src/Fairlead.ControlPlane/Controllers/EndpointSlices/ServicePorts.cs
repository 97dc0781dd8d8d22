using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.EndpointSlices;

/// <summary>A service's ports as one pod serves them; named target ports may be other numbers in other pods.</summary>
internal static class ServicePorts
{
    /// <summary>The ports of a slice for this pod; a named port that the pod does not have is left out.</summary>
    public static IReadOnlyList<EndpointSlicePort> Of(Service service, Pod pod)
    {
        List<EndpointSlicePort> ports = [];
        foreach (ServicePort port in service.Spec.Ports)
        {
            if (Resolve(port, pod) is { } number)
            {
                ports.Add(new EndpointSlicePort { Name = port.Name ?? "", Protocol = port.Protocol ?? "TCP", Port = number, AppProtocol = port.AppProtocol });
            }
        }

        return ports;
    }

    /// <summary>The number of a service port on a pod, or null where the pod has no port of that name.</summary>
    public static int? Resolve(ServicePort port, Pod pod)
    {
        if (port.TargetPort is not { } target || (target.Text is null && target.Number == 0))
        {
            return port.Port;
        }

        if (target.Text is null)
        {
            return target.Number;
        }

        foreach (Container container in pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(container => container.RestartPolicy == "Always")))
        {
            foreach (ContainerPort candidate in container.Ports)
            {
                if (candidate.Name == target.Text && (candidate.Protocol ?? "TCP") == (port.Protocol ?? "TCP"))
                {
                    return candidate.ContainerPortValue;
                }
            }
        }

        return null;
    }
}
