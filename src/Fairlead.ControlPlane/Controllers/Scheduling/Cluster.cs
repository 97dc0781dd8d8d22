namespace Fairlead.ControlPlane.Controllers.Scheduling;

/// <summary>All that a placement depends on.</summary>
/// <param name="Nodes">The nodes with their pods.</param>
/// <param name="NamespaceLabels">The labels of a namespace, by its name.</param>
internal sealed record Cluster(IReadOnlyList<NodeState> Nodes, Func<string, IReadOnlyDictionary<string, string>> NamespaceLabels);

/// <summary>Where a pod goes, or why it goes nowhere.</summary>
/// <param name="Node">The node's name, or null.</param>
/// <param name="Message">Why there is none, in the words of kube-scheduler.</param>
internal readonly record struct Placement(string? Node, string? Message);
