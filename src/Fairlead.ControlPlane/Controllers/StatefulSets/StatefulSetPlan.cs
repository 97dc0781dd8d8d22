using Fairlead.ControlPlane.Controllers.Revisions;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.StatefulSets;

/// <summary>The next step of a stateful set: in order, one pod at a time, unless it manages its pods in parallel.</summary>
/// <param name="Create">Ordinals to make, with whether each is of the newest revision.</param>
/// <param name="Delete">Pods to delete.</param>
/// <param name="Status">What is true now.</param>
/// <param name="LookAgain">When a pod becomes available.</param>
internal sealed record StatefulSetPlan(IReadOnlyList<(int Ordinal, bool Newest)> Create, IReadOnlyList<Pod> Delete, StatefulSetStatus Status, TimeSpan? LookAgain)
{
    /// <param name="set">The set.</param>
    /// <param name="owned">All its pods.</param>
    /// <param name="current">The hash of the revision that it comes from.</param>
    /// <param name="update">The hash of its template.</param>
    /// <param name="isDeleting">Whether a pod is known to go.</param>
    /// <param name="now">The time.</param>
    public static StatefulSetPlan Make(StatefulSet set, IReadOnlyList<Pod> owned, string current, string update, Func<Pod, bool> isDeleting, DateTimeOffset now)
    {
        Draft draft = new(set, owned, current, update, isDeleting, now);
        draft.Step();
        return new StatefulSetPlan(draft.Create, draft.Delete, draft.Status(), draft.LookAgain);
    }

    private sealed class Draft
    {
        private readonly StatefulSet _set;
        private readonly string _current;
        private readonly string _update;
        private readonly Func<Pod, bool> _isDeleting;
        private readonly DateTimeOffset _now;
        private readonly int _start;
        private readonly bool _ordered;
        private readonly Dictionary<int, Pod> _members = [];
        private readonly List<(int Ordinal, Pod Pod)> _condemned = [];

        public Draft(StatefulSet set, IReadOnlyList<Pod> owned, string current, string update, Func<Pod, bool> isDeleting, DateTimeOffset now)
        {
            (_set, _current, _update, _isDeleting, _now) = (set, current, update, isDeleting, now);
            _start = set.Spec.Ordinals?.Start ?? 0;
            _ordered = set.Spec.PodManagementPolicy != "Parallel";
            foreach (Pod pod in owned)
            {
                if (StatefulPod.Ordinal(set, pod.Metadata.Name) is not { } ordinal)
                {
                    continue;
                }

                if (ordinal >= _start && ordinal < _start + Wanted)
                {
                    _members[ordinal] = pod;
                }
                else
                {
                    _condemned.Add((ordinal, pod));
                }
            }

            _condemned.Sort((left, right) => right.Ordinal.CompareTo(left.Ordinal));
        }

        public List<(int Ordinal, bool Newest)> Create { get; } = [];

        public List<Pod> Delete { get; } = [];

        public TimeSpan? LookAgain { get; private set; }

        private int Wanted => _set.Spec.Replicas ?? 1;

        public void Step()
        {
            if (_set.Metadata.IsDeleting || !Grow() || !Shrink())
            {
                return;
            }

            Update();
        }

        public StatefulSetStatus Status()
        {
            List<Pod> all = [.. _members.Values, .. _condemned.Select(condemned => condemned.Pod)];
            List<Pod> ready = [.. all.Where(IsRunningAndReady)];
            List<Pod> staying = [.. all.Where(pod => !_isDeleting(pod))];
            int updated = staying.Count(pod => Hash(pod) == _update);
            StatefulSetStatus status = _set.Status with
            {
                ObservedGeneration = _set.Metadata.Generation,
                Replicas = all.Count,
                ReadyReplicas = ready.Count,
                AvailableReplicas = ready.Count(pod => PodState.IsAvailable(pod, _set.Spec.MinReadySeconds, _now)),
                CurrentReplicas = staying.Count(pod => Hash(pod) == _current),
                UpdatedReplicas = updated,
                CurrentRevision = $"{_set.Metadata.Name}-{_current}",
                UpdateRevision = $"{_set.Metadata.Name}-{_update}",
            };
            bool complete = _set.Spec.UpdateStrategy?.Type != "OnDelete" && updated == status.Replicas && status.ReadyReplicas == status.Replicas && _condemned.Count == 0 && status.Replicas == Wanted;
            return complete ? status with { CurrentRevision = status.UpdateRevision, CurrentReplicas = updated } : status;
        }

        /// <returns>Whether all members are there and well, so that the next part may act.</returns>
        private bool Grow()
        {
            bool well = true;
            for (int ordinal = _start; ordinal < _start + Wanted; ordinal++)
            {
                Pod? pod = _members.GetValueOrDefault(ordinal);
                if (pod is null)
                {
                    Create.Add((ordinal, IsNewest(ordinal)));
                    well = false;
                }
                else if (PodState.IsTerminal(pod) && !_isDeleting(pod))
                {
                    // It comes back under its name once it is gone.
                    Delete.Add(pod);
                    well = false;
                }
                else if (_isDeleting(pod) || !IsHealthy(pod))
                {
                    well = false;
                }
                else
                {
                    continue;
                }

                if (_ordered)
                {
                    return false;
                }
            }

            return well || !_ordered;
        }

        /// <returns>Whether nothing is left to shrink.</returns>
        private bool Shrink()
        {
            foreach ((_, Pod pod) in _condemned)
            {
                if (!_isDeleting(pod))
                {
                    Delete.Add(pod);
                }

                if (_ordered)
                {
                    return false;
                }
            }

            return true;
        }

        /// <summary>Replaces the pods of old revisions from the last to the first, waiting for each.</summary>
        private void Update()
        {
            if (_set.Spec.UpdateStrategy?.Type == "OnDelete" || Create.Count > 0)
            {
                return;
            }

            RollingUpdateStatefulSetStrategy? strategy = _set.Spec.UpdateStrategy?.RollingUpdate;
            int missing = Math.Max((strategy?.MaxUnavailable ?? 1).Of(Wanted, roundUp: true), 1);
            int absent = _members.Values.Count(pod => _isDeleting(pod) || !IsHealthy(pod));
            for (int ordinal = _start + Wanted - 1; ordinal >= _start + (strategy?.Partition ?? 0); ordinal--)
            {
                if (!_members.TryGetValue(ordinal, out Pod? pod) || _isDeleting(pod) || Hash(pod) == _update)
                {
                    continue;
                }

                bool healthy = IsHealthy(pod);
                if (absent >= missing && healthy)
                {
                    return;
                }

                Delete.Add(pod);
                absent += healthy ? 1 : 0;
                if (absent >= missing)
                {
                    return;
                }
            }
        }

        /// <summary>While a rollout has not reached an ordinal, its pod comes back as it was.</summary>
        private bool IsNewest(int ordinal)
        {
            if (_current == _update)
            {
                return true;
            }

            int old = _set.Spec.UpdateStrategy?.RollingUpdate?.Partition ?? _set.Status.CurrentReplicas;
            return ordinal >= _start + old;
        }

        private static string Hash(Pod pod) => pod.Metadata.Labels.GetValueOrDefault(RevisionHistory.HashLabel) ?? "";

        private static bool IsRunningAndReady(Pod pod) => pod.Status.Phase == "Running" && PodState.IsReady(pod);

        private bool IsHealthy(Pod pod)
        {
            if (!IsRunningAndReady(pod) || PodState.UntilAvailable(pod, _set.Spec.MinReadySeconds, _now) is not { } left)
            {
                return false;
            }

            if (left > TimeSpan.Zero && (LookAgain is null || left < LookAgain))
            {
                LookAgain = left;
            }

            return left == TimeSpan.Zero;
        }
    }
}
