using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Requests;

/// <summary>What a client asks of a deletion (meta/v1 DeleteOptions).</summary>
internal sealed record DeleteOptions
{
    public long? GracePeriodSeconds { get; init; }
    public string? PropagationPolicy { get; init; }
    public bool? OrphanDependents { get; init; }
    public string? Uid { get; init; }
    public string? ResourceVersion { get; init; }
    public bool DryRun { get; init; }

    public static DeleteOptions Read(JsonObject? body) => new()
    {
        GracePeriodSeconds = body.IntegerAt("gracePeriodSeconds"),
        PropagationPolicy = body.StringAt("propagationPolicy"),
        OrphanDependents = body.BooleanAt("orphanDependents"),
        Uid = body.StringAt("preconditions", "uid"),
        ResourceVersion = body.StringAt("preconditions", "resourceVersion"),
        DryRun = body.StringsAt("dryRun").Any(),
    };
}

/// <summary>The outcome of a deletion.</summary>
/// <param name="Json">The object's last state.</param>
/// <param name="Gone">It is away; otherwise it waits for finalizers or its grace period.</param>
/// <param name="Uid">Which object it was.</param>
internal sealed record DeleteResult(byte[] Json, bool Gone, string Uid);

/// <summary>Deletes objects: preconditions, grace, finalizers (apiserver, registry/generic/registry/store.go).</summary>
internal sealed class ObjectDeleter(ObjectWriter writer)
{
    public async Task<DeleteResult> DeleteAsync(ServedResource target, string ns, string name, DeleteOptions options)
    {
        var resource = target.Definition;
        var store = writer.Store;
        while (true)
        {
            var current = store.FindLatest(target.Collection!, ns, name) ?? throw StatusException.NotFound(resource, name);
            CheckPreconditions(resource, current, options);
            var value = KubernetesJson.ParseObject(current.Json);
            var gone = Mark(value, resource, options, out var changed);
            if (!gone && !changed)
            {
                return new(current.Json, false, current.Uid);
            }

            if (options.DryRun)
            {
                return new(KubernetesJson.Write(value, current.Revision), gone, current.Uid);
            }

            try
            {
                Mutation mutation = new(target.Collection!, ns, name, current.Revision, KubernetesJson.Write(value, null), gone);
                var release = gone ? writer.Release(resource, value) : null;
                var stored = await store.WriteAsync([.. writer.Removals(release), mutation]);
                release?.Keep();
                return new(stored[^1].Json, gone, current.Uid);
            }
            catch (StaleWriteException)
            {
                // Somebody wrote it meanwhile; look again.
            }
        }
    }

    private static void CheckPreconditions(ResourceDefinition resource, StoredObject current, DeleteOptions options)
    {
        if (options.Uid is { Length: > 0 } uid && uid != current.Uid)
        {
            throw StatusException.PreconditionFailed(
                resource, current.Name,
                $"the UID in the precondition ({uid}) does not match the UID in record ({current.Uid}). The object might have been deleted and then recreated");
        }

        if (options.ResourceVersion is { Length: > 0 } revision && revision != current.Revision.Invariant())
        {
            throw StatusException.PreconditionFailed(
                resource, current.Name,
                $"the ResourceVersion in the precondition ({revision}) does not match the ResourceVersion in record ({current.Revision.Invariant()}). The object might have been modified");
        }
    }

    /// <summary>Changes the object to what a deletion makes of it; true when nothing holds it back.</summary>
    private bool Mark(JsonObject value, ResourceDefinition resource, DeleteOptions options, out bool changed)
    {
        var before = value.DeepClone();
        var metadata = value.Ensure("metadata");
        var deleting = metadata.StringAt("deletionTimestamp") is not null;
        var grace = GracePeriod(value, resource, options);
        SetPropagation(metadata, resource, options);
        var held = metadata.At("finalizers") is JsonArray { Count: > 0 }
            || (resource is { Kind: "Namespace", Group: "" } && value.At("spec", "finalizers") is JsonArray { Count: > 0 });
        var graceful = resource is { Kind: "Pod", Group: "" };
        if (deleting)
        {
            var left = metadata.IntegerAt("deletionGracePeriodSeconds") ?? 0;
            if (graceful && grace < left)
            {
                metadata["deletionGracePeriodSeconds"] = grace;
                metadata["deletionTimestamp"] = ObjectMetadata.Timestamp(writer.Time.GetUtcNow().AddSeconds(grace));
                left = grace;
            }

            changed = !JsonNode.DeepEquals(before, value);
            return !held && left == 0;
        }

        if (held || graceful)
        {
            metadata["deletionTimestamp"] = ObjectMetadata.Timestamp(writer.Time.GetUtcNow().AddSeconds(grace));
            if (metadata.IntegerAt("generation") is > 0 and var generation)
            {
                metadata["generation"] = generation + 1;
            }

            if (resource is { Kind: "Namespace", Group: "" })
            {
                value.Ensure("status")["phase"] = "Terminating";
            }
            else
            {
                metadata["deletionGracePeriodSeconds"] = grace;
            }
        }

        changed = true;
        return !held && grace == 0;
    }

    /// <summary>Only pods have one: the kubelet needs time to stop them, unless none has them or they have ended.</summary>
    private static long GracePeriod(JsonObject value, ResourceDefinition resource, DeleteOptions options)
    {
        if (resource is not { Kind: "Pod", Group: "" }
            || string.IsNullOrEmpty(value.StringAt("spec", "nodeName"))
            || value.StringAt("status", "phase") is "Failed" or "Succeeded")
        {
            return 0;
        }

        var seconds = options.GracePeriodSeconds ?? value.IntegerAt("spec", "terminationGracePeriodSeconds") ?? 30;
        return seconds < 0 ? 1 : seconds;
    }

    private static void SetPropagation(JsonObject metadata, ResourceDefinition resource, DeleteOptions options)
    {
        var policy = options.PropagationPolicy ?? options.OrphanDependents switch
        {
            true => "Orphan",
            false => "Background",
            null => null,
        };
        var finalizers = metadata.StringsAt("finalizers").ToList();
        if (policy is null)
        {
            if (finalizers.Contains("orphan") || finalizers.Contains("foregroundDeletion"))
            {
                return;
            }

            policy = resource.OrphansByDefault ? "Orphan" : "Background";
        }

        var wanted = policy switch { "Orphan" => "orphan", "Foreground" => "foregroundDeletion", _ => null };
        finalizers.RemoveAll(finalizer => finalizer is ("orphan" or "foregroundDeletion") && finalizer != wanted);
        if (wanted is not null && !finalizers.Contains(wanted))
        {
            finalizers.Add(wanted);
        }

        if (finalizers.Count == 0)
        {
            metadata.Remove("finalizers");
        }
        else
        {
            metadata["finalizers"] = new JsonArray([.. finalizers.Select(finalizer => (JsonNode)finalizer)]);
        }
    }
}
