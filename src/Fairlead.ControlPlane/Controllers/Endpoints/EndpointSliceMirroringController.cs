using Fairlead.ControlPlane.Controllers.EndpointSlices;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Endpoints;

/// <summary>Makes slices of Endpoints that people write by hand for services without a selector.</summary>
internal sealed class EndpointSliceMirroringController : IController
{
    private const string Manager = "endpointslicemirroring-controller.k8s.io";
    private const string SkipLabel = "endpointslice.kubernetes.io/skip-mirror";
    private const string LeaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
    private const int MostAddresses = 1000;

    private readonly ControllerContext _context;
    private readonly Informer<Service> _services;
    private readonly Informer<Kubernetes.Endpoints> _endpoints;
    private readonly Informer<EndpointSlice> _slices;
    private readonly ReconcileLoop _loop;

    public EndpointSliceMirroringController(ControllerContext context)
    {
        _context = context;
        _services = context.Informer<Service>();
        _endpoints = context.Informer<Kubernetes.Endpoints>();
        _slices = context.Informer<EndpointSlice>();
        _loop = new ReconcileLoop(context, "endpointslicemirroring", ReconcileAsync);
        _loop.OnEach(_services);
        _loop.OnEach(_endpoints);
        _loop.On(_slices, change =>
        {
            if (IsMirror(change.Latest) && change.Latest.Metadata.Labels.TryGetValue(EndpointSlicePlan.ServiceLabel, out string? service))
            {
                _loop.Queue.Add(new ObjectKey(change.Key.Namespace, service));
            }
        });
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    /// <summary>The slices that mirror an Endpoints object: per subset and family one.</summary>
    internal static IReadOnlyList<EndpointSlice> Mirror(Kubernetes.Endpoints endpoints)
    {
        List<EndpointSlice> slices = [];
        foreach (EndpointsSubset subset in endpoints.Subsets)
        {
            IEnumerable<(EndpointsAddress Address, bool Ready)> all = subset.Addresses.Select(address => (address, true)).Concat(subset.NotReadyAddresses.Select(address => (address, false))).Take(MostAddresses);
            foreach (IGrouping<string, (EndpointsAddress Address, bool Ready)> family in all.GroupBy(entry => entry.Address.IP.Contains(':', StringComparison.Ordinal) ? "IPv6" : "IPv4"))
            {
                slices.Add(new EndpointSlice
                {
                    Metadata = new ObjectMeta
                    {
                        GenerateName = $"{endpoints.Metadata.Name}-",
                        Namespace = endpoints.Metadata.Namespace,
                        Labels = new Dictionary<string, string>(endpoints.Metadata.Labels.Where(label => label.Key != EndpointsPlan.ManagedByLabel))
                        {
                            [EndpointSlicePlan.ServiceLabel] = endpoints.Metadata.Name,
                            [EndpointSlicePlan.ManagedByLabel] = Manager,
                        },
                        OwnerReferences = [OwnerReference.ControlledBy(endpoints)],
                    },
                    AddressType = family.Key,
                    Endpoints = [.. family.Select(entry => new Endpoint
                    {
                        Addresses = [entry.Address.IP],
                        Conditions = new EndpointConditions(entry.Ready, null, null),
                        Hostname = entry.Address.Hostname,
                        NodeName = entry.Address.NodeName,
                        TargetRef = entry.Address.TargetRef,
                    })],
                    Ports = [.. subset.Ports.Select(port => new EndpointSlicePort { Name = port.Name ?? "", Port = port.Port, Protocol = port.Protocol ?? "TCP", AppProtocol = port.AppProtocol })],
                });
            }
        }

        return slices;
    }

    private static bool IsMirror(EndpointSlice slice) => slice.Metadata.Labels.GetValueOrDefault(EndpointSlicePlan.ManagedByLabel) == Manager;

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        Kubernetes.Endpoints? endpoints = _endpoints.Get(key);
        bool wanted = endpoints is not null
            && _services.Get(key) is { } service && service.Spec.Selector.Count == 0 && service.Spec.Type != "ExternalName"
            && endpoints.Metadata.Labels.GetValueOrDefault(SkipLabel) != "true"
            && !endpoints.Metadata.Annotations.ContainsKey(LeaderAnnotation);
        List<EndpointSlice> desired = wanted ? [.. Mirror(endpoints!)] : [];
        Queue<EndpointSlice> existing = new(_slices.ListNamespace(key.Namespace)
            .Where(slice => IsMirror(slice) && slice.Metadata.Labels.GetValueOrDefault(EndpointSlicePlan.ServiceLabel) == key.Name && !_slices.IsDeleting(slice))
            .OrderBy(slice => slice.Metadata.Name, StringComparer.Ordinal));
        foreach (EndpointSlice slice in desired)
        {
            // A slice's address type cannot change; everything else is rewritten in place.
            if (existing.TryPeek(out EndpointSlice? current) && current.AddressType == slice.AddressType)
            {
                existing.Dequeue();
                EndpointSlice change = current with { Metadata = current.Metadata with { Labels = slice.Metadata.Labels }, Endpoints = slice.Endpoints, Ports = slice.Ports };
                if (await _context.Client.UpdateAsync(current, change, null, cancellationToken).ConfigureAwait(false) is { } written)
                {
                    _slices.Observe(written);
                }
            }
            else
            {
                _slices.Observe(await _context.Client.CreateAsync(slice, cancellationToken).ConfigureAwait(false));
            }
        }

        foreach (EndpointSlice surplus in existing)
        {
            await _context.Client.DeleteAsync<EndpointSlice>(surplus.Metadata.Key, null, cancellationToken).ConfigureAwait(false);
            _slices.ObserveDelete(surplus);
        }
    }
}
