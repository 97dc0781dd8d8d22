using Fairlead.Kubernetes;
using Fairlead.Lab.Fabric;

namespace Fairlead.Cli;

/// <summary>Waits for pods, by watching them.</summary>
internal static class PodsReady
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Returns when so many pods of a namespace are Ready.</summary>
    /// <exception cref="LabException">They aren't in time; the message says what each is waiting for.</exception>
    public static async Task WaitAsync(KubernetesClient client, string @namespace, int count, CancellationToken cancellationToken)
    {
        var pods = new Informer<Pod>(client, Pod.ResourceKind, new InformerOptions { Selection = new ListOptions { Namespace = @namespace } });
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pods.Changed += _ => CompleteWhenReady();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task running = pods.RunAsync(stop.Token);
        try
        {
            await pods.WaitForSyncAsync(cancellationToken).ConfigureAwait(false);
            CompleteWhenReady();
            await ready.Task.WaitAsync(s_patience, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new LabException($"the pods of namespace {@namespace} are not ready after {s_patience.TotalSeconds:F0} s: {string.Join("; ", pods.List().Select(Describe))}");
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        void CompleteWhenReady()
        {
            if (pods.List().Count(IsReady) >= count)
            {
                ready.TrySetResult();
            }
        }
    }

    private static bool IsReady(Pod pod) => pod.Status?.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" }) ?? false;

    private static string Describe(Pod pod)
    {
        ContainerStateWaiting? waiting = pod.Status?.ContainerStatuses.Select(container => container.State?.Waiting).FirstOrDefault(state => state is not null);
        return $"{pod.Metadata.Name} is {pod.Status?.Phase ?? "Pending"}{(pod.Spec.NodeName is null ? ", on no node" : $" on {pod.Spec.NodeName}")}{(waiting is null ? "" : $", {waiting.Reason}: {waiting.Message}")}";
    }
}
