using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers.Running;

/// <summary>Says of pods what a kubelet would say, and runs nothing: images named "bad" never get ready, commands "exit N" end at once.</summary>
internal sealed class PretendedKubelet(KubernetesClient client, string node, int number)
{
    private readonly Informer<Pod> _pods = new(client, Pod.ResourceKind, new InformerOptions { Selection = new ListOptions { FieldSelector = $"spec.nodeName={node}" } });
    private readonly WorkQueue<ObjectKey> _queue = new(TimeProvider.System);
    private int _addresses = 1;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RegisterAsync(cancellationToken);
        _pods.Changed += change => _queue.Add(change.Key);
        await Task.WhenAll(_pods.RunAsync(cancellationToken), BeatAsync(cancellationToken), WorkAsync(cancellationToken));
    }

    private async Task RegisterAsync(CancellationToken cancellationToken)
    {
        Node registered;
        try
        {
            registered = await client.CreateAsync(new Node { Metadata = new ObjectMeta { Name = node, Labels = Make.Labels($"kubernetes.io/hostname={node}") } }, cancellationToken);
        }
        catch (KubernetesException e) when (e.IsAlreadyExists)
        {
            registered = await client.GetAsync<Node>(new ObjectKey("", node), cancellationToken);
        }

        Node ready = registered with
        {
            Status = registered.Status with
            {
                Allocatable = Make.Node(node).Status.Allocatable,
                Conditions = [new NodeCondition { Type = "Ready", Status = "True", Reason = "KubeletReady", LastHeartbeatTime = TimeProvider.System.GetUtcNow() }],
            },
        };
        JsonObject change = new() { ["status"] = System.Text.Json.JsonSerializer.SerializeToNode(ready, Node.ResourceKind.Item)!["status"]!.DeepClone() };
        await client.PatchAsync<Node>(ready.Metadata.Key, Patch.Merge(change), "status", cancellationToken);
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(300));
        do
        {
            JsonObject lease = new()
            {
                ["apiVersion"] = "coordination.k8s.io/v1",
                ["kind"] = "Lease",
                ["metadata"] = new JsonObject { ["name"] = node },
                ["spec"] = new JsonObject { ["holderIdentity"] = node, ["renewTime"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture) },
            };
            await client.PatchAsync<Lease>(new ObjectKey("kube-node-lease", node), Patch.Apply(lease, "kubelet"), null, cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ObjectKey key = await _queue.TakeAsync(cancellationToken);
            try
            {
                if (_pods.Get(key) is { } pod)
                {
                    await TendAsync(pod, cancellationToken);
                }
            }
            catch (KubernetesException)
            {
                _queue.Retry(key);
            }
            finally
            {
                _queue.Done(key);
            }
        }
    }

    private async Task TendAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (pod.Metadata.IsDeleting)
        {
            if (pod.Metadata.Finalizers.Count == 0)
            {
                await client.DeleteAsync<Pod>(pod.Metadata.Key, new DeleteOptions { GracePeriodSeconds = 0 }, cancellationToken);
            }
            else
            {
                await client.UpdateAsync(pod, pod with { Status = pod.Status with { Phase = "Failed" } }, "status", cancellationToken);
            }

            return;
        }

        if (PodEnded(pod))
        {
            return;
        }

        Container container = pod.Spec.Containers[0];
        bool ready = container.Image != "bad" && container.Command is not ["exit", ..];
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string address = pod.Status.PodIP ?? $"10.200.{number}.{Interlocked.Increment(ref _addresses)}";
        PodStatus running = pod.Status with
        {
            Phase = "Running",
            PodIP = address,
            PodIPs = [new PodIP { IP = address }],
            Conditions = [.. pod.Status.Conditions.Where(condition => condition.Type != "Ready"), new PodCondition { Type = "Ready", Status = ready ? "True" : "False", LastTransitionTime = pod.Status.PodIP is null ? now : pod.Status.Conditions.First(condition => condition.Type == "Ready").LastTransitionTime }],
        };
        if (container.Command is ["exit", var code])
        {
            int exit = int.Parse(code, CultureInfo.InvariantCulture);
            running = running with
            {
                Phase = exit == 0 ? "Succeeded" : "Failed",
                ContainerStatuses = [new ContainerStatus { Name = container.Name, State = new ContainerState { Terminated = new ContainerStateTerminated { ExitCode = exit, FinishedAt = now } } }],
            };
        }

        await client.UpdateAsync(pod, pod with { Status = running }, "status", cancellationToken);
    }

    private static bool PodEnded(Pod pod) => pod.Status.Phase is "Succeeded" or "Failed";
}
