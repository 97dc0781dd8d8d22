using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.GarbageCollection;

/// <summary>One object as the garbage collector sees it.</summary>
/// <param name="Resource">Where it lives in the API.</param>
/// <param name="Item">Its metadata.</param>
internal sealed record GraphNode(ResourceDefinition Resource, PartialObject Item)
{
    public const string ForegroundFinalizer = "foregroundDeletion";
    public const string OrphanFinalizer = "orphan";

    public string Uid => Item.Metadata.Uid;

    public IReadOnlyList<OwnerReference> Owners => Item.Metadata.OwnerReferences;

    /// <summary>Goes only after those that it owns.</summary>
    public bool WaitsForDependents => Item.Metadata.IsDeleting && Item.Metadata.Finalizers.Contains(ForegroundFinalizer);

    /// <summary>Goes after those that it owns have been let go.</summary>
    public bool OrphansDependents => Item.Metadata.IsDeleting && Item.Metadata.Finalizers.Contains(OrphanFinalizer);
}

/// <summary>All objects by UID, and who depends on whom. Safe for any number of threads.</summary>
internal sealed class OwnershipGraph
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, GraphNode> _nodes = [];
    private readonly Dictionary<string, HashSet<string>> _dependents = [];

    public GraphNode? Get(string uid)
    {
        lock (_gate)
        {
            return _nodes.GetValueOrDefault(uid);
        }
    }

    public IReadOnlyList<GraphNode> Dependents(string uid)
    {
        lock (_gate)
        {
            return _dependents.TryGetValue(uid, out HashSet<string>? dependents) ? [.. dependents.Select(dependent => _nodes[dependent])] : [];
        }
    }

    /// <summary>Takes a change.</summary>
    /// <returns>The UIDs that have to be looked at because of it.</returns>
    public IReadOnlyList<string> Apply(ResourceDefinition resource, InformerChange<PartialObject> change)
    {
        lock (_gate)
        {
            return change.New is { } item ? Put(new GraphNode(resource, item)) : Remove(change.Latest.Metadata.Uid);
        }
    }

    private List<string> Put(GraphNode node)
    {
        GraphNode? old = _nodes.GetValueOrDefault(node.Uid);
        if (old is not null)
        {
            Unlink(old);
        }

        _nodes[node.Uid] = node;
        foreach (OwnerReference owner in node.Owners)
        {
            if (!_dependents.TryGetValue(owner.Uid, out HashSet<string>? dependents))
            {
                _dependents.Add(owner.Uid, dependents = []);
            }

            dependents.Add(node.Uid);
        }

        List<string> affected = [];
        bool leaves = node.WaitsForDependents || node.OrphansDependents;
        if (leaves || (node.Owners.Count > 0 && !node.Item.Metadata.IsDeleting && (old is null || !old.Owners.SequenceEqual(node.Owners))))
        {
            affected.Add(node.Uid);
        }

        if (old is not null)
        {
            // An owner that waits for this one may be free when a reference is gone.
            affected.AddRange(old.Owners.Where(owner => !node.Owners.Contains(owner)).Select(owner => owner.Uid));
        }

        if (node.WaitsForDependents && old?.WaitsForDependents != true && _dependents.TryGetValue(node.Uid, out HashSet<string>? waiting))
        {
            affected.AddRange(waiting);
        }

        return affected;
    }

    private List<string> Remove(string uid)
    {
        if (!_nodes.Remove(uid, out GraphNode? node))
        {
            return [];
        }

        Unlink(node);
        List<string> affected = [.. node.Owners.Select(owner => owner.Uid)];
        if (_dependents.TryGetValue(uid, out HashSet<string>? dependents))
        {
            affected.AddRange(dependents);
        }

        return affected;
    }

    private void Unlink(GraphNode node)
    {
        foreach (OwnerReference owner in node.Owners)
        {
            if (_dependents.TryGetValue(owner.Uid, out HashSet<string>? dependents) && dependents.Remove(node.Uid) && dependents.Count == 0)
            {
                _dependents.Remove(owner.Uid);
            }
        }
    }
}
