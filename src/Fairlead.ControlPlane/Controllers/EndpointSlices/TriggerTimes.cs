using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.EndpointSlices;

/// <summary>When the change happened that a slice is written for: what programming latency is measured from.</summary>
internal sealed class TriggerTimes
{
    private readonly Dictionary<ObjectKey, Seen> _services = [];

    /// <summary>The time of the earliest change since the last look at this service; null where nothing with a time has changed.</summary>
    public DateTimeOffset? Next(Service service, IReadOnlyList<Pod> pods)
    {
        Dictionary<string, DateTimeOffset> now = [];
        foreach (Pod pod in pods)
        {
            if (PodState.Condition(pod, "Ready")?.LastTransitionTime is { } changed)
            {
                now[pod.Metadata.Uid] = changed;
            }
        }

        lock (_services)
        {
            Seen? before = _services.GetValueOrDefault(service.Metadata.Key);
            _services[service.Metadata.Key] = new Seen(service.Metadata.Uid, now);
            DateTimeOffset? earliest = before?.Uid == service.Metadata.Uid ? null : service.Metadata.CreationTimestamp;
            foreach ((string uid, DateTimeOffset changed) in now)
            {
                bool known = before is not null && before.Pods.TryGetValue(uid, out DateTimeOffset old) && old == changed;
                if (!known && before is not null && (earliest is null || changed < earliest))
                {
                    earliest = changed;
                }
            }

            return earliest;
        }
    }

    public void Forget(ObjectKey service)
    {
        lock (_services)
        {
            _services.Remove(service);
        }
    }

    private sealed record Seen(string Uid, Dictionary<string, DateTimeOffset> Pods);
}
