using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Logs;
using Fairlead.Lab.Kubelet.Pods;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Fairlead.Lab.Kubelet.Server;

/// <summary>
/// The kubelet API: what the API server passes on when somebody asks for a pod's log, runs a command in it, or forwards a port. HTTP/1.1 over TLS,
/// because upgrades to WebSocket and SPDY exist only there.
/// </summary>
internal sealed class KubeletServer(NodeServices node, PodManager pods)
{
    private readonly StreamRequests _streams = new(node, pods);
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the port answers: a node that calls itself ready before would refuse the first exec.</summary>
    public Task Listening => _listening.Task;

    /// <summary>Serves until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var options = node.Options;
        // Without the second setting the whole tree below the content root is watched for a configuration file; the root itself would be the whole machine.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        var authority = options.KubeletClientAuthority is { } file ? X509CertificateLoader.LoadCertificateFromFile(file) : null;
        var serving = options.KubeletServingCertificate is { } pair ? X509Certificate2.CreateFromPemFile(pair.Certificate, pair.Key) : KubeletCertificates.SelfSigned(options);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.ListenAnyIP(options.KubeletPort, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = serving;
                    https.ClientCertificateMode = authority is null ? ClientCertificateMode.NoCertificate : ClientCertificateMode.AllowCertificate;
                    https.ClientCertificateValidation = (certificate, _, _) => authority is not null && KubeletCertificates.IsIssuedBy(certificate, authority);
                });
            });
        });
        var app = builder.Build();
        await using var disposing = app.ConfigureAwait(false);
        app.Run(http => AnswerAsync(http, authority is not null, cancellationToken));
        await app.StartAsync(cancellationToken).ConfigureAwait(false);
        _listening.TrySetResult();
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, node.Clock, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(1));
            await app.StopAsync(limit.Token).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(HttpContext http, bool authenticates, CancellationToken stopping)
    {
        var segments = (http.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            if (authenticates && segments is not ["healthz"] && !KubeletCertificates.IsAllowed(http.Connection.ClientCertificate))
            {
                await Refusal.WriteAsync(http, http.Connection.ClientCertificate is null ? 401 : 403, http.Connection.ClientCertificate is null ? "Unauthorized" : "Forbidden").ConfigureAwait(false);
                return;
            }

            await (segments switch
            {
                ["healthz", ..] or ["livez"] or ["readyz"] => TextAsync(http, "ok"),
                ["pods"] => PodsAsync(http),
                ["containerLogs", var ns, var pod, var container] => LogsAsync(http, ns, pod, container, stopping),
                ["exec", var ns, var pod, var container] => _streams.ExecAsync(http, ns, pod, container),
                ["exec", var ns, var pod, _, var container] => _streams.ExecAsync(http, ns, pod, container),
                ["attach", var ns, var pod, var container] => _streams.AttachAsync(http, ns, pod, container),
                ["attach", var ns, var pod, _, var container] => _streams.AttachAsync(http, ns, pod, container),
                ["portForward", var ns, var pod, ..] => _streams.PortForwardAsync(http, ns, pod, stopping),
                ["stats", "summary"] => StatsAsync(http),
                _ => Refusal.WriteAsync(http, 404, "404 page not found"),
            }).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException && (http.RequestAborted.IsCancellationRequested || stopping.IsCancellationRequested || http.Response.HasStarted))
        {
            // The client has left, or the node stops.
        }
#pragma warning disable CA1031 // One request must not take the node down; it says so loudly.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            node.Logger.RequestFailed(failure, http.Request.Method, http.Request.Path);
            if (!http.Response.HasStarted)
            {
                await Refusal.WriteAsync(http, 500, failure.Message).ConfigureAwait(false);
            }
        }
    }

    private static Task TextAsync(HttpContext http, string text)
    {
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(text);
    }

    private Task PodsAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        var items = pods.Workers.Select(static worker => JsonSerializer.Serialize(worker.Status is { } status ? worker.Pod with { Status = status } : worker.Pod, KubernetesJson.TypeInfo<Pod>()));
        return http.Response.WriteAsync($"{{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{{}},\"items\":[{string.Join(',', items)}]}}");
    }

    private Task StatsAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync($"{{\"node\":{{\"nodeName\":\"{node.Options.NodeName}\"}},\"pods\":[{string.Join(',', pods.Workers.Select(static w =>
            $"{{\"podRef\":{{\"name\":\"{w.Pod.Metadata.Name}\",\"namespace\":\"{w.Pod.Metadata.Namespace}\",\"uid\":\"{w.Pod.Metadata.Uid}\"}}}}"))}]}}");
    }

    private async Task LogsAsync(HttpContext http, string podNamespace, string podName, string containerName, CancellationToken stopping)
    {
        var query = LogQuery.Parse(http.Request.Query, node.Clock.GetUtcNow());
        if (pods.Find(podNamespace, podName) is not { } worker)
        {
            await Refusal.WriteAsync(http, 404, $"pod \"{podName}\" does not exist").ConfigureAwait(false);
            return;
        }

        if (worker.Container(containerName) is not { } supervisor)
        {
            await Refusal.WriteAsync(http, 404, $"container {containerName} not found in pod {podName}_{podNamespace}").ConfigureAwait(false);
            return;
        }

        var waiting = worker.Status?.ContainerStatuses.Concat(worker.Status.InitContainerStatuses).FirstOrDefault(s => s.Name == containerName)?.State?.Waiting;
        var record = !query.Previous || (waiting is not null && supervisor.Latest is { HasEnded: true }) ? supervisor.Latest : supervisor.Previous;
        if (record is null)
        {
            await Refusal.WriteAsync(http, 400, query.Previous
                ? $"previous terminated container \"{containerName}\" in pod \"{podName}\" not found"
                : $"container \"{containerName}\" in pod \"{podName}\" is waiting to start: {waiting?.Reason ?? "ContainerCreating"}").ConfigureAwait(false);
            return;
        }

        http.Response.ContentType = "text/plain";
        await http.Response.StartAsync(http.RequestAborted).ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        var path = node.Paths.Pod(worker.Pod.Metadata.Uid).Container(record.Name, record.Attempt).Log;
        if (File.Exists(path))
        {
            await ContainerLog.CopyAsync(path, query, http.Response.Body, () => supervisor.Latest is { IsRunning: true } now && now.Id == record.Id, node.Clock, either.Token).ConfigureAwait(false);
        }
    }
}
