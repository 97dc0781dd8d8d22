using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>Brings one pod's status to the API: the newest one only, one request at a time, again until it is there. Nobody waits for it but who asks to.</summary>
internal sealed class PodStatusReporter(KubernetesClient client, ObjectKey key, string uid, TimeProvider clock, ILogger logger)
{
    private static readonly string[] Removable = ["reason", "message", "podIP", "podIPs"];

    private readonly Lock _gate = new();
    private string? _sent;
    private JsonObject? _wanted;
    private Task _sending = Task.CompletedTask;

    /// <summary>Whether somebody will look for what is wanted; a task that has looked for the last time isn't completed yet.</summary>
    private bool _looks;
    private bool _gone;

    /// <summary>Wants this status in the API; returns at once.</summary>
    public void Report(PodStatus status)
    {
        var json = (JsonObject)JsonSerializer.SerializeToNode(status, KubernetesJson.TypeInfo<PodStatus>())!;
        foreach (var name in Removable)
        {
            // In a merge patch a field that is not mentioned stays as it was (RFC 7386).
            json.TryAdd(name, null);
        }

        lock (_gate)
        {
            _wanted = json;
            if (!_looks && !_gone)
            {
                _looks = true;
                _sending = Task.Run(SendAsync);
            }
        }
    }

    /// <summary>Completes when the newest status is in the API, or the pod is gone from there.</summary>
    public Task FlushAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _sending.WaitAsync(cancellationToken);
        }
    }

    private async Task SendAsync()
    {
        var delay = TimeSpan.FromMilliseconds(100);
        while (true)
        {
            JsonObject wanted;
            string text;
            lock (_gate)
            {
                if (_wanted is null)
                {
                    _looks = false;
                    return;
                }

                (wanted, _wanted) = (_wanted, null);
                text = wanted.ToJsonString();
                if (text == _sent)
                {
                    continue;
                }
            }

            try
            {
                // The uid keeps a status from landing on a successor of the same name.
                JsonObject change = new() { ["metadata"] = new JsonObject { ["uid"] = uid }, ["status"] = wanted };
                _ = await client.PatchAsync<Pod>(key, Patch.Merge(change), "status").ConfigureAwait(false);
                _sent = text;
                delay = TimeSpan.FromMilliseconds(100);
            }
            catch (KubernetesException refused) when (refused.IsNotFound || refused.IsConflict)
            {
                lock (_gate)
                {
                    (_gone, _wanted, _looks) = (true, null, false);
                }

                return;
            }
            catch (Exception failure) when (failure is KubernetesException or HttpRequestException or IOException or TimeoutException)
            {
                logger.PodStepFailed(key.Namespace, key.Name, "report status", failure.Message);
                lock (_gate)
                {
                    _wanted ??= wanted;
                }

                await Task.Delay(delay, clock).ConfigureAwait(false);
                delay = delay < TimeSpan.FromSeconds(5) ? delay * 2 : delay;
            }
        }
    }
}
