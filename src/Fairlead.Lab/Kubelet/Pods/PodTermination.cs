using System.Threading.Channels;
using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>
/// The end of a pod that is being deleted: its containers, then its object. Whoever asks again with a shorter grace period, or by force, gets it;
/// nobody gets a longer one.
/// </summary>
internal sealed class PodTermination(TimeProvider clock)
{
    /// <summary>Stops containers, sidecars last and from the last to the first, within the grace period that applies at any moment.</summary>
    /// <param name="containers">The pod's containers.</param>
    /// <param name="setting">Where they run.</param>
    /// <param name="grace">The grace period as the pod says it now.</param>
    /// <param name="changes">Has something to read when the pod has changed.</param>
    /// <param name="cancellationToken">Leaves everything as it is.</param>
    public async Task StopAsync(ContainerSupervisor[] containers, PodSetting setting, Func<TimeSpan> grace, ChannelReader<bool> changes, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = new(grace(), clock);
        using var follow = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var following = FollowAsync(over, grace, changes, follow.Token);
        try
        {
            // What is being started just now is let finish, so that it can be stopped; a postStart hook is not waited for.
            while (containers.Any(static c => c.Starting && c.Latest is not { IsRunning: true }))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), clock, cancellationToken).ConfigureAwait(false);
            }

            await Task.WhenAll(containers.Where(static c => !c.Container.IsSidecar).Select(c => c.StopAsync(setting, over.Token))).ConfigureAwait(false);
            foreach (var sidecar in containers.Where(static c => c.Container.IsSidecar).Reverse())
            {
                await sidecar.StopAsync(setting, over.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await follow.CancelAsync().ConfigureAwait(false);
            await following.ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(CancellationTokenSource over, Func<TimeSpan> grace, ChannelReader<bool> changes, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var given = grace();
        try
        {
            while (await changes.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                _ = changes.TryRead(out _);
                var now = grace();
                if (now < given)
                {
                    given = now;
                    var left = now - clock.GetElapsedTime(began);
                    over.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Everything has stopped.
        }
    }

    /// <summary>Tells the API that nothing of the pod is left, again until it has heard; a pod that is gone from there, or has a successor, is fine.</summary>
    public async Task DeleteFromApiAsync(NodeServices node, Pod pod, Func<bool> isGone, CancellationToken cancellationToken)
    {
        while (!isGone())
        {
            try
            {
                await node.Client.DeleteAsync<Pod>(pod.Metadata.Key, new DeleteOptions { GracePeriodSeconds = 0, Preconditions = new Preconditions { Uid = pod.Metadata.Uid } }, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (KubernetesException gone) when (gone.IsNotFound || gone.IsConflict)
            {
                return;
            }
            catch (Exception failure) when (failure is KubernetesException or HttpRequestException or IOException or TimeoutException)
            {
                node.Logger.PodStepFailed(pod.Metadata.Namespace, pod.Metadata.Name, "delete from the API", failure.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
