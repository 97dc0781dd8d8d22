using System.Globalization;
using Fairlead.Agent.Local;
using Fairlead.Agent.Policies;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Cli.Policies;

/// <summary>How far a node says it is with policies.</summary>
/// <param name="Newest">The newest resourceVersion of a policy that its kernel holds.</param>
/// <param name="Digest">The digest of all policies that its kernel holds.</param>
internal readonly record struct PolicyForce(ulong Newest, string? Digest)
{
    /// <summary>What the nodes say, by their names.</summary>
    /// <exception cref="AgentException">The API doesn't answer.</exception>
    public static async Task<Dictionary<string, PolicyForce>> ReadAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        try
        {
            KubernetesList<Lease> leases = await client.ListAsync<Lease>(new ListOptions { Namespace = PolicyLease.Namespace }, cancellationToken).ConfigureAwait(false);
            return leases.Items.Where(l => l.Metadata.Name.StartsWith(PolicyLease.Prefix, StringComparison.Ordinal))
                .ToDictionary(l => l.Metadata.Name[PolicyLease.Prefix.Length..], l => new PolicyForce(
                    ulong.TryParse(l.Metadata.Annotations.GetValueOrDefault(PolicyLease.Annotation), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0,
                    l.Metadata.Annotations.GetValueOrDefault(PolicyLease.DigestAnnotation)));
        }
        catch (Exception e) when (e is KubernetesException or HttpRequestException)
        {
            throw new AgentException($"can't read how far the nodes are: {e.Message}", e);
        }
    }

    /// <summary>Whether a policy is in the node's kernel, as it is now.</summary>
    public bool Has(PolicyState policy) =>
        ulong.TryParse(policy.Revision, NumberStyles.None, CultureInfo.InvariantCulture, out ulong revision) && Newest >= revision;
}
