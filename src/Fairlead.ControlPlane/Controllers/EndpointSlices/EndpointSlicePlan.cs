using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.EndpointSlices;

/// <summary>What has to be written so that a service's slices say what its pods are.</summary>
/// <param name="Create">Slices to make.</param>
/// <param name="Update">Slices to change: as they are, and as they should be.</param>
/// <param name="Delete">Slices to delete.</param>
internal sealed record EndpointSlicePlan(
    IReadOnlyList<EndpointSlice> Create,
    IReadOnlyList<(EndpointSlice Current, EndpointSlice Desired)> Update,
    IReadOnlyList<EndpointSlice> Delete)
{
    public const string ServiceLabel = "kubernetes.io/service-name";
    public const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";
    public const string HeadlessLabel = "service.kubernetes.io/headless";
    public const string TriggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";
    public const string Manager = "endpointslice-controller.k8s.io";

    /// <summary>A slice holds at most this many endpoints, so that one change does not rewrite thousands.</summary>
    public const int MostEndpoints = 100;

    /// <param name="service">A service with a selector.</param>
    /// <param name="pods">The pods that it selects.</param>
    /// <param name="zoneOf">A node's zone.</param>
    /// <param name="existing">The service's slices that this controller manages.</param>
    public static EndpointSlicePlan Make(Service service, IReadOnlyList<Pod> pods, Func<string, string?> zoneOf, IReadOnlyList<EndpointSlice> existing)
    {
        Draft draft = new(service);
        IReadOnlyList<string> families = PodEndpoints.Families(service);
        draft.Delete.AddRange(existing.Where(slice => !families.Contains(slice.AddressType)));
        foreach (string family in families)
        {
            Dictionary<string, (IReadOnlyList<EndpointSlicePort> Ports, List<Endpoint> Endpoints)> groups = [];
            foreach (Pod pod in pods)
            {
                if (!PodEndpoints.IsEndpoint(pod) || PodEndpoints.Address(pod, family) is not { } address)
                {
                    continue;
                }

                IReadOnlyList<EndpointSlicePort> ports = ServicePorts.Of(service, pod);
                string group = Describe(ports);
                if (!groups.TryGetValue(group, out (IReadOnlyList<EndpointSlicePort> Ports, List<Endpoint> Endpoints) members))
                {
                    groups.Add(group, members = (ports, []));
                }

                members.Endpoints.Add(PodEndpoints.Of(service, pod, address, zoneOf(pod.Spec.NodeName ?? "")));
            }

            draft.Add(family, groups, [.. existing.Where(slice => slice.AddressType == family)]);
        }

        return new EndpointSlicePlan(draft.Create, draft.Update, draft.Delete);
    }

    private static string Describe(IReadOnlyList<EndpointSlicePort> ports) =>
        string.Join('|', ports.Select(port => $"{port.Name} {port.Protocol} {port.Port} {port.AppProtocol}").Order(StringComparer.Ordinal));

    /// <summary>Collects the writes; fills what exists before it makes anything new.</summary>
    private sealed class Draft(Service service)
    {
        public List<EndpointSlice> Create { get; } = [];

        public List<(EndpointSlice Current, EndpointSlice Desired)> Update { get; } = [];

        public List<EndpointSlice> Delete { get; } = [];

        public void Add(string family, Dictionary<string, (IReadOnlyList<EndpointSlicePort> Ports, List<Endpoint> Endpoints)> groups, List<EndpointSlice> existing)
        {
            if (groups.Count == 0)
            {
                // One empty slice says "looked, and found nothing".
                groups.Add("", ([], []));
            }

            List<EndpointSlice> free = [.. existing.Where(slice => !groups.ContainsKey(Describe(slice.Ports))).OrderBy(slice => slice.Metadata.Name, StringComparer.Ordinal)];
            foreach ((string group, (IReadOnlyList<EndpointSlicePort> ports, List<Endpoint> endpoints)) in groups)
            {
                List<EndpointSlice> own = [.. existing.Where(slice => Describe(slice.Ports) == group).OrderBy(slice => slice.Metadata.Name, StringComparer.Ordinal)];
                Fill(family, ports, endpoints, own, free);
            }

            Delete.AddRange(free);
        }

        private void Fill(string family, IReadOnlyList<EndpointSlicePort> ports, List<Endpoint> endpoints, List<EndpointSlice> own, List<EndpointSlice> free)
        {
            Dictionary<string, Endpoint> wanted = [];
            foreach (Endpoint endpoint in endpoints)
            {
                wanted[Identity(endpoint)] = endpoint;
            }

            // Endpoints stay in the slice that they are in.
            List<(EndpointSlice Slice, List<Endpoint> Endpoints)> filled = [];
            foreach (EndpointSlice slice in own)
            {
                List<Endpoint> kept = [];
                foreach (Endpoint old in slice.Endpoints)
                {
                    if (wanted.Remove(Identity(old), out Endpoint? endpoint))
                    {
                        kept.Add(endpoint);
                    }
                }

                filled.Add((slice, kept));
            }

            // New ones fill the fullest slice that has room, so that few slices change.
            Queue<Endpoint> left = new(wanted.Values);
            foreach ((_, List<Endpoint> members) in filled.OrderByDescending(slice => slice.Endpoints.Count))
            {
                while (left.Count > 0 && members.Count < MostEndpoints)
                {
                    members.Add(left.Dequeue());
                }
            }

            bool any = left.Count > 0 || filled.Exists(slice => slice.Endpoints.Count > 0);
            foreach ((EndpointSlice slice, List<Endpoint> members) in filled)
            {
                if (members.Count == 0 && (any || slice != filled[0].Slice))
                {
                    Delete.Add(slice);
                    continue;
                }

                Change(slice, ports, members);
            }

            while (left.Count > 0 || (!any && filled.Count == 0))
            {
                List<Endpoint> members = [];
                while (left.Count > 0 && members.Count < MostEndpoints)
                {
                    members.Add(left.Dequeue());
                }

                if (free.Count > 0)
                {
                    Change(free[0], ports, members);
                    free.RemoveAt(0);
                }
                else
                {
                    Create.Add(New(family, ports, members));
                }

                any = true;
            }
        }

        private static string Identity(Endpoint endpoint) => endpoint.TargetRef?.Uid ?? endpoint.Addresses[0];

        private void Change(EndpointSlice current, IReadOnlyList<EndpointSlicePort> ports, List<Endpoint> endpoints)
        {
            EndpointSlice desired = current with
            {
                Metadata = current.Metadata with { Labels = Labels() },
                Ports = ports,
                Endpoints = endpoints,
            };
            if (MergePatch.IsDifferent(current, desired))
            {
                Update.Add((current, desired));
            }
        }

        private EndpointSlice New(string family, IReadOnlyList<EndpointSlicePort> ports, List<Endpoint> endpoints) => new()
        {
            Metadata = new ObjectMeta
            {
                GenerateName = $"{service.Metadata.Name}-",
                Namespace = service.Metadata.Namespace,
                Labels = Labels(),
                OwnerReferences = [OwnerReference.ControlledBy(service)],
            },
            AddressType = family,
            Ports = ports,
            Endpoints = endpoints,
        };

        /// <summary>The service's own labels, and the three that are reserved for this controller.</summary>
        private SortedDictionary<string, string> Labels()
        {
            SortedDictionary<string, string> labels = new(StringComparer.Ordinal);
            foreach ((string key, string value) in service.Metadata.Labels)
            {
                labels[key] = value;
            }

            labels.Remove(HeadlessLabel);
            labels[ServiceLabel] = service.Metadata.Name;
            labels[ManagedByLabel] = Manager;
            if (PodEndpoints.IsHeadless(service))
            {
                labels[HeadlessLabel] = "";
            }

            return labels;
        }
    }
}
