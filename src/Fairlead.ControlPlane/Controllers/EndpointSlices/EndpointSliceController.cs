using System.Globalization;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.EndpointSlices;

/// <summary>Publishes the pods behind each service that has a selector.</summary>
internal sealed class EndpointSliceController : IController
{
    private const string ByService = "service";
    private const string ZoneLabel = "topology.kubernetes.io/zone";

    private readonly ControllerContext _context;
    private readonly Informer<Service> _services;
    private readonly Informer<EndpointSlice> _slices;
    private readonly Informer<Node> _nodes;
    private readonly EventRecorder _events;
    private readonly ReconcileLoop _loop;
    private readonly TriggerTimes _triggers = new();

    public EndpointSliceController(ControllerContext context)
    {
        _context = context;
        _services = context.Informer<Service>();
        _slices = context.Informer<EndpointSlice>();
        _nodes = context.Informer<Node>();
        _events = context.Events("endpoint-slice-controller");
        _slices.AddIndex(ByService, ServiceOf);
        _loop = new ReconcileLoop(context, "endpointslice", ReconcileAsync);
        _loop.OnEach(_services);
        _loop.On(context.Pods, change => ServicesOfPods.Wake(_services, change, _loop.Queue));
        _loop.On(_slices, OnSlice);
        _loop.On(_nodes, OnNode);
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private static IEnumerable<string> ServiceOf(EndpointSlice slice) =>
        slice.Metadata.Labels.TryGetValue(EndpointSlicePlan.ServiceLabel, out string? service)
        && slice.Metadata.Labels.GetValueOrDefault(EndpointSlicePlan.ManagedByLabel) == EndpointSlicePlan.Manager
            ? [$"{slice.Metadata.Namespace}/{service}"]
            : [];

    private void OnSlice(InformerChange<EndpointSlice> change)
    {
        if (change.Latest.Metadata.Labels.TryGetValue(EndpointSlicePlan.ServiceLabel, out string? service))
        {
            _loop.Queue.Add(new ObjectKey(change.Key.Namespace, service));
        }
    }

    private void OnNode(InformerChange<Node> change)
    {
        if (Zone(change.Old) == Zone(change.New))
        {
            return;
        }

        foreach (Service service in _services.List())
        {
            _loop.Queue.Add(service.Metadata.Key);
        }
    }

    private static string? Zone(Node? node) => node?.Metadata.Labels.GetValueOrDefault(ZoneLabel);

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_services.Get(key) is not { } service)
        {
            _triggers.Forget(key);
            return;
        }

        if (!ServicesOfPods.HasSelector(service) || service.Metadata.IsDeleting)
        {
            return;
        }

        Pod[] pods = [.. _context.Pods.ListNamespace(key.Namespace).Where(pod => ServicesOfPods.Selects(service, pod)).OrderBy(pod => pod.Metadata.Name, StringComparer.Ordinal)];
        EndpointSlice[] existing = [.. _slices.ByIndex(ByService, key.ToString()).Where(slice => !_slices.IsDeleting(slice))];
        DateTimeOffset? trigger = _triggers.Next(service, pods);
        EndpointSlicePlan plan = EndpointSlicePlan.Make(service, pods, node => Zone(_nodes.Get(node)), existing);
        try
        {
            await WriteAsync(plan, trigger, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (!e.IsConflict && !e.IsNotFound && !e.IsNamespaceTerminating)
        {
            _events.Warning(service, "FailedToUpdateEndpointSlices", $"Error updating Endpoint Slices for Service {key}: {e.Status.Message}");
            throw;
        }
        catch (KubernetesException e) when (e.IsNamespaceTerminating)
        {
            // There is nothing left to publish for.
        }
    }

    private async Task WriteAsync(EndpointSlicePlan plan, DateTimeOffset? trigger, CancellationToken cancellationToken)
    {
        // Additions before removals: a rollout must not show a moment without endpoints.
        foreach (EndpointSlice slice in plan.Create)
        {
            _slices.Observe(await _context.Client.CreateAsync(WithTrigger(slice, trigger), cancellationToken).ConfigureAwait(false));
        }

        foreach ((EndpointSlice current, EndpointSlice desired) in plan.Update)
        {
            if (await _context.Client.UpdateAsync(current, WithTrigger(desired, trigger), null, cancellationToken).ConfigureAwait(false) is { } written)
            {
                _slices.Observe(written);
            }
        }

        foreach (EndpointSlice slice in plan.Delete)
        {
            try
            {
                await _context.Client.DeleteAsync<EndpointSlice>(slice.Metadata.Key, null, cancellationToken).ConfigureAwait(false);
                _slices.ObserveDelete(slice);
            }
            catch (KubernetesException e) when (e.IsNotFound)
            {
                // Gone already.
            }
        }
    }

    private static EndpointSlice WithTrigger(EndpointSlice slice, DateTimeOffset? trigger)
    {
        Dictionary<string, string> annotations = new(slice.Metadata.Annotations);
        annotations.Remove(EndpointSlicePlan.TriggerAnnotation);
        if (trigger is { } time)
        {
            annotations[EndpointSlicePlan.TriggerAnnotation] = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        }

        return slice with { Metadata = slice.Metadata with { Annotations = annotations } };
    }
}
