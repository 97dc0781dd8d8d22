using System.Collections.Immutable;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Agent.Watching;

/// <summary>
/// The newest state of the cluster and what changed since somebody last took it. Written by informers, read by the reconciler;
/// safe for any number of threads.
/// </summary>
public sealed class ClusterFeed(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Action<PlanProblem> report = static _ => { };
    private ClusterState state = ClusterState.Empty;
    private HashSet<ObjectKey> touched = [];
    private List<DateTimeOffset> triggers = [];
    private bool nodesChanged;
    private string zone = "";
    private bool all;
    private long firstChange;

    /// <summary>A feed that reports what it cannot understand.</summary>
    public ClusterFeed(TimeProvider time, Action<PlanProblem> report)
        : this(time) => this.report = report;

    /// <summary>Raised after something changed, on the writer's thread.</summary>
    public event Action? Changed;

    /// <summary>The node whose zone decides about all Services.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>The state now.</summary>
    public ClusterState State
    {
        get
        {
            lock (gate)
            {
                return state;
            }
        }
    }

    /// <summary>A node came, changed or went.</summary>
    public void Apply(string name, NodeState? node)
    {
        lock (gate)
        {
            NodeState? before = state.Nodes.GetValueOrDefault(name);
            if (node is null ? before is null : before is not null && Same(before, node))
            {
                return; // heartbeats and conditions don't concern the network
            }

            state = node is null ? state.WithoutNode(name) : state.With(node);
            nodesChanged = true;
            if (name == NodeName && zone != (node?.Zone ?? ""))
            {
                zone = node?.Zone ?? "";
                all = true;
            }

            Stamp();
        }

        Changed?.Invoke();
    }

    /// <summary>A Service came, changed or went; null also for one that isn't ours to serve.</summary>
    public void Apply(ObjectKey key, ServiceState? service)
    {
        lock (gate)
        {
            if (service is null && !state.Services.ContainsKey(key))
            {
                return;
            }

            state = service is null ? state.WithoutService(key) : state.With(service);
            touched.Add(key);
            Stamp();
        }

        Changed?.Invoke();
    }

    /// <summary>An endpoint slice came, changed or went.</summary>
    public void Apply(EndpointSliceState? before, EndpointSliceState? after)
    {
        if (before is null && after is null)
        {
            return;
        }

        lock (gate)
        {
            if (before is not null && (after is null || after.Service != before.Service))
            {
                state = state.WithoutSlice(before.Service, before.Key);
                touched.Add(before.Service);
            }

            if (after is not null)
            {
                state = state.With(after);
                touched.Add(after.Service);
                if (after.TriggerTime is { } trigger)
                {
                    triggers.Add(trigger);
                }
            }

            Stamp();
        }

        Changed?.Invoke();
    }

    /// <summary>The ranges of cluster IPs changed.</summary>
    public void ApplyServiceCidrs(ImmutableArray<NetPrefix> cidrs)
    {
        lock (gate)
        {
            if (state.ServiceCidrs.SequenceEqual(cidrs))
            {
                return;
            }

            state = state.WithServiceCidrs(cidrs);
            nodesChanged = true;
            Stamp();
        }

        Changed?.Invoke();
    }

    /// <summary>Takes what changed; the next taker gets only what changes from now on.</summary>
    public FeedChange Take()
    {
        lock (gate)
        {
            FeedChange change = new(state, touched, all, nodesChanged, firstChange, triggers);
            touched = [];
            triggers = [];
            all = nodesChanged = false;
            firstChange = 0;
            return change;
        }
    }

    internal void Report(PlanProblem problem) => report(problem);

    private void Stamp() => firstChange = firstChange == 0 ? time.GetTimestamp() : firstChange;

    private static bool Same(NodeState a, NodeState b) =>
        a.Zone == b.Zone && a.Mode == b.Mode && a.Vtep == b.Vtep && a.Vtep6 == b.Vtep6 && a.Addresses.SequenceEqual(b.Addresses) && a.PodCidrs.SequenceEqual(b.PodCidrs);
}

/// <summary>What changed between two looks at a feed.</summary>
/// <param name="State">The state now.</param>
/// <param name="Touched">Services whose objects or endpoint slices changed.</param>
/// <param name="All">All Services must be planned again.</param>
/// <param name="NodesChanged">Nodes or ranges changed.</param>
/// <param name="FirstChange">When the oldest of these changes arrived (a timestamp of the clock), 0: nothing changed.</param>
/// <param name="Triggers">When, by their annotations, the changes of endpoints happened.</param>
public sealed record FeedChange(
    ClusterState State, IReadOnlyCollection<ObjectKey> Touched, bool All, bool NodesChanged, long FirstChange, IReadOnlyList<DateTimeOffset> Triggers)
{
    /// <summary>Nothing changed.</summary>
    public bool IsEmpty => Touched.Count == 0 && !All && !NodesChanged;

    /// <summary>This change and, after it, a later one.</summary>
    public FeedChange Then(FeedChange later) => new(
        later.State,
        Touched.Count == 0 ? later.Touched : [.. Touched.Union(later.Touched)],
        All || later.All,
        NodesChanged || later.NodesChanged,
        FirstChange != 0 ? FirstChange : later.FirstChange,
        [.. Triggers, .. later.Triggers]);
}
