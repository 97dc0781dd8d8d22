using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Controllers.Revisions;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Deployments;

/// <summary>One look at a deployment and its sets, and the writes that a step needs.</summary>
internal sealed class Rollout
{
    private readonly ControllerContext _context;
    private readonly Informer<ReplicaSet> _sets;
    private readonly EventRecorder _events;
    private readonly List<ReplicaSet> _old;

    public Rollout(ControllerContext context, Informer<ReplicaSet> sets, EventRecorder events, Deployment deployment, ReplicaSet? newest, List<ReplicaSet> old)
    {
        _context = context;
        _sets = sets;
        _events = events;
        _old = old;
        Deployment = Stored = deployment;
        Newest = newest;
        Collisions = deployment.Status.CollisionCount ?? 0;
    }

    /// <summary>The deployment with the conditions that this look has added.</summary>
    public Deployment Deployment { get; private set; }

    /// <summary>The deployment as the server has it.</summary>
    public Deployment Stored { get; private set; }

    /// <summary>The set of the current template; null before it is made.</summary>
    public ReplicaSet? Newest { get; private set; }

    /// <summary>The other sets, oldest first.</summary>
    public IReadOnlyList<ReplicaSet> Old => _old;

    public IEnumerable<ReplicaSet> All => Newest is null ? _old : _old.Append(Newest);

    /// <summary>How often a template's hash turned out to be another template's.</summary>
    public int Collisions { get; private set; }

    /// <summary>Conditions for pausing and resuming: a paused rollout is not overdue.</summary>
    public void NotePause(DateTimeOffset now)
    {
        if (Deployment.Spec.ProgressDeadlineSeconds is null)
        {
            return;
        }

        bool noted = DeploymentProgress.Condition(Deployment.Status, DeploymentProgress.Progressing)?.Reason == "DeploymentPaused";
        if (Deployment.Spec.Paused && !noted)
        {
            SetProgress("Unknown", "DeploymentPaused", "Deployment is paused", now);
        }
        else if (!Deployment.Spec.Paused && noted)
        {
            SetProgress("Unknown", "DeploymentResumed", "Deployment is resumed", now);
        }
    }

    /// <summary>Makes the newest set, or brings its annotations up to date.</summary>
    /// <returns>Whether there is a newest set now.</returns>
    public async Task<bool> EnsureNewestAsync(CancellationToken cancellationToken)
    {
        long revision = (_old.Count == 0 ? 0 : _old.Max(Revision.Of)) + 1;
        if (Newest is null)
        {
            return await CreateNewestAsync(revision, cancellationToken).ConfigureAwait(false);
        }

        ReplicaSet desired = Newest with
        {
            Metadata = Newest.Metadata with { Annotations = Revision.ForNewest(Deployment, Newest.Metadata.Annotations, revision) },
            Spec = Newest.Spec with { MinReadySeconds = Deployment.Spec.MinReadySeconds },
        };
        Newest = await UpdateSetAsync(Newest, desired, cancellationToken).ConfigureAwait(false);
        if (DeploymentProgress.Condition(Deployment.Status, DeploymentProgress.Progressing) is null && Deployment.Spec.ProgressDeadlineSeconds is not null)
        {
            SetProgress("True", "FoundNewReplicaSet", $"Found new replica set \"{Newest.Metadata.Name}\"", _context.Now);
        }

        await NoteRevisionAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Gives sets their sizes, and notes with each what the deployment wanted.</summary>
    public async Task ResizeAsync(IEnumerable<Resize> sizes, CancellationToken cancellationToken)
    {
        int wanted = Deployment.Spec.Replicas ?? 1;
        int most = wanted + RollingUpdate.Limits(Deployment).Surge;
        foreach (Resize resize in sizes)
        {
            ReplicaSet set = resize.Set;
            int before = RollingUpdate.Size(set);
            ReplicaSet written = await UpdateSetAsync(set, set with
            {
                Metadata = set.Metadata with { Annotations = Revision.WithReplicas(set.Metadata.Annotations, wanted, most) },
                Spec = set.Spec with { Replicas = resize.Replicas },
            }, cancellationToken).ConfigureAwait(false);
            if (set == Newest)
            {
                Newest = written;
            }
            else
            {
                _old[_old.IndexOf(set)] = written;
            }

            if (before != resize.Replicas)
            {
                _events.Normal(Deployment, "ScalingReplicaSet", $"Scaled {(resize.Replicas > before ? "up" : "down")} replica set {set.Metadata.Name} from {before} to {resize.Replicas}");
            }
        }
    }

    private async Task<bool> CreateNewestAsync(long revision, CancellationToken cancellationToken)
    {
        string hash = TemplateHash.Of(Deployment.Spec.Template, Collisions);
        int size = RollingUpdate.NewestSize(Deployment, _old, 0);
        try
        {
            Newest = await _context.Client.CreateAsync<ReplicaSet>(Describe(hash, size, revision), Deployment.Metadata.Namespace, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.IsAlreadyExists)
        {
            ReplicaSet? existing = await _context.Client.FindAsync<ReplicaSet>(new ObjectKey(Deployment.Metadata.Namespace, $"{Deployment.Metadata.Name}-{hash}"), cancellationToken).ConfigureAwait(false);
            if (existing is null || !existing.Metadata.IsControlledBy(Deployment.Metadata.Uid) || !TemplateHash.Same(existing.Spec.Template, Deployment.Spec.Template))
            {
                // The name is another template's; the next look uses another one.
                Collisions++;
                return false;
            }

            Newest = existing;
        }
        catch (KubernetesException e) when (!e.IsNamespaceTerminating)
        {
            SetProgress("False", "ReplicaSetCreateError", $"Failed to create new replica set \"{Deployment.Metadata.Name}-{hash}\": {e.Status.Message}", _context.Now);
            _events.Warning(Deployment, "ReplicaSetCreateError", $"Failed to create new replica set \"{Deployment.Metadata.Name}-{hash}\": {e.Status.Message}");
            await _context.Client.UpdateAsync(Stored, Deployment, "status", cancellationToken).ConfigureAwait(false);
            throw;
        }

        _sets.Observe(Newest);
        if (size > 0)
        {
            _events.Normal(Deployment, "ScalingReplicaSet", $"Scaled up replica set {Newest.Metadata.Name} from 0 to {size}");
        }

        if (Deployment.Spec.ProgressDeadlineSeconds is not null)
        {
            SetProgress("True", "NewReplicaSetCreated", $"Created new replica set \"{Newest.Metadata.Name}\"", _context.Now);
        }

        await NoteRevisionAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    private JsonObject Describe(string hash, int size, long revision)
    {
        int wanted = Deployment.Spec.Replicas ?? 1;
        JsonObject template = Deployment.Spec.Template.ToJson();
        JsonObject metadata = template["metadata"] as JsonObject ?? [];
        metadata.Remove("creationTimestamp");
        JsonObject labels = metadata["labels"] as JsonObject ?? [];
        labels[Revision.TemplateHashLabel] = hash;
        metadata["labels"] = labels;
        template["metadata"] = metadata;
        Dictionary<string, string> annotations = Revision.WithReplicas(
            Revision.ForNewest(Deployment, new Dictionary<string, string>(), revision), wanted, wanted + RollingUpdate.Limits(Deployment).Surge);
        LabelSelector selector = Deployment.Spec.Selector! with
        {
            MatchLabels = new Dictionary<string, string>(Deployment.Spec.Selector.MatchLabels) { [Revision.TemplateHashLabel] = hash },
        };
        ReplicaSet set = new()
        {
            Metadata = new ObjectMeta
            {
                Name = $"{Deployment.Metadata.Name}-{hash}",
                Namespace = Deployment.Metadata.Namespace,
                Labels = new Dictionary<string, string>(Deployment.Spec.Template.Metadata.Labels) { [Revision.TemplateHashLabel] = hash },
                Annotations = annotations,
                OwnerReferences = [OwnerReference.ControlledBy(Deployment)],
            },
            Spec = new ReplicaSetSpec
            {
                Replicas = size,
                MinReadySeconds = Deployment.Spec.MinReadySeconds,
                Selector = selector,
                Template = PodTemplateSpec.FromJson(template),
            },
        };
        return JsonSerializer.SerializeToNode(set, ReplicaSet.ResourceKind.Item)!.AsObject();
    }

    private void SetProgress(string status, string reason, string message, DateTimeOffset now) =>
        Deployment = Deployment with { Status = DeploymentProgress.With(Deployment.Status, DeploymentProgress.Progressing, status, reason, message, now) };

    /// <summary>The deployment carries the revision of its newest set.</summary>
    private async Task NoteRevisionAsync(CancellationToken cancellationToken)
    {
        string revision = Revision.Of(Newest!).ToString(CultureInfo.InvariantCulture);
        if (Deployment.Metadata.Annotations.GetValueOrDefault(Revision.Annotation) == revision)
        {
            return;
        }

        Dictionary<string, string> annotations = new(Stored.Metadata.Annotations) { [Revision.Annotation] = revision };
        Deployment? written = await _context.Client.UpdateAsync(Stored, Stored with { Metadata = Stored.Metadata with { Annotations = annotations } }, null, cancellationToken).ConfigureAwait(false);
        if (written is not null)
        {
            _context.Informer<Deployment>().Observe(written);
            Stored = written;
            Deployment = written with { Status = Deployment.Status };
        }
    }

    private async Task<ReplicaSet> UpdateSetAsync(ReplicaSet current, ReplicaSet desired, CancellationToken cancellationToken)
    {
        ReplicaSet? written = await _context.Client.UpdateAsync(current, desired, null, cancellationToken).ConfigureAwait(false);
        if (written is null)
        {
            return current;
        }

        _sets.Observe(written);
        return written;
    }
}
