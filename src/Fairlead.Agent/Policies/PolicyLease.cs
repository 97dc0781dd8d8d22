namespace Fairlead.Agent.Policies;

/// <summary>
/// Where nodes tell how far they are with policies: a policy is in force on a node whose Lease names a resourceVersion as high as the policy's own, and all are, and none
/// besides, where the digest is that of the API's policies.
/// </summary>
public static class PolicyLease
{
    /// <summary>Where the Leases are.</summary>
    public const string Namespace = "kube-node-lease";

    /// <summary>What the Lease of a node is called, before the node's name.</summary>
    public const string Prefix = "fairlead-policies-";

    /// <summary>The annotation with the number.</summary>
    public const string Annotation = "fairlead.dev/policies-in-force";

    /// <summary>The annotation with the digest (<see cref="Network.PolicyDigest"/>).</summary>
    public const string DigestAnnotation = "fairlead.dev/policies-digest";
}
