using System.Globalization;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Deployments;

/// <summary>The annotations by which deployments and their replica sets know each other's past; kubectl rollout reads them too.</summary>
internal static class Revision
{
    public const string Annotation = "deployment.kubernetes.io/revision";
    public const string HistoryAnnotation = "deployment.kubernetes.io/revision-history";
    public const string DesiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
    public const string MaxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";
    public const string TemplateHashLabel = "pod-template-hash";

    private static readonly HashSet<string> NotCopied =
    [
        "kubectl.kubernetes.io/last-applied-configuration",
        Annotation,
        HistoryAnnotation,
        DesiredReplicasAnnotation,
        MaxReplicasAnnotation,
        "deprecated.deployment.rollback.to",
    ];

    public static long Of(IKubernetesObject item) =>
        item.Metadata.Annotations.TryGetValue(Annotation, out string? text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long revision) ? revision : 0;

    public static int? Number(IKubernetesObject item, string annotation) =>
        item.Metadata.Annotations.TryGetValue(annotation, out string? text) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>A set's annotations when it becomes (or stays) the newest: the deployment's own, its revision, and the ones that it had before.</summary>
    public static Dictionary<string, string> ForNewest(Deployment deployment, IReadOnlyDictionary<string, string> current, long revision)
    {
        Dictionary<string, string> annotations = new(current);
        foreach ((string key, string value) in deployment.Metadata.Annotations)
        {
            if (!NotCopied.Contains(key))
            {
                annotations[key] = value;
            }
        }

        string? old = annotations.GetValueOrDefault(Annotation);
        long oldRevision = long.TryParse(old, NumberStyles.None, CultureInfo.InvariantCulture, out long parsed) ? parsed : 0;
        if (oldRevision < revision)
        {
            annotations[Annotation] = revision.ToString(CultureInfo.InvariantCulture);
            if (oldRevision > 0)
            {
                annotations[HistoryAnnotation] = annotations.TryGetValue(HistoryAnnotation, out string? history) && history.Length > 0 ? $"{history},{old}" : old!;
            }
        }

        return annotations;
    }

    /// <summary>Annotations with how many replicas the deployment wanted, and had at most, when the set was last scaled.</summary>
    public static Dictionary<string, string> WithReplicas(IReadOnlyDictionary<string, string> current, int desired, int most) => new(current)
    {
        [DesiredReplicasAnnotation] = desired.ToString(CultureInfo.InvariantCulture),
        [MaxReplicasAnnotation] = most.ToString(CultureInfo.InvariantCulture),
    };
}
