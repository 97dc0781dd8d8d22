using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Namespaces;

/// <summary>Empties namespaces that were asked to go, and lets go of them when nothing is left.</summary>
internal sealed class NamespaceController : IController
{
    private const string Finalizer = "kubernetes";

    private readonly ControllerContext _context;
    private readonly Informer<Namespace> _namespaces;
    private readonly ReconcileLoop _loop;

    public NamespaceController(ControllerContext context)
    {
        _context = context;
        _namespaces = context.Informer<Namespace>();
        _loop = new ReconcileLoop(context, "namespace", ReconcileAsync);
        _loop.OnEach(_namespaces);
        _loop.On(context.Pods, OnPod);
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    /// <summary>Pods are what a namespace waits for: they end in their own time.</summary>
    private void OnPod(InformerChange<Pod> change)
    {
        if (change.New is null && _namespaces.Get(change.Key.Namespace) is { Metadata.IsDeleting: true } leaving)
        {
            _loop.Queue.Add(leaving.Metadata.Key);
        }
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_namespaces.Get(key) is not { Metadata.IsDeleting: true } leaving || !leaving.Spec.Finalizers.Contains(Finalizer))
        {
            return;
        }

        IReadOnlyList<(ResourceDefinition Definition, ApiResource Resource)> all = await _context.Client.DiscoverAsync(cancellationToken).ConfigureAwait(false);
        ResourceDefinition[] resources = [.. all
            .Where(found => found.Definition.Namespaced && !found.Resource.Name.Contains('/', StringComparison.Ordinal) && found.Resource.Verbs.Contains("delete") && found.Resource.Verbs.Contains("list"))
            .Select(found => found.Definition)];
        Remains[] remains = await Task.WhenAll(resources.Select(resource => EmptyAsync(resource, key.Name, cancellationToken))).ConfigureAwait(false);
        Remains[] left = [.. remains.Where(remain => remain.Count > 0)];
        if (left.Length > 0)
        {
            await NoteAsync(leaving, left, cancellationToken).ConfigureAwait(false);
            _loop.Queue.AddAfter(key, Pause(leaving));
            return;
        }

        JsonObject finalized = new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Namespace",
            ["metadata"] = new JsonObject { ["name"] = key.Name, ["resourceVersion"] = leaving.Metadata.ResourceVersion },
            ["spec"] = new JsonObject
            {
                ["finalizers"] = JsonSerializer.SerializeToNode(leaving.Spec.Finalizers.Where(finalizer => finalizer != Finalizer).ToArray(), KubernetesJson.TypeInfo<string[]>()),
            },
        };
        await _context.Client.SendJsonAsync(HttpMethod.Put, Namespace.ResourceKind.Definition.Path(null, key.Name, "finalize"), finalized, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Soon at first, then less and less often, up to 5 s.</summary>
    private TimeSpan Pause(Namespace leaving)
    {
        TimeSpan waited = _context.Now - (leaving.Metadata.DeletionTimestamp ?? _context.Now);
        return TimeSpan.FromMilliseconds(Math.Clamp(waited.TotalMilliseconds / 4, 50, 5000));
    }

    private async Task<Remains> EmptyAsync(ResourceDefinition resource, string ns, CancellationToken cancellationToken)
    {
        ResourceKind<PartialObject> kind = PartialObject.Of(resource);
        ListOptions options = new() { Namespace = ns };
        KubernetesList<PartialObject> list = await _context.Client.ListAsync(kind, options, cancellationToken).ConfigureAwait(false);
        if (list.Items.Count == 0)
        {
            return new Remains(resource, 0, []);
        }

        // Only what was not asked yet: asking again would start the grace period of nothing, but costs a write each.
        foreach (PartialObject item in list.Items.Where(item => !item.Metadata.IsDeleting))
        {
            try
            {
                DeleteOptions how = new() { PropagationPolicy = "Background", Preconditions = new Preconditions { Uid = item.Metadata.Uid } };
                await _context.Client.DeleteAsync(resource, item.Metadata.Key, how, cancellationToken).ConfigureAwait(false);
            }
            catch (KubernetesException e) when (e.IsNotFound || e.IsConflict)
            {
                // Gone, or another by now.
            }
        }

        list = await _context.Client.ListAsync(kind, options, cancellationToken).ConfigureAwait(false);
        return new Remains(resource, list.Items.Count, [.. list.Items.SelectMany(item => item.Metadata.Finalizers).Distinct()]);
    }

    /// <summary>Says in the status what the deletion waits for.</summary>
    private async Task NoteAsync(Namespace leaving, Remains[] left, CancellationToken cancellationToken)
    {
        string resources = string.Join(", ", left.Select(remain => $"{Name(remain.Resource)} has {remain.Count} resource instances"));
        string finalizers = string.Join(", ", left.SelectMany(remain => remain.Finalizers).Distinct());
        NamespaceCondition[] conditions =
        [
            Condition(leaving, "NamespaceContentRemaining", true, "SomeResourcesRemain", $"Some resources are remaining: {resources}"),
            finalizers.Length > 0
                ? Condition(leaving, "NamespaceFinalizersRemaining", true, "SomeFinalizersRemain", $"Some content in the namespace has finalizers remaining: {finalizers}")
                : Condition(leaving, "NamespaceFinalizersRemaining", false, "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
        ];
        Namespace desired = leaving with { Status = leaving.Status with { Conditions = conditions } };
        if (await _context.Client.UpdateAsync(leaving, desired, "status", cancellationToken).ConfigureAwait(false) is { } written)
        {
            _namespaces.Observe(written);
        }
    }

    private static string Name(ResourceDefinition resource) => resource.Group.Length == 0 ? $"{resource.Plural}." : $"{resource.Plural}.{resource.Group}";

    private NamespaceCondition Condition(Namespace leaving, string type, bool value, string reason, string message)
    {
        string status = value ? "True" : "False";
        NamespaceCondition? old = leaving.Status.Conditions.FirstOrDefault(condition => condition.Type == type);
        return new NamespaceCondition { Type = type, Status = status, Reason = reason, Message = message, LastTransitionTime = old?.Status == status ? old.LastTransitionTime : _context.Now };
    }

    private sealed record Remains(ResourceDefinition Resource, int Count, IReadOnlyList<string> Finalizers);
}
