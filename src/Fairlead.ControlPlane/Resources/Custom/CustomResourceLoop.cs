using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Storage;
using Microsoft.Extensions.Logging;

namespace Fairlead.ControlPlane.Resources.Custom;

/// <summary>
/// Serves what CustomResourceDefinitions define: follows their collection, replaces rows of the registry, reports Established, and empties
/// a kind before its definition goes.
/// </summary>
internal sealed partial class CustomResourceLoop(ObjectStore store, ResourceRegistry registry, ObjectWriter writer, ObjectDeleter deleter, ILogger logger)
{
    public const string Finalizer = "customresourcecleanup.apiextensions.k8s.io";
    private static readonly WriteOptions Options = new(Manager: "kube-apiserver");

    private ServedResource Definitions => registry.Find("apiextensions.k8s.io", "v1", "customresourcedefinitions")!;

    /// <summary>Serves what was there at start; returns where in the window of events to go on.</summary>
    public long Load()
    {
        var (items, position) = store.Locked(() => (Definitions.Collection!.Snapshot(null), Definitions.Collection!.EndOfEvents));
        foreach (var item in items)
        {
            Serve(KubernetesJson.ParseObject(item.Json));
        }

        return position;
    }

    public async Task RunAsync(long position, CancellationToken cancellationToken)
    {
        var collection = Definitions.Collection!;
        foreach (var item in store.List(collection, null).Items)
        {
            await ReconcileAsync(item.Name);
        }

        List<StoreEvent> batch = [];
        while (!cancellationToken.IsCancellationRequested)
        {
            batch.Clear();
            Task changed = Task.CompletedTask;
            var known = store.Locked(() =>
            {
                changed = collection.Changed;
                return collection.TryRead(position, batch, 256);
            });
            if (!known)
            {
                position = Load();
                continue;
            }

            position += batch.Count;
            foreach (var change in batch)
            {
                if (change.Deleted)
                {
                    Withdraw(KubernetesJson.ParseObject(change.Current.Json));
                }
                else
                {
                    await ReconcileAsync(change.Current.Name);
                }
            }

            if (batch.Count == 0)
            {
                await changed.WaitAsync(cancellationToken);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "custom kind {Name} could not be served yet")]
    private partial void LogRetry(string name, Exception exception);

    private async Task ReconcileAsync(string name)
    {
        if (store.Find(Definitions.Collection!, "", name) is not { } stored)
        {
            return;
        }

        var definition = KubernetesJson.ParseObject(stored.Json);
        try
        {
            Serve(definition);
            if (definition.StringAt("metadata", "deletionTimestamp") is null)
            {
                await EstablishAsync(name);
            }
            else
            {
                await EmptyAsync(definition, name);
            }
        }
        catch (StatusException exception) when (exception.Code is 404 or 409)
        {
            // It changed or went meanwhile: that is an event of its own.
            LogRetry(name, exception);
        }
    }

    private void Serve(JsonObject definition) => registry.ReplaceCustom(
        definition.StringAt("spec", "group") ?? "", definition.StringAt("spec", "names", "plural") ?? "", CustomDefinitions.Rows(definition));

    private void Withdraw(JsonObject definition) => registry.ReplaceCustom(
        definition.StringAt("spec", "group") ?? "", definition.StringAt("spec", "names", "plural") ?? "", []);

    private Task<WriteResult> EstablishAsync(string name) => writer.UpdateAsync(Definitions, "", name, "status", current =>
    {
        var spec = current.ObjectAt("spec") ?? [];
        var status = current!.Ensure("status");
        var now = ObjectMetadata.Timestamp(writer.Time);
        if (status.At("conditions") is not JsonArray { Count: > 0 })
        {
            status["conditions"] = new JsonArray(
                Condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
                Condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now));
        }

        status["acceptedNames"] = spec["names"]?.DeepClone();
        var storage = spec.ObjectsAt("versions").FirstOrDefault(version => version.BooleanAt("storage") == true).StringAt("name");
        var versions = status.StringsAt("storedVersions").ToList();
        if (storage is not null && !versions.Contains(storage))
        {
            versions.Add(storage);
        }

        status["storedVersions"] = new JsonArray([.. versions.Select(version => (JsonNode)version)]);
        current!.Ensure("metadata").Remove("resourceVersion");
        return current!;
    }, Options);

    private static JsonObject Condition(string type, string reason, string message, string now) => new()
    {
        ["type"] = type, ["status"] = "True", ["lastTransitionTime"] = now, ["reason"] = reason, ["message"] = message,
    };

    /// <summary>Deletes every object of a kind that goes, then lets its definition go.</summary>
    private async Task EmptyAsync(JsonObject definition, string name)
    {
        var group = definition.StringAt("spec", "group") ?? "";
        var plural = definition.StringAt("spec", "names", "plural") ?? "";
        if (registry.FindAnyVersion(group, plural) is { Collection: { } collection } served)
        {
            foreach (var item in store.List(collection, null).Items)
            {
                await deleter.DeleteAsync(served, item.Namespace, item.Name, new DeleteOptions { Uid = item.Uid });
            }

            // Objects with finalizers of their own keep the definition alive; whoever removes the last one finds it gone with the next write.
            if (store.List(collection, null).Items.Count > 0)
            {
                _ = RetryLaterAsync(name);
                return;
            }
        }

        await writer.UpdateAsync(Definitions, "", name, "", current =>
        {
            var metadata = current!.Ensure("metadata");
            var left = metadata.StringsAt("finalizers").Where(finalizer => finalizer != Finalizer).Select(finalizer => (JsonNode)finalizer).ToArray();
            metadata["finalizers"] = new JsonArray(left);
            metadata.Remove("resourceVersion");
            return current!;
        }, Options);
    }

    private async Task RetryLaterAsync(string name)
    {
        await Task.Delay(TimeSpan.FromSeconds(1), writer.Time);
        await ReconcileAsync(name);
    }
}
