using Fairlead.ControlPlane.Controllers.Revisions;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.DaemonSets;

/// <summary>What a daemon set needs.</summary>
/// <param name="Create">The nodes that lack a pod.</param>
/// <param name="Delete">Pods that are too many, in the wrong place, ended, or of an old template.</param>
/// <param name="Failed">Those of the deleted pods that had failed.</param>
/// <param name="Status">What is true now.</param>
/// <param name="LookAgain">When a pod becomes available.</param>
internal sealed record DaemonSetPlan(IReadOnlyList<string> Create, IReadOnlyList<Pod> Delete, IReadOnlyList<Pod> Failed, DaemonSetStatus Status, TimeSpan? LookAgain)
{
    /// <param name="set">The set.</param>
    /// <param name="nodes">All nodes.</param>
    /// <param name="owned">All its pods.</param>
    /// <param name="hash">The hash of its template.</param>
    /// <param name="isDeleting">Whether a pod is known to go.</param>
    /// <param name="now">The time.</param>
    public static DaemonSetPlan Make(DaemonSet set, IReadOnlyList<Node> nodes, IReadOnlyList<Pod> owned, string hash, Func<Pod, bool> isDeleting, DateTimeOffset now)
    {
        Draft draft = new(set, hash, isDeleting, now, nodes.Count(node => DaemonPlacement.Judge(set, node).Wanted));
        ILookup<string, Pod> onNode = owned.ToLookup(pod => DaemonPlacement.NodeOf(pod) ?? "");
        foreach (Node node in nodes.OrderBy(node => node.Metadata.Name, StringComparer.Ordinal))
        {
            draft.Look(node, [.. onNode[node.Metadata.Name]]);
        }

        HashSet<string> names = [.. nodes.Select(node => node.Metadata.Name)];
        draft.Delete.AddRange(owned.Where(pod => !isDeleting(pod) && !names.Contains(DaemonPlacement.NodeOf(pod) ?? "")));
        draft.Update();
        return new DaemonSetPlan(draft.Create, draft.Delete, draft.Failed, draft.Status(), draft.LookAgain);
    }

    private sealed class Draft(DaemonSet set, string hash, Func<Pod, bool> isDeleting, DateTimeOffset now, int desired)
    {
        private readonly List<(string Node, Pod? Old, Pod? New)> _running = [];
        private int _current, _misplaced, _ready, _available, _updated;

        public List<string> Create { get; } = [];

        public List<Pod> Delete { get; } = [];

        public List<Pod> Failed { get; } = [];

        public TimeSpan? LookAgain { get; private set; }

        public void Look(Node node, List<Pod> pods)
        {
            (bool wanted, bool stays) = DaemonPlacement.Judge(set, node);
            List<Pod> alive = [.. pods.Where(pod => !isDeleting(pod))];
            Count(wanted, pods);
            if (!wanted && !stays)
            {
                Delete.AddRange(alive);
                return;
            }

            foreach (Pod ended in alive.Where(PodState.IsTerminal).ToArray())
            {
                alive.Remove(ended);
                Delete.Add(ended);
                if (ended.Status.Phase == "Failed")
                {
                    Failed.Add(ended);
                }
            }

            // One pod of each template at most: the oldest of each stays.
            Pod? old = alive.Where(pod => !IsNew(pod)).OrderBy(pod => pod.Metadata.CreationTimestamp).FirstOrDefault();
            Pod? fresh = alive.Where(IsNew).OrderBy(pod => pod.Metadata.CreationTimestamp).FirstOrDefault();
            Delete.AddRange(alive.Where(pod => pod != old && pod != fresh));
            if (!wanted)
            {
                return;
            }

            if (old is null && fresh is null)
            {
                // A pod that is still going keeps the node until it is gone: ports and host paths are the node's own.
                if (!pods.Exists(pod => isDeleting(pod) && !PodState.IsTerminal(pod)))
                {
                    Create.Add(node.Metadata.Name);
                }
            }

            _running.Add((node.Metadata.Name, old, fresh));
        }

        /// <summary>Replaces pods of old templates, within what may be missing, or with a second pod where that is allowed.</summary>
        public void Update()
        {
            if (set.Spec.UpdateStrategy?.Type == "OnDelete")
            {
                return;
            }

            RollingUpdateDaemonSet? limits = set.Spec.UpdateStrategy?.RollingUpdate;
            int surge = (limits?.MaxSurge ?? 0).Of(desired, roundUp: true);
            int missing = (limits?.MaxUnavailable ?? 1).Of(desired, roundUp: true);
            if (surge > 0)
            {
                UpdateBySurge(surge);
                return;
            }

            int absent = _running.Count(place => !IsAvailable(place.Old) && !IsAvailable(place.New));
            foreach ((_, Pod? old, Pod? fresh) in _running)
            {
                if (old is null)
                {
                    continue;
                }

                // A pod that does not serve costs nothing to replace.
                if (!IsAvailable(old))
                {
                    Delete.Add(old);
                }
                else if (fresh is not null || absent < Math.Max(missing, 1))
                {
                    absent++;
                    Delete.Add(old);
                }
            }
        }

        public DaemonSetStatus Status() => set.Status with
        {
            ObservedGeneration = set.Metadata.Generation,
            DesiredNumberScheduled = desired,
            CurrentNumberScheduled = _current,
            NumberMisscheduled = _misplaced,
            NumberReady = _ready,
            NumberAvailable = _available,
            NumberUnavailable = Math.Max(desired - _available, 0),
            UpdatedNumberScheduled = _updated,
        };

        private void UpdateBySurge(int surge)
        {
            int doubled = _running.Count(place => place is { Old: not null, New: not null });
            foreach ((string node, Pod? old, Pod? fresh) in _running)
            {
                if (old is null)
                {
                    continue;
                }

                if (IsAvailable(fresh) || (fresh is null && !IsAvailable(old)))
                {
                    Delete.Add(old);
                    if (fresh is null)
                    {
                        Create.Add(node);
                    }
                }
                else if (fresh is null && doubled < surge)
                {
                    doubled++;
                    Create.Add(node);
                }
            }
        }

        private bool IsNew(Pod pod) => pod.Metadata.Labels.GetValueOrDefault(RevisionHistory.HashLabel) == hash;

        private bool IsAvailable(Pod? pod) => pod is not null && PodState.IsAvailable(pod, set.Spec.MinReadySeconds, now);

        private void Count(bool wanted, List<Pod> pods)
        {
            if (pods.Count == 0)
            {
                return;
            }

            if (!wanted)
            {
                _misplaced++;
                return;
            }

            _current++;
            List<Pod> alive = [.. pods.Where(pod => !PodState.IsTerminal(pod))];
            _ready += alive.Exists(PodState.IsReady) ? 1 : 0;
            _available += alive.Exists(IsAvailable) ? 1 : 0;
            _updated += alive.Exists(IsNew) ? 1 : 0;
            foreach (Pod pod in alive)
            {
                if (PodState.UntilAvailable(pod, set.Spec.MinReadySeconds, now) is { } left && left > TimeSpan.Zero && (LookAgain is null || left < LookAgain))
                {
                    LookAgain = left;
                }
            }
        }
    }
}
