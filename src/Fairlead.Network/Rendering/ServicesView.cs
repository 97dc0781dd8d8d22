using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>
/// A plan's Services for eyes: where each is addressed, by which rules, which endpoints there are and which of them take connections from this node, and why
/// nobody does. It is made from the plan that the kernel acknowledged, not from what the API wishes.
/// </summary>
public static class ServicesView
{
    private const string None = "-";

    /// <summary>The table, with a line for each endpoint of each frontend, below a line of headings.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cluster">The objects that it was made from.</param>
    /// <param name="nodeName">This node, for "none here".</param>
    /// <param name="wanted">Which Services; all without.</param>
    public static string Write(NodePlan plan, ClusterState cluster, string nodeName, Func<ObjectKey, bool>? wanted = null)
    {
        TextTable table = new("SERVICE", "FRONTEND", "POLICY", "AFFINITY", "ENDPOINT", "NODE", "STATE");
        foreach ((ObjectKey key, ServicePlan service) in plan.Services.Where(s => wanted?.Invoke(s.Key) ?? true).OrderBy(s => s.Key))
        {
            string name = key.ToString();
            ServiceState? state = cluster.Services.GetValueOrDefault(key);
            foreach (FrontendPlan frontend in service.Frontends)
            {
                ServicePortState? port = PortOf(state, frontend.Key);
                List<Backend> backends = [.. BackendsOf(cluster.Slices.GetValueOrDefault(key, []), port, frontend)];
                string where = port is { Name.Length: > 0 } ? $"{frontend.Key} ({port.Name})" : frontend.Key.ToString();
                string policy = Policy(state, frontend), affinity = Affinity(frontend.Treatment);
                if (Refusal(frontend, state, backends, nodeName) is { } refusal)
                {
                    table.Add(name, where, policy, affinity, None, None, refusal);
                    (name, where, policy, affinity) = ("", "", "", "");
                }

                foreach (Backend backend in backends)
                {
                    table.Add(name, where, policy, affinity, backend.Address.ToString(), backend.NodeName ?? None, backend.State);
                    (name, where, policy, affinity) = ("", "", "", "");
                }

                name = "";
            }

            foreach (FrontendKey refused in service.Refused)
            {
                table.Add(name, refused.ToString(), None, None, None, None, $"not served: {plan.Owners.GetValueOrDefault(refused)} has this address and port");
                name = "";
            }
        }

        return table.ToString();
    }

    /// <summary>Why no connection gets through; nothing where they do.</summary>
    private static string? Refusal(FrontendPlan frontend, ServiceState? state, List<Backend> backends, string nodeName) => frontend.Treatment.Kind switch
    {
        TreatmentKind.Reject when backends.Count == 0 => "rejected: no endpoint slice has this port",
        TreatmentKind.Reject => "rejected: no endpoint is ready",
        TreatmentKind.Drop => $"dropped: {(IsInternal(state, frontend.Key) ? "internal" : "external")} traffic policy Local, and no endpoint on {nodeName}",
        TreatmentKind.BalanceLocally when frontend.LocalEndpoints.IsEmpty => $"from outside dropped: external traffic policy Local, and no endpoint on {nodeName}",
        _ => null,
    };

    private static string Policy(ServiceState? state, FrontendPlan frontend)
    {
        List<string> words = [];
        if (state is not null && (IsInternal(state, frontend.Key) ? state.InternalTrafficLocal : state.ExternalTrafficLocal))
        {
            words.Add("Local");
        }

        if (frontend.Treatment.IsGuarded)
        {
            words.Add(frontend.SourceRanges.IsEmpty ? "from nowhere" : $"from {string.Join(',', frontend.SourceRanges)}");
        }

        return words.Count == 0 ? None : string.Join(' ', words);
    }

    private static string Affinity(Treatment treatment) =>
        treatment.AffinitySeconds == 0 ? None : string.Create(CultureInfo.InvariantCulture, $"ClientIP {treatment.AffinitySeconds}s");

    private static bool IsInternal(ServiceState? state, FrontendKey key) => !key.IsNodePort && state?.ClusterIPs.Contains(key.Address) == true;

    private static ServicePortState? PortOf(ServiceState? state, FrontendKey frontend) =>
        state?.Ports.FirstOrDefault(p => p.Protocol == frontend.Protocol && (frontend.IsNodePort ? p.NodePort : p.Port) == frontend.Port);

    private static SortedDictionary<EndpointAddress, Backend>.ValueCollection BackendsOf(ImmutableArray<EndpointSliceState> slices, ServicePortState? port, FrontendPlan frontend)
    {
        HashSet<EndpointAddress> used = [.. frontend.Endpoints, .. frontend.LocalEndpoints];
        SortedDictionary<EndpointAddress, Backend> backends = [];
        foreach (EndpointSliceState slice in slices.Where(s => s.IsIPv6 == frontend.Key.IsIPv6))
        {
            foreach (EndpointPortState target in slice.Ports.Where(p => p.Protocol == port?.Protocol && p.Name == port.Name))
            {
                foreach (EndpointState endpoint in slice.Endpoints)
                {
                    EndpointAddress address = new(endpoint.Address, target.Port);
                    backends[address] = new(address, endpoint.NodeName, State(endpoint.Readiness, used.Contains(address)));
                }
            }
        }

        return backends.Values;
    }

    private static string State(EndpointReadiness readiness, bool used)
    {
        string word = (readiness & EndpointReadiness.Ready) != 0 ? "ready"
            : (readiness & EndpointReadiness.Terminating) == 0 ? "not ready"
            : (readiness & EndpointReadiness.Serving) != 0 ? "terminating, serves"
            : "terminating";

        // Hints, a policy, or others that are ready and come first.
        return used || readiness is EndpointReadiness.None or EndpointReadiness.Terminating ? word : $"{word}, not used from here";
    }

    private readonly record struct Backend(EndpointAddress Address, string? NodeName, string State);
}
