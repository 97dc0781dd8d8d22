using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Admission;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Services;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Requests;

/// <summary>How a write is to be done.</summary>
/// <param name="DryRun">Everything but the writing itself.</param>
/// <param name="Manager">Who owns the fields that it sets.</param>
/// <param name="Applied">Server-side apply has already recorded who owns what.</param>
internal sealed record WriteOptions(bool DryRun = false, string Manager = "fairlead", bool Applied = false);

/// <summary>The outcome of a write: the object as stored.</summary>
internal sealed record WriteResult(byte[] Json, bool Created);

/// <summary>
/// Creates and updates objects: metadata, defaults, the kind's own rules, validation, allocation, one transaction. Knows nothing of HTTP.
/// </summary>
internal sealed class ObjectWriter(ObjectStore store, ResourceRegistry registry, ServiceAllocator services, TimeProvider time)
{
    private const int MaximumAttempts = 50;

    public ObjectStore Store => store;

    public TimeProvider Time => time;

    /// <summary>Completes new pods from their service accounts; null where nobody makes such accounts.</summary>
    public ServiceAccountAdmission? ServiceAccounts { get; init; }

    public async Task<WriteResult> CreateAsync(ServedResource target, string ns, JsonObject value, WriteOptions options)
    {
        var resource = target.Definition;
        var generated = string.IsNullOrEmpty(value.StringAt("metadata", "name"));
        RequireNamespace(resource, ns, value.StringAt("metadata", "name") ?? "");
        ObjectMetadata.PrepareCreate(value, resource, ns, time);
        if (resource.HasStatus && !resource.KeepsStatusOnCreate)
        {
            value.Remove("status");
        }

        resource.Default?.Invoke(value);
        ManagedFields.Track(resource, null, value, options, "", time);
        resource.PrepareCreate?.Invoke(value, new WriteContext(resource, null, "", time));
        if (ServiceAccounts is { } accounts && resource is { Kind: "Pod", Group: "" })
        {
            await accounts.AdmitAsync(resource, ns, value);
        }

        List<FieldError> errors = [];
        ObjectMetadata.Validate(value, null, resource, errors);
        resource.Validate?.Invoke(value, errors);
        var name = value.StringAt("metadata", "name") ?? "";
        if (errors.Count > 0)
        {
            throw StatusException.Invalid(resource, name, errors);
        }

        for (var attempt = 0; ; attempt++)
        {
            using var allocation = Allocate(resource, value, null);
            var mutation = new Mutation(target.Collection!, ns, name, 0, KubernetesJson.Write(ObjectCodec.Canonical(resource, value), null));
            if (options.DryRun)
            {
                return store.FindLatest(target.Collection!, ns, name) is null ? new(mutation.Json, true) : throw StatusException.AlreadyExists(resource, name);
            }

            try
            {
                var stored = await store.WriteAsync([.. allocation.Companions, mutation]);
                allocation.Keep();
                return new(stored[^1].Json, true);
            }
            catch (StaleWriteException exception) when (exception.Mutation == mutation)
            {
                if (!generated || attempt >= 8)
                {
                    throw StatusException.AlreadyExists(resource, name);
                }

                name = ObjectMetadata.GeneratedName(value.StringAt("metadata", "generateName") ?? "");
                value.Ensure("metadata")["name"] = name;
            }
            catch (StaleWriteException) when (attempt < MaximumAttempts)
            {
                // An IPAddress object of that name stands in the way (somebody made it by hand): the allocator picks another address.
            }
        }
    }

    /// <summary>
    /// Reads, changes, writes; again when somebody else was faster and the change doesn't name a revision. <paramref name="change"/> gets a
    /// copy of the current object (null when there is none) and gives the wanted one.
    /// </summary>
    public async Task<WriteResult> UpdateAsync(
        ServedResource target, string ns, string name, string subresource, Func<JsonObject?, JsonObject> change, WriteOptions options, bool createIfMissing = false)
    {
        var resource = target.Definition;
        for (var attempt = 0; ; attempt++)
        {
            var current = store.FindLatest(target.Collection!, ns, name);
            if (current is null)
            {
                if (!createIfMissing)
                {
                    throw StatusException.NotFound(resource, name);
                }

                return await CreateAsync(target, ns, change(null), options);
            }

            var old = KubernetesJson.ParseObject(current.Json);
            var value = change((JsonObject)old.DeepClone());
            var pinned = CheckIdentity(value, old, current, resource, subresource);
            try
            {
                return await WriteChangeAsync(target, current, old, value, subresource, options);
            }
            catch (StaleWriteException)
            {
                if (pinned || attempt >= MaximumAttempts)
                {
                    throw StatusException.Modified(resource, name);
                }
            }
        }
    }

    /// <summary>True when the client named the revision that it changes.</summary>
    private static bool CheckIdentity(JsonObject value, JsonObject old, StoredObject current, ResourceDefinition resource, string subresource)
    {
        var revision = value.StringAt("metadata", "resourceVersion") ?? "";
        if (revision.Length == 0 && !resource.UnconditionalUpdate)
        {
            throw StatusException.Invalid(resource, current.Name, [FieldError.Invalid("metadata.resourceVersion", 0L, "must be specified for an update")]);
        }

        if (revision.Length > 0 && revision != current.Revision.Invariant())
        {
            throw StatusException.Modified(resource, current.Name);
        }

        if (value.StringAt("metadata", "uid") is { Length: > 0 } uid && uid != current.Uid)
        {
            throw StatusException.Conflict(resource, current.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.Uid}");
        }

        return revision.Length > 0;
    }

    private async Task<WriteResult> WriteChangeAsync(
        ServedResource target, StoredObject current, JsonObject old, JsonObject value, string subresource, WriteOptions options)
    {
        var resource = target.Definition;
        ObjectMetadata.PrepareUpdate(value, old, resource);
        SeparateStatus(value, old, resource, subresource);
        resource.Default?.Invoke(value);
        ManagedFields.Track(resource, old, value, options, subresource, time);
        resource.PrepareUpdate?.Invoke(value, old, new WriteContext(resource, old, subresource, time));
        if (subresource != "binding")
        {
            ObjectMetadata.CountGeneration(value, old, resource);
        }

        List<FieldError> errors = [];
        ObjectMetadata.Validate(value, old, resource, errors);
        if (subresource != "status")
        {
            resource.Validate?.Invoke(value, errors);
            if (subresource is "" or "scale")
            {
                resource.ValidateUpdate?.Invoke(value, old, errors);
            }
        }

        if (errors.Count > 0)
        {
            throw StatusException.Invalid(resource, current.Name, errors);
        }

        using var allocation = Allocate(resource, value, old);
        value = ObjectCodec.Canonical(resource, value);
        if (JsonNode.DeepEquals(value, old))
        {
            return new(current.Json, false);
        }

        var mutation = new Mutation(target.Collection!, current.Namespace, current.Name, current.Revision, KubernetesJson.Write(value, null));
        if (IsFinished(value, old, resource))
        {
            var release = Release(resource, value);
            await store.WriteAsync([.. Removals(release), mutation with { Delete = true }]);
            release?.Keep();
            return new(KubernetesJson.Write(value, current.Revision), false);
        }

        if (options.DryRun)
        {
            return new(KubernetesJson.Write(value, current.Revision), false);
        }

        var stored = await store.WriteAsync([.. allocation.Companions, .. Removals(allocation.Inner), mutation]);
        allocation.Keep();
        return new(stored[^1].Json, false);
    }

    /// <summary>An object that waits for its deletion goes with its last finalizer.</summary>
    private static bool IsFinished(JsonObject value, JsonObject old, ResourceDefinition resource) =>
        value.StringAt("metadata", "deletionTimestamp") is not null
        && value.At("metadata", "finalizers") is not JsonArray { Count: > 0 }
        && (value.IntegerAt("metadata", "deletionGracePeriodSeconds") ?? 0) == 0
        && !(resource is { Kind: "Namespace", Group: "" } && value.At("spec", "finalizers") is JsonArray { Count: > 0 });

    /// <summary>The main resource leaves the status alone; the status subresource leaves everything else alone.</summary>
    private static void SeparateStatus(JsonObject value, JsonObject old, ResourceDefinition resource, string subresource)
    {
        // A binding writes one field of each.
        if (!resource.HasStatus || subresource == "binding")
        {
            return;
        }

        if (subresource is not ("status" or "approval" or "resize"))
        {
            value.Take(old, "status");
            return;
        }

        foreach (var name in value.Select(pair => pair.Key).Union(old.Select(pair => pair.Key)).ToList())
        {
            if (name is not ("status" or "metadata"))
            {
                value.Take(old, name);
            }
        }

        var metadata = value.Ensure("metadata");
        metadata.Take(old.ObjectAt("metadata"), "ownerReferences");
        metadata.Take(old.ObjectAt("metadata"), "finalizers");
    }

    public void RequireNamespace(ResourceDefinition resource, string ns, string name)
    {
        if (!resource.Namespaced || registry.Find("", "v1", "namespaces") is not { Collection: { } namespaces } served)
        {
            return;
        }

        var found = store.FindLatest(namespaces, "", ns) ?? throw StatusException.NotFound(served.Definition, ns);
        if (found.Fields[0] == "Terminating")
        {
            var refusal = StatusException.Forbidden(resource, name, $"unable to create new content in namespace {ns} because it is being terminated");
            refusal.Details!["causes"] = new JsonArray(new JsonObject
            {
                ["reason"] = "NamespaceTerminating", ["message"] = $"namespace {ns} is being terminated", ["field"] = "metadata.namespace",
            });
            throw refusal;
        }
    }

    /// <summary>What deleting this object gives back to the allocator; null for everything but services.</summary>
    public ServiceAllocator.Allocation? Release(ResourceDefinition resource, JsonObject value) =>
        resource is { Kind: "Service", Group: "" } ? services.Release(value, IpAddresses) : null;

    public IEnumerable<Mutation> Removals(ServiceAllocator.Allocation? allocation)
    {
        foreach (var (collection, name) in allocation?.Removed ?? [])
        {
            if (store.FindLatest(collection, "", name) is { } found)
            {
                yield return new Mutation(collection, "", name, found.Revision, found.Json, Delete: true);
            }
        }
    }

    private Collection IpAddresses => registry.Find("networking.k8s.io", "v1", "ipaddresses")!.Collection!;

    private Claim Allocate(ResourceDefinition resource, JsonObject value, JsonObject? old) =>
        new(resource is { Kind: "Service", Group: "" } ? services.Allocate(value, old, IpAddresses) : null);

    /// <summary>An allocation that is undone unless it is kept.</summary>
    private sealed class Claim(ServiceAllocator.Allocation? allocation) : IDisposable
    {
        private bool _kept;

        public ServiceAllocator.Allocation? Inner => allocation;

        public IEnumerable<Mutation> Companions => allocation?.Companions ?? [];

        public void Keep()
        {
            _kept = true;
            allocation?.Keep();
        }

        public void Dispose()
        {
            if (!_kept)
            {
                allocation?.Undo();
            }
        }
    }
}
