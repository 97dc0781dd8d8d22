using Fairlead.Agent.Telemetry;
using Fairlead.Kernel;
using Fairlead.Kernel.Conntrack;
using Fairlead.Network;
using Microsoft.Extensions.Logging;
using Transport = Fairlead.Network.TransportProtocol;

namespace Fairlead.Agent.Policies;

/// <summary>Which established connections end when a new policy forbids them.</summary>
public enum CutConnections
{
    /// <summary>None: they go on until they end by themselves.</summary>
    None,

    /// <summary>Those that a ClusterNetworkPolicy's rule denies.</summary>
    Denied,

    /// <summary>Also those that NetworkPolicies don't allow any more.</summary>
    All,
}

/// <summary>
/// Connections that were allowed when they began are not asked about again; when policies change, this looks through them and lets conntrack forget those
/// that are forbidden now, so that their next packet is asked about like a first one.
/// </summary>
internal sealed class ConnectionCutter(CutConnections which, AgentMetrics metrics, ILogger logger) : IDisposable
{
    private readonly ConntrackNetlink connections = ConntrackNetlink.Open();
    private readonly AutoResetEvent wake = new(false);
    private (PolicyPlan Plan, ClusterState State)? pending;
    private PolicyPlan handled = PolicyPlan.Empty;

    /// <summary>A plan is in the kernel; returns at once.</summary>
    public void Notice(NodePlan plan, ClusterState? state)
    {
        if (which != CutConnections.None && state is not null && !ReferenceEquals(plan.Policies, handled))
        {
            bool changed = plan.Policies.Changed is not { Pods.IsEmpty: true, Chains.IsEmpty: true };
            handled = plan.Policies;
            if (changed && plan.Policies.ChainCount > 0 && (which == CutConnections.All || plan.Policies.Policies.Values.Any(Denies)))
            {
                lock (wake)
                {
                    pending = (plan.Policies, state);
                }

                wake.Set();
            }
        }
    }

    /// <summary>Works until cancelled, on the calling thread.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        WaitHandle[] handles = [wake, cancellationToken.WaitHandle];
        while (WaitHandle.WaitAny(handles) == 0)
        {
            (PolicyPlan Plan, ClusterState State)? work;
            lock (wake)
            {
                (work, pending) = (pending, null);
            }

            if (work is { } now)
            {
                try
                {
                    Cut(now.Plan, now.State);
                }
                catch (KernelException e)
                {
                    Log.FlowsFailed(logger, e.Message);
                }
            }
        }
    }

    private void Cut(PolicyPlan plan, ClusterState state)
    {
        PolicyExplainer explainer = new(state);
        int cut = 0;
        foreach (ConntrackEntry flow in connections.List())
        {
            // Whom it reaches is who answers: the destination after translation.
            NetAddress source = NetAddress.From(flow.Original.Source), destination = NetAddress.From(flow.Reply.Source);
            if (IsHere(source) || IsHere(destination))
            {
                Transport? protocol = (byte)flow.Original.Protocol is var number && Enum.IsDefined((Transport)number) ? (Transport)number : null;
                bool forbidden = explainer.Explain(source, destination, protocol, flow.Reply.SourcePort).Any(v => !v.IsAllowed
                    && IsHere(v.IsIngress ? destination : source) && (which == CutConnections.All || v.Policy is { Tier: not PolicyTier.Network }));
                if (forbidden && connections.Delete(flow))
                {
                    cut++;
                }
            }
        }

        if (cut > 0)
        {
            metrics.ConnectionsCut(cut);
            Log.ConnectionsCut(logger, cut);
        }

        bool IsHere(NetAddress address) => plan.IsLocal(explainer.PodAt(address));
    }

    private static bool Denies(PolicyState policy) => policy.Ingress.Concat(policy.Egress).Any(r => r.Action == RuleAction.Deny);

    public void Dispose()
    {
        connections.Dispose();
        wake.Dispose();
    }
}
