using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Agent.Local;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Cli.Policies;

/// <summary>The cluster's pods, namespaces and policies as the API has them now.</summary>
internal static class LivePolicies
{
    /// <summary>Reads them.</summary>
    /// <param name="client">The API.</param>
    /// <param name="withServices">Services and their endpoints, too.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AgentException">The API doesn't answer.</exception>
    public static async Task<ClusterState> ReadAsync(KubernetesClient client, bool withServices, CancellationToken cancellationToken)
    {
        try
        {
            KubernetesList<NetworkPod> pods = await client.ListAsync<NetworkPod>(cancellationToken: cancellationToken).ConfigureAwait(false);
            KubernetesList<Namespace> namespaces = await client.ListAsync<Namespace>(cancellationToken: cancellationToken).ConfigureAwait(false);
            KubernetesList<NetworkPolicy> policies = await client.ListAsync<NetworkPolicy>(cancellationToken: cancellationToken).ConfigureAwait(false);
            KubernetesList<Node> nodes = await client.ListAsync<Node>(cancellationToken: cancellationToken).ConfigureAwait(false);
            IReadOnlyList<ClusterNetworkPolicy> clusterPolicies = await ClusterPoliciesAsync(client, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<Service> services = withServices ? (await client.ListAsync<Service>(cancellationToken: cancellationToken).ConfigureAwait(false)).Items : [];
            IReadOnlyList<EndpointSlice> slices = withServices ? (await client.ListAsync<EndpointSlice>(cancellationToken: cancellationToken).ConfigureAwait(false)).Items : [];
            return ClusterState.Create(
                nodes.Items.Select(n => ClusterReader.Read(n, Report)),
                services.Select(s => ClusterReader.Read(s, Report)).OfType<ServiceState>(),
                slices.Select(s => ClusterReader.Read(s, Report)).OfType<EndpointSliceState>()).With(
                pods.Items.Select(p => PolicyReader.Read(p, Report)).OfType<PodState>(),
                namespaces.Items.Select(n => KeyValuePair.Create(n.Metadata.Name, n.Metadata.Labels)),
                [.. policies.Items.Select(p => PolicyReader.Read(p, Report)), .. clusterPolicies.Select(p => PolicyReader.Read(p, Report))]);
        }
        catch (Exception e) when (e is KubernetesException or HttpRequestException or IOException)
        {
            throw new AgentException($"can't read the cluster's policies: {e.Message}", e);
        }
    }

    /// <summary>The policies of a file, several separated by <c>---</c>; without a namespace they are of <paramref name="ns"/>.</summary>
    /// <exception cref="AgentException">The file holds something else, or can't be read.</exception>
    public static IReadOnlyList<PolicyState> ReadFile(string path, string ns)
    {
        List<PolicyState> policies = [];
        try
        {
            foreach (JsonNode document in KubernetesYaml.ParseAll(File.ReadAllText(path)))
            {
                string? kind = document["kind"]?.GetValue<string>();
                policies.Add(kind switch
                {
                    "NetworkPolicy" => PolicyReader.Read(WithNamespace(document.Deserialize(KubernetesJson.TypeInfo<NetworkPolicy>())!, ns), Report),
                    "ClusterNetworkPolicy" => PolicyReader.Read(document.Deserialize(KubernetesJson.TypeInfo<ClusterNetworkPolicy>())!, Report),
                    _ => throw new AgentException($"{path}: {kind ?? "an object without a kind"} is neither NetworkPolicy nor ClusterNetworkPolicy."),
                });
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or JsonException or InvalidDataException)
        {
            throw new AgentException($"{path}: {e.Message}", e);
        }

        return policies;
    }

    private static async Task<IReadOnlyList<ClusterNetworkPolicy>> ClusterPoliciesAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.ListAsync<ClusterNetworkPolicy>(cancellationToken: cancellationToken).ConfigureAwait(false)).Items;
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return []; // the cluster doesn't have the kind
        }
    }

    private static NetworkPolicy WithNamespace(NetworkPolicy policy, string ns) =>
        policy.Metadata.Namespace.Length > 0 ? policy : policy with { Metadata = policy.Metadata with { Namespace = ns } };

    private static void Report(PlanProblem problem) => Console.Error.WriteLine($"fairlead: {problem.Message}");
}
