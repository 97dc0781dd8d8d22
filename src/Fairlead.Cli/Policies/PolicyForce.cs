using System.Globalization;
using Fairlead.Agent.Local;
using Fairlead.Agent.Policies;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Cli.Policies;

/// <summary>How far the nodes say they are with policies.</summary>
internal static class PolicyForce
{
    /// <summary>By node, the newest revision of a policy that its kernel holds.</summary>
    public static async Task<Dictionary<string, ulong>> ReadAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        try
        {
            KubernetesList<Lease> leases = await client.ListAsync<Lease>(new ListOptions { Namespace = PolicyLease.Namespace }, cancellationToken).ConfigureAwait(false);
            return leases.Items.Where(l => l.Metadata.Name.StartsWith(PolicyLease.Prefix, StringComparison.Ordinal)).ToDictionary(
                l => l.Metadata.Name[PolicyLease.Prefix.Length..],
                l => ulong.TryParse(l.Metadata.Annotations.GetValueOrDefault(PolicyLease.Annotation), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0);
        }
        catch (Exception e) when (e is KubernetesException or HttpRequestException)
        {
            throw new AgentException($"can't read how far the nodes are: {e.Message}", e);
        }
    }

    public static bool IsInForce(PolicyState policy, ulong reached) =>
        ulong.TryParse(policy.Revision, NumberStyles.None, CultureInfo.InvariantCulture, out ulong revision) && reached >= revision;
}
