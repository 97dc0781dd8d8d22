using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers;

/// <summary>Which services a change of a pod concerns.</summary>
internal static class ServicesOfPods
{
    /// <summary>Whether a service chooses its endpoints by labels.</summary>
    public static bool HasSelector(Service service) => service.Spec.Selector.Count > 0 && service.Spec.Type != "ExternalName";

    public static bool Selects(Service service, Pod pod)
    {
        foreach ((string key, string value) in service.Spec.Selector)
        {
            if (!pod.Metadata.Labels.TryGetValue(key, out string? actual) || actual != value)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Wakes the services that select the pod as it is, or as it was.</summary>
    public static void Wake(Informer<Service> services, InformerChange<Pod> change, WorkQueue<ObjectKey> queue)
    {
        if (change.Old is not null && change.New is not null && Same(change.Old, change.New))
        {
            return;
        }

        foreach (Service service in services.ListNamespace(change.Key.Namespace))
        {
            if (HasSelector(service) && ((change.New is not null && Selects(service, change.New)) || (change.Old is not null && Selects(service, change.Old))))
            {
                queue.Add(service.Metadata.Key);
            }
        }
    }

    /// <summary>Whether nothing changed that an endpoint shows; container restarts and the like are many.</summary>
    private static bool Same(Pod old, Pod now) =>
        old.Metadata.ResourceVersion == now.Metadata.ResourceVersion
        || (old.Metadata.Uid == now.Metadata.Uid
            && old.Metadata.IsDeleting == now.Metadata.IsDeleting
            && old.Status.Phase == now.Status.Phase
            && PodState.IsReady(old) == PodState.IsReady(now)
            && old.Status.PodIP == now.Status.PodIP
            && old.Status.PodIPs.SequenceEqual(now.Status.PodIPs)
            && old.Spec.NodeName == now.Spec.NodeName
            && old.Metadata.Labels.Count == now.Metadata.Labels.Count
            && old.Metadata.Labels.All(label => now.Metadata.Labels.GetValueOrDefault(label.Key) == label.Value));
}
