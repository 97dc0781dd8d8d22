namespace Fairlead.Agent.Policies;

/// <summary>
/// Where nodes tell how far they are with policies: a policy is in force on a node whose Lease names a resourceVersion as high as the policy's own.
/// </summary>
public static class PolicyLease
{
    /// <summary>Where the Leases are.</summary>
    public const string Namespace = "kube-node-lease";

    /// <summary>What the Lease of a node is called, before the node's name.</summary>
    public const string Prefix = "fairlead-policies-";

    /// <summary>The annotation with the number.</summary>
    public const string Annotation = "fairlead.dev/policies-in-force";
}
