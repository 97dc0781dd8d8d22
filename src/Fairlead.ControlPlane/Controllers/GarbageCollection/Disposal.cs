using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.GarbageCollection;

/// <summary>What an owner is to an object that depends on it.</summary>
internal enum OwnerState
{
    /// <summary>It exists and stays.</summary>
    Solid,

    /// <summary>It does not exist any more.</summary>
    Absent,

    /// <summary>It goes as soon as its dependents are gone.</summary>
    Waiting,
}

/// <summary>What is to be done with an object that has owners.</summary>
internal enum DisposalAction
{
    /// <summary>Nothing: its owners exist.</summary>
    Keep,

    /// <summary>It keeps some owners and loses the references to the others.</summary>
    DropReferences,

    /// <summary>It is deleted.</summary>
    Delete,
}

/// <summary>The decision about one object.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Remaining">The references that stay.</param>
/// <param name="Propagation">How to delete it.</param>
internal sealed record Disposal(DisposalAction Action, IReadOnlyList<OwnerReference> Remaining, string Propagation)
{
    /// <param name="node">The object.</param>
    /// <param name="states">The state of each of its owners, in their order.</param>
    /// <param name="hasDependents">Whether others depend on it.</param>
    public static Disposal Decide(GraphNode node, IReadOnlyList<OwnerState> states, bool hasDependents)
    {
        OwnerReference[] solid = [.. node.Owners.Where((_, i) => states[i] == OwnerState.Solid)];
        if (solid.Length == node.Owners.Count)
        {
            return new Disposal(DisposalAction.Keep, node.Owners, "Background");
        }

        if (solid.Length > 0)
        {
            return new Disposal(DisposalAction.DropReferences, solid, "Background");
        }

        // An owner that waits wants the whole tree gone before itself.
        bool foreground = (states.Contains(OwnerState.Waiting) && hasDependents) || node.Item.Metadata.Finalizers.Contains(GraphNode.ForegroundFinalizer);
        string propagation = node.Item.Metadata.Finalizers.Contains(GraphNode.OrphanFinalizer) ? "Orphan" : foreground ? "Foreground" : "Background";
        return new Disposal(DisposalAction.Delete, [], propagation);
    }
}
