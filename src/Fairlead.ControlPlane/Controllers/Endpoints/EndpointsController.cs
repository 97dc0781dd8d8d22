using Fairlead.ControlPlane.Controllers.EndpointSlices;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Endpoints;

/// <summary>Keeps the Endpoints object of each service that has a selector, for clients from before endpoint slices.</summary>
internal sealed class EndpointsController : IController
{
    private readonly ControllerContext _context;
    private readonly Informer<Service> _services;
    private readonly Informer<Kubernetes.Endpoints> _endpoints;
    private readonly ReconcileLoop _loop;

    public EndpointsController(ControllerContext context)
    {
        _context = context;
        _services = context.Informer<Service>();
        _endpoints = context.Informer<Kubernetes.Endpoints>();
        _loop = new ReconcileLoop(context, "endpoints", ReconcileAsync);
        _loop.OnEach(_services);
        _loop.OnEach(_endpoints);
        _loop.On(context.Pods, change => ServicesOfPods.Wake(_services, change, _loop.Queue));
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        Kubernetes.Endpoints? existing = _endpoints.Get(key);
        if (_services.Get(key) is not { } service)
        {
            await RemoveAsync(existing, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (!ServicesOfPods.HasSelector(service) || service.Metadata.IsDeleting)
        {
            return;
        }

        IReadOnlyList<EndpointsSubset> subsets = EndpointsPlan.Subsets(service, _context.Pods.ListNamespace(key.Namespace).Where(pod => ServicesOfPods.Selects(service, pod)));
        Dictionary<string, string> labels = new(service.Metadata.Labels) { [EndpointsPlan.ManagedByLabel] = EndpointsPlan.Manager };
        if (PodEndpoints.IsHeadless(service))
        {
            labels[EndpointSlicePlan.HeadlessLabel] = "";
        }

        try
        {
            if (existing is null)
            {
                Kubernetes.Endpoints created = new() { Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace, Labels = labels }, Subsets = subsets };
                _endpoints.Observe(await _context.Client.CreateAsync(created, cancellationToken).ConfigureAwait(false));
                return;
            }

            Kubernetes.Endpoints desired = existing with { Metadata = existing.Metadata with { Labels = labels }, Subsets = subsets };
            if (await _context.Client.UpdateAsync(existing, desired, null, cancellationToken).ConfigureAwait(false) is { } written)
            {
                _endpoints.Observe(written);
            }
        }
        catch (KubernetesException e) when (e.IsNamespaceTerminating || e.IsAlreadyExists)
        {
            // The watch brings the one that exists; in a namespace that goes, nobody needs it.
        }
    }

    private async Task RemoveAsync(Kubernetes.Endpoints? existing, CancellationToken cancellationToken)
    {
        if (existing is null || existing.Metadata.Labels.GetValueOrDefault(EndpointsPlan.ManagedByLabel) != EndpointsPlan.Manager)
        {
            return;
        }

        try
        {
            await _context.Client.DeleteAsync<Kubernetes.Endpoints>(existing.Metadata.Key, null, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            // Gone already.
        }
    }
}
