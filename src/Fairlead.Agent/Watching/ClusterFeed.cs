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
    private readonly PodClaims claims = new();
    private HashSet<ObjectKey> touchedPods = [];
    private HashSet<string> touchedNamespaces = [];
    private HashSet<ObjectKey> touchedPolicies = [];
    private NodeChanges nodes = NodeChanges.None;
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
            nodes = nodes.Union(NodeChanges.Of(name));
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

    /// <summary>A pod came, changed or went; null also for one that policies don't concern.</summary>
    public void Apply(ObjectKey key, PodState? pod)
    {
        lock (gate)
        {
            if (!Put(key, claims.Told(key, pod)))
            {
                return;
            }
        }

        Changed?.Invoke();
    }

    /// <summary>A pod of this node got addresses, which its object doesn't tell of yet.</summary>
    /// <param name="key">The pod.</param>
    /// <param name="sandbox">Its sandbox: a later one of the same pod has the same addresses or others.</param>
    /// <param name="addresses">The addresses.</param>
    public void Claim(ObjectKey key, string sandbox, ImmutableArray<NetAddress> addresses)
    {
        lock (gate)
        {
            Put(key, claims.Claim(key, sandbox, addresses, NodeName));
        }

        Changed?.Invoke();
    }

    /// <summary>A sandbox lost its addresses.</summary>
    public void Release(ObjectKey key, string sandbox)
    {
        lock (gate)
        {
            Put(key, claims.Release(key, sandbox));
        }

        Changed?.Invoke();
    }

    /// <summary>A namespace came, changed (its labels) or went (null).</summary>
    public void ApplyNamespace(string name, IReadOnlyDictionary<string, string>? labels)
    {
        lock (gate)
        {
            IReadOnlyDictionary<string, string>? before = state.Namespaces.GetValueOrDefault(name);
            if (labels is null ? before is null : before is not null && before.Count == labels.Count && labels.All(l => before.TryGetValue(l.Key, out string? value) && value == l.Value))
            {
                return;
            }

            state = state.WithNamespace(name, labels);
            touchedNamespaces.Add(name);
            Stamp();
        }

        Changed?.Invoke();
    }

    /// <summary>A policy came, changed or went.</summary>
    public void Apply(ObjectKey key, PolicyState? policy)
    {
        lock (gate)
        {
            if (policy is null && !state.Policies.ContainsKey(key))
            {
                return;
            }

            state = policy is null ? state.WithoutPolicy(key) : state.With(policy);
            touchedPolicies.Add(key);
            Stamp();
        }

        Changed?.Invoke();
    }

    private bool Put(ObjectKey key, PodState? pod)
    {
        PodState? before = state.Pods.GetValueOrDefault(key);
        if (pod is null ? before is null : before is not null && before.IsSame(pod))
        {
            return false; // most of what a pod's object tells doesn't concern the network
        }

        state = pod is null ? state.WithoutPod(key) : state.With(pod);
        touchedPods.Add(key);
        Stamp();
        return true;
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
            nodes = NodeChanges.All;
            Stamp();
        }

        Changed?.Invoke();
    }

    /// <summary>What the cluster says of masquerade changed; null: it says nothing any more.</summary>
    public void Apply(MasqueradeExceptions? exceptions)
    {
        lock (gate)
        {
            if (state.Masquerade == exceptions)
            {
                return;
            }

            state = state.With(exceptions);
            nodes = NodeChanges.All;
            Stamp();
        }

        Changed?.Invoke();
    }

    /// <summary>Whether pods, namespaces, policies or nodes changed since the last taking: a pod that starts, or what is sent to a node, may be waiting for this.</summary>
    public bool HasUrgentChanges
    {
        get
        {
            lock (gate)
            {
                return touchedPods.Count + touchedNamespaces.Count + touchedPolicies.Count > 0 || !nodes.IsEmpty;
            }
        }
    }

    /// <summary>Takes what changed; the next taker gets only what changes from now on.</summary>
    public FeedChange Take()
    {
        lock (gate)
        {
            PolicyChanges policies = touchedPods.Count + touchedNamespaces.Count + touchedPolicies.Count == 0
                ? PolicyChanges.None
                : new([.. touchedPods], [.. touchedNamespaces], [.. touchedPolicies]);
            FeedChange change = new(state, touched, all, nodes, firstChange, triggers, policies);
            (touchedPods, touchedNamespaces, touchedPolicies) = ([], [], []);
            touched = [];
            triggers = [];
            all = false;
            nodes = NodeChanges.None;
            firstChange = 0;
            return change;
        }
    }

    internal void Report(PlanProblem problem) => report(problem);

    private void Stamp() => firstChange = firstChange == 0 ? time.GetTimestamp() : firstChange;

    private static bool Same(NodeState a, NodeState b) =>
        a.Zone == b.Zone && a.Mode == b.Mode && a.Vtep == b.Vtep && a.Vtep6 == b.Vtep6 && a.Addresses.SequenceEqual(b.Addresses) && a.PodCidrs.SequenceEqual(b.PodCidrs)
        && a.Labels.Count == b.Labels.Count && a.Labels.All(l => b.Labels.TryGetValue(l.Key, out string? value) && value == l.Value);
}

/// <summary>What changed between two looks at a feed.</summary>
/// <param name="State">The state now.</param>
/// <param name="Touched">Services whose objects or endpoint slices changed.</param>
/// <param name="All">All Services must be planned again.</param>
/// <param name="Nodes">Nodes that changed; all, where ranges did.</param>
/// <param name="FirstChange">When the oldest of these changes arrived (a timestamp of the clock), 0: nothing changed.</param>
/// <param name="Triggers">When, by their annotations, the changes of endpoints happened.</param>
/// <param name="Policies">What policies are planned from and changed.</param>
public sealed record FeedChange(
    ClusterState State, IReadOnlyCollection<ObjectKey> Touched, bool All, NodeChanges Nodes, long FirstChange, IReadOnlyList<DateTimeOffset> Triggers,
    PolicyChanges Policies)
{
    /// <summary>Nothing changed.</summary>
    public bool IsEmpty => Touched.Count == 0 && !All && Nodes.IsEmpty && Policies.IsEmpty;

    /// <summary>This change and, after it, a later one.</summary>
    public FeedChange Then(FeedChange later) => new(
        later.State,
        Touched.Count == 0 ? later.Touched : [.. Touched.Union(later.Touched)],
        All || later.All,
        Nodes.Union(later.Nodes),
        FirstChange != 0 ? FirstChange : later.FirstChange,
        [.. Triggers, .. later.Triggers],
        Policies.Union(later.Policies));
}
