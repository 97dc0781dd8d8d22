using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;

namespace Fairlead.ControlPlane.Requests;

/// <summary>POST, PUT, PATCH and DELETE of objects.</summary>
internal sealed class WriteRequests(ObjectWriter writer, ObjectDeleter deleter, ObjectCodec codec)
{
    public async Task CreateAsync(RequestContext request)
    {
        var value = codec.Decode(request, await RequestBody.ReadAsync(request.Http));
        CheckNamespace(value, request);
        var result = await writer.CreateAsync(request.Served, request.Namespace, ToStored(value, request.Resource), request.WriteOptions);
        await Answers.WriteObjectAsync(request, 201, result.Json, writer.Time);
    }

    public async Task UpdateAsync(RequestContext request)
    {
        var value = codec.Decode(request, await RequestBody.ReadAsync(request.Http));
        CheckNamespace(value, request);
        var metadata = value.Ensure("metadata");
        if (metadata.StringAt("name") is { Length: > 0 } name && name != request.Name)
        {
            throw StatusException.BadRequest($"the name of the object ({name}) does not match the name on the URL ({request.Name})");
        }

        metadata.Default("name", request.Name);
        var stored = ToStored(value, request.Resource);
        var result = await writer.UpdateAsync(
            request.Served, request.Namespace, request.Name, request.Target.Subresource, _ => (JsonObject)stored.DeepClone(), request.WriteOptions,
            request.Resource.CreateOnUpdate && request.Target.Subresource.Length == 0);
        await Answers.WriteObjectAsync(request, result.Created ? 201 : 200, result.Json, writer.Time);
    }

    public async Task PatchAsync(RequestContext request)
    {
        var patch = ObjectPatch.Read(request, await RequestBody.ReadAsync(request.Http), writer.Time);
        var result = await writer.UpdateAsync(
            request.Served, request.Namespace, request.Name, request.Target.Subresource, current => Patch(request, patch, current), request.WriteOptions with { Applied = patch.Kind == PatchKind.Apply }, patch.CreatesObjects && request.Target.Subresource.Length == 0);
        await Answers.WriteObjectAsync(request, result.Created ? 201 : 200, result.Json, writer.Time);
    }

    private static JsonObject Patch(RequestContext request, ObjectPatch patch, JsonObject? current)
    {
        var resource = request.Resource;
        if (current is not null && resource.View is { } view)
        {
            current = view.FromStored(current);
        }

        var before = current.StringAt("metadata", "resourceVersion");
        var patched = ObjectCodec.ApplyPatch(request, resource, patch, current);
        CheckNamespace(patched, request);
        patched.Ensure("metadata").Default("name", request.Name);
        if (patched.StringAt("metadata", "name") is var name && name != request.Name)
        {
            throw StatusException.Invalid(resource, request.Name, [FieldError.Invalid("metadata.name", name, "field is immutable")]);
        }

        // Only a patch that speaks of the revision pins it.
        if (patched["metadata"] is JsonObject metadata && metadata.StringAt("resourceVersion") == before && !patch.NamesRevision)
        {
            metadata.Remove("resourceVersion");
            if (!resource.UnconditionalUpdate)
            {
                metadata["resourceVersion"] = before;
            }
        }

        return ToStored(patched, resource);
    }

    public async Task DeleteAsync(RequestContext request)
    {
        var options = await ReadDeleteOptionsAsync(request);
        var result = await deleter.DeleteAsync(request.Served, request.Namespace, request.Name, options);
        await WriteDeletedAsync(request, result, options);
    }

    private async Task WriteDeletedAsync(RequestContext request, DeleteResult result, DeleteOptions options)
    {
        var resource = request.Resource;
        if (!result.Gone || resource.DeleteReturnsObject)
        {
            await Answers.WriteObjectAsync(request, !result.Gone && options.OrphanDependents == false ? 202 : 200, result.Json, writer.Time);
            return;
        }

        JsonObject details = new() { ["name"] = request.Name };
        if (resource.Group.Length > 0)
        {
            details["group"] = resource.Group;
        }

        details["kind"] = resource.Plural;
        details["uid"] = result.Uid;
        await Answers.WriteNodeAsync(request.Http, 200, new JsonObject
        {
            ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["details"] = details,
        });
    }

    public async Task DeleteCollectionAsync(RequestContext request)
    {
        var options = await ReadDeleteOptionsAsync(request);
        var selection = ListOptions.Read(request, watch: false);
        var (items, revision) = writer.Store.List(request.Served.Collection!, request.Namespace);
        JsonArray deleted = [];
        foreach (var item in items.Where(item => selection.Labels.Matches(item) && selection.Fields.Matches(item)))
        {
            try
            {
                var result = await deleter.DeleteAsync(request.Served, item.Namespace, item.Name, options with { Uid = item.Uid });
                deleted.Add(KubernetesJson.Parse(Answers.View(request.Resource, result.Json)));
            }
            catch (StatusException exception) when (exception.Code is 404 or 409)
            {
                // Gone or replaced meanwhile: nothing left to delete.
            }
        }

        await Answers.WriteNodeAsync(request.Http, 200, new JsonObject
        {
            ["kind"] = request.Resource.ListKindOrDefault,
            ["apiVersion"] = request.Resource.ApiVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = revision.Invariant() },
            ["items"] = deleted,
        });
    }

    private async Task<DeleteOptions> ReadDeleteOptionsAsync(RequestContext request)
    {
        var body = await RequestBody.ReadAsync(request.Http);
        var options = DeleteOptions.Read(codec.DecodeOptions(request, body));
        if (request.Query("gracePeriodSeconds") is { Length: > 0 } grace)
        {
            options = options with { GracePeriodSeconds = long.TryParse(grace, out var seconds) ? seconds : throw StatusException.BadRequest($"strconv.ParseInt: parsing \"{grace}\": invalid syntax") };
        }

        if (request.Query("propagationPolicy") is { Length: > 0 } policy)
        {
            options = options with { PropagationPolicy = policy };
        }

        if (request.Query("orphanDependents").Length > 0)
        {
            options = options with { OrphanDependents = request.Flag("orphanDependents") };
        }

        if (options.PropagationPolicy is { } named and not ("Orphan" or "Background" or "Foreground"))
        {
            throw StatusException.Invalid("meta.k8s.io", "DeleteOptions", "", [FieldError.NotSupported("propagationPolicy", named, "Background", "Foreground", "Orphan")]);
        }

        return request.DryRun ? options with { DryRun = true } : options;
    }

    private static void CheckNamespace(JsonObject value, RequestContext request)
    {
        if (value.StringAt("metadata", "namespace") is { Length: > 0 } named && named != request.Namespace)
        {
            throw StatusException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    private static JsonObject ToStored(JsonObject value, ResourceDefinition resource) => resource.View is { } view ? view.ToStored(value) : value;
}
