using System.Collections.Immutable;
using Fairlead.Agent.Local;
using Fairlead.Agent.Reconciling;
using Fairlead.Agent.Watching;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Agent.Policies;

/// <summary>
/// Where the CNI plugin <c>fairlead</c> waits before it lets a pod begin: until the pod's policies are in this node's kernel, for the addresses that the
/// pod was just given. The agent learns those addresses here, long before the pod's object tells of them.
/// </summary>
internal sealed class PolicyGate
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly KubernetesClient client;
    private readonly ClusterFeed feed;
    private readonly Reconciler reconciler;
    private TaskCompletionSource committed = NewSource();

    public PolicyGate(KubernetesClient client, ClusterFeed feed, Reconciler reconciler)
    {
        (this.client, this.feed, this.reconciler) = (client, feed, reconciler);
        reconciler.PlanCommitted += _ => Interlocked.Exchange(ref committed, NewSource()).TrySetResult();
    }

    public void AddTo(LocalRoutes routes) => routes
        .Stream("/policy/admit", "text/plain; charset=utf-8", AdmitAsync)
        .Text("/policy/release", Release);

    private async Task AdmitAsync(LocalRequest request)
    {
        (ObjectKey key, string sandbox) = Pod(request);
        ImmutableArray<NetAddress> addresses = Addresses(request);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted);
        patience.CancelAfter(s_patience);
        feed.Claim(key, sandbox, addresses);
        try
        {
            while (true)
            {
                Task next = Volatile.Read(ref committed).Task;
                if (IsEnforced(key, addresses))
                {
                    await request.WriteLineAsync($"enforced at revision {reconciler.Committed.Revision}").ConfigureAwait(false);
                    return;
                }

                await FetchAsync(key, patience.Token).ConfigureAwait(false);
                await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(500), patience.Token)).ConfigureAwait(false);
                patience.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (!request.Aborted.IsCancellationRequested)
        {
            throw new ArgumentException(feed.State.Pods.ContainsKey(key)
                ? $"the policies of pod {key} are not in the kernel after {s_patience.TotalSeconds:F0} s: see the agent's log"
                : $"pod {key} is not in the API, so that nobody can say which policies it is under");
        }
    }

    private string Release(LocalRequest request)
    {
        (ObjectKey key, string sandbox) = Pod(request);
        feed.Release(key, sandbox);
        return "released";
    }

    /// <summary>Without policies nobody waits: the first plan that has some knows the pod's address by then, or keeps it out.</summary>
    private bool IsEnforced(ObjectKey key, ImmutableArray<NetAddress> addresses) =>
        (reconciler.HandledState is { Policies.IsEmpty: true } && feed.State.Policies.IsEmpty)
        || (reconciler.HandledState?.Pods.GetValueOrDefault(key) is { } pod && addresses.All(a => pod.Addresses.Contains(a))
        && reconciler.HandledState.Namespaces.ContainsKey(key.Namespace));

    /// <summary>What the watch doesn't tell yet is asked for.</summary>
    private async Task FetchAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        try
        {
            if (!feed.State.Namespaces.ContainsKey(key.Namespace)
                && await client.FindAsync<Namespace>(new("", key.Namespace), cancellationToken).ConfigureAwait(false) is { } ns)
            {
                feed.ApplyNamespace(key.Namespace, ns.Metadata.Labels);
            }

            if (!feed.State.Pods.ContainsKey(key) && await client.FindAsync<NetworkPod>(key, cancellationToken).ConfigureAwait(false) is { } pod)
            {
                feed.Apply(key, PolicyReader.Read(pod, static _ => { }));
            }
        }
        catch (Exception e) when (e is KubernetesException or HttpRequestException or IOException or TimeoutException)
        {
            // The watch may still bring it; who waits is told when patience ends.
        }
    }

    private static (ObjectKey Key, string Sandbox) Pod(LocalRequest request) => (
        new(Required(request, "namespace"), Required(request, "pod")), Required(request, "sandbox"));

    private static ImmutableArray<NetAddress> Addresses(LocalRequest request)
    {
        ImmutableArray<NetAddress>.Builder addresses = ImmutableArray.CreateBuilder<NetAddress>();
        foreach (string text in Required(request, "addresses").Split(','))
        {
            addresses.Add(NetAddress.TryParse(text, out NetAddress address) ? address : throw new ArgumentException($"\"{text}\" is not an address"));
        }

        return addresses.ToImmutable();
    }

    private static string Required(LocalRequest request, string parameter) =>
        request.Find(parameter) is { Length: > 0 } value ? value : throw new ArgumentException($"the parameter {parameter} is missing");

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
