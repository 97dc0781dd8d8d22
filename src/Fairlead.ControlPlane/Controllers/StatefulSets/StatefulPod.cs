using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Controllers.Revisions;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.StatefulSets;

/// <summary>The pods and claims of a stateful set: their names, and what ties them to their ordinal.</summary>
internal static class StatefulPod
{
    public const string NameLabel = "statefulset.kubernetes.io/pod-name";
    public const string IndexLabel = "apps.kubernetes.io/pod-index";

    /// <summary>The ordinal in a pod's name; null where the name is not one of the set's.</summary>
    public static int? Ordinal(StatefulSet set, string name) =>
        name.Length > set.Metadata.Name.Length + 1
        && name.StartsWith(set.Metadata.Name, StringComparison.Ordinal)
        && name[set.Metadata.Name.Length] == '-'
        && int.TryParse(name.AsSpan(set.Metadata.Name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal)
            ? ordinal
            : null;

    public static string Name(StatefulSet set, int ordinal) => string.Create(CultureInfo.InvariantCulture, $"{set.Metadata.Name}-{ordinal}");

    public static JsonObject Describe(StatefulSet set, PodTemplateSpec template, int ordinal, string hash)
    {
        string name = Name(set, ordinal);
        JsonObject pod = PodCreation.FromTemplate(template, set, name);
        JsonObject labels = pod["metadata"]!["labels"] as JsonObject ?? [];
        labels[NameLabel] = name;
        labels[IndexLabel] = ordinal.ToString(CultureInfo.InvariantCulture);
        labels[RevisionHistory.HashLabel] = hash;
        pod["metadata"]!["labels"] = labels;
        JsonObject spec = pod["spec"] as JsonObject ?? [];
        pod["spec"] = spec;
        spec["hostname"] = name;
        spec["subdomain"] = set.Spec.ServiceName;
        JsonArray volumes = spec["volumes"] as JsonArray ?? [];
        foreach (PersistentVolumeClaim claim in set.Spec.VolumeClaimTemplates)
        {
            if (volumes.FirstOrDefault(volume => (string?)volume?["name"] == claim.Metadata.Name) is { } shadowed)
            {
                volumes.Remove(shadowed);
            }

            volumes.Add((JsonNode)new JsonObject { ["name"] = claim.Metadata.Name, ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = ClaimName(set, claim, ordinal) } });
        }

        if (volumes.Count > 0)
        {
            spec["volumes"] = volumes.Parent is null ? volumes : volumes.DeepClone();
        }

        return pod;
    }

    /// <summary>The claims of one pod; they outlive it.</summary>
    public static IEnumerable<PersistentVolumeClaim> Claims(StatefulSet set, int ordinal) => set.Spec.VolumeClaimTemplates.Select(claim => claim with
    {
        Metadata = new ObjectMeta
        {
            Name = ClaimName(set, claim, ordinal),
            Namespace = set.Metadata.Namespace,
            Annotations = claim.Metadata.Annotations,
            Labels = claim.Metadata.Labels.Concat(set.Spec.Selector?.MatchLabels ?? claim.Metadata.Labels).DistinctBy(label => label.Key).ToDictionary(),
        },
        Status = new PersistentVolumeClaim().Status,
    });

    private static string ClaimName(StatefulSet set, PersistentVolumeClaim claim, int ordinal) => string.Create(CultureInfo.InvariantCulture, $"{claim.Metadata.Name}-{set.Metadata.Name}-{ordinal}");
}
