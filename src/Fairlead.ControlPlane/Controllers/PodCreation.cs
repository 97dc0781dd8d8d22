using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers;

/// <summary>How a controller's events name what it did to a pod.</summary>
/// <param name="Created">For a pod's name.</param>
/// <param name="Deleted">For a pod's name.</param>
internal sealed record PodEventWords(Func<string, string> Created, Func<string, string> Deleted)
{
    public static PodEventWords Plain { get; } = new(name => $"Created pod: {name}", name => $"Deleted pod: {name}");
}

/// <summary>Makes pods from templates, and deletes them.</summary>
internal static class PodCreation
{
    /// <summary>A pod as the template describes it, owned by <paramref name="owner"/>, with everything that the template holds.</summary>
    /// <param name="template">The template.</param>
    /// <param name="owner">The controller.</param>
    /// <param name="name">The pod's name, or null for one that the server makes from the owner's.</param>
    public static JsonObject FromTemplate(PodTemplateSpec template, IKubernetesObject owner, string? name = null)
    {
        JsonObject pod = template.ToJson();
        JsonObject old = pod["metadata"] as JsonObject ?? [];
        JsonObject metadata = [];
        foreach (string kept in (ReadOnlySpan<string>)["labels", "annotations", "finalizers"])
        {
            if (old[kept] is { } value)
            {
                metadata[kept] = value.DeepClone();
            }
        }

        if (name is null)
        {
            metadata["generateName"] = $"{Prefix(owner.Metadata.Name)}-";
        }
        else
        {
            metadata["name"] = name;
        }

        metadata["namespace"] = owner.Metadata.Namespace;
        metadata["ownerReferences"] = new JsonArray(JsonSerializer.SerializeToNode(OwnerReference.ControlledBy(owner), KubernetesJson.TypeInfo<OwnerReference>()));
        pod["metadata"] = metadata;
        pod["apiVersion"] = "v1";
        pod["kind"] = "Pod";
        return pod;
    }

    /// <summary>Creates pods in batches that double, so that a quota or a webhook that says no is asked few times.</summary>
    /// <returns>Why it stopped early, or null where all were created.</returns>
    public static async Task<KubernetesException?> CreateAsync(ControllerContext context, EventRecorder events, IKubernetesObject owner, IReadOnlyList<JsonObject> pods, CancellationToken cancellationToken, PodEventWords? words = null)
    {
        int batch = 1;
        for (int done = 0; done < pods.Count;)
        {
            int size = Math.Min(batch, pods.Count - done);
            KubernetesException?[] failures = await Task.WhenAll(pods.Skip(done).Take(size).Select(pod => CreateAsync(context, events, owner, pod, words ?? PodEventWords.Plain, cancellationToken))).ConfigureAwait(false);
            if (failures.FirstOrDefault(failure => failure is not null) is { } failure)
            {
                return failure;
            }

            done += size;
            batch *= 2;
        }

        return null;
    }

    /// <summary>Deletes pods; one that is gone already is fine.</summary>
    /// <returns>Why one could not be deleted, or null.</returns>
    public static async Task<KubernetesException?> DeleteAsync(ControllerContext context, EventRecorder events, IKubernetesObject owner, IEnumerable<Pod> pods, CancellationToken cancellationToken, PodEventWords? words = null)
    {
        KubernetesException?[] failures = await Task.WhenAll(pods.Select(pod => DeleteAsync(context, events, owner, pod, words ?? PodEventWords.Plain, cancellationToken))).ConfigureAwait(false);
        return failures.FirstOrDefault(failure => failure is not null);
    }

    private static async Task<KubernetesException?> CreateAsync(ControllerContext context, EventRecorder events, IKubernetesObject owner, JsonObject pod, PodEventWords words, CancellationToken cancellationToken)
    {
        try
        {
            Pod created = await context.Client.CreateAsync<Pod>(pod, owner.Metadata.Namespace, cancellationToken).ConfigureAwait(false);
            context.Pods.Observe(created);
            events.Normal(owner, "SuccessfulCreate", words.Created(created.Metadata.Name));
            return null;
        }
        catch (KubernetesException e)
        {
            if (!e.IsNamespaceTerminating)
            {
                events.Warning(owner, "FailedCreate", $"Error creating: {e.Status.Message}");
            }

            return e;
        }
    }

    private static async Task<KubernetesException?> DeleteAsync(ControllerContext context, EventRecorder events, IKubernetesObject owner, Pod pod, PodEventWords words, CancellationToken cancellationToken)
    {
        try
        {
            await context.Client.DeleteAsync<Pod>(pod.Metadata.Key, new DeleteOptions { Preconditions = new Preconditions { Uid = pod.Metadata.Uid } }, cancellationToken).ConfigureAwait(false);
            context.Pods.ObserveDelete(pod);
            events.Normal(owner, "SuccessfulDelete", words.Deleted(pod.Metadata.Name));
            return null;
        }
        catch (KubernetesException e) when (e.IsNotFound || e.IsConflict)
        {
            return null;
        }
        catch (KubernetesException e)
        {
            events.Warning(owner, "FailedDelete", $"Error deleting: {e.Status.Message}");
            return e;
        }
    }

    /// <summary>Leaves room for the five characters that the server adds within the 63 of a DNS label.</summary>
    private static string Prefix(string name) => name.Length > 57 ? name[..57] : name;
}
