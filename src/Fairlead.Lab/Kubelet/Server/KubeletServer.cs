using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Containers;
using Fairlead.Lab.Kubelet.Logs;
using Fairlead.Lab.Kubelet.Pods;
using Fairlead.Lab.Kubelet.Server.Remote;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
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
    private static readonly string[] CommandProtocols = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

    private readonly RemoteCommand _commands = new(node.Paths, node.Runtime);

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
        var serving = options.KubeletServingCertificate is { } pair ? X509Certificate2.CreateFromPemFile(pair.Certificate, pair.Key) : SelfSigned(options);
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
                    https.ClientCertificateValidation = (certificate, _, _) => authority is not null && IsIssuedBy(certificate, authority);
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

    /// <summary>Who may use everything here: whoever the lab's authority calls an administrator, and the API server itself.</summary>
    private static bool IsAllowed(X509Certificate2? certificate) =>
        certificate is not null && certificate.SubjectName.EnumerateRelativeDistinguishedNames().Any(static name => name.GetSingleElementType().FriendlyName switch
        {
            "O" => name.GetSingleElementValue() is "system:masters",
            "CN" => name.GetSingleElementValue() is { } common && common.StartsWith("kube-apiserver", StringComparison.Ordinal),
            _ => false,
        });

    private async Task AnswerAsync(HttpContext http, bool authenticates, CancellationToken stopping)
    {
        var segments = (http.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            if (authenticates && segments is not ["healthz"] && !IsAllowed(http.Connection.ClientCertificate))
            {
                await FailAsync(http, http.Connection.ClientCertificate is null ? 401 : 403, http.Connection.ClientCertificate is null ? "Unauthorized" : "Forbidden").ConfigureAwait(false);
                return;
            }

            await (segments switch
            {
                ["healthz", ..] or ["livez"] or ["readyz"] => TextAsync(http, "ok"),
                ["pods"] => PodsAsync(http),
                ["containerLogs", var ns, var pod, var container] => LogsAsync(http, ns, pod, container, stopping),
                ["exec", var ns, var pod, var container] => ExecAsync(http, ns, pod, container),
                ["exec", var ns, var pod, _, var container] => ExecAsync(http, ns, pod, container),
                ["attach", var ns, var pod, var container] => AttachAsync(http, ns, pod, container),
                ["attach", var ns, var pod, _, var container] => AttachAsync(http, ns, pod, container),
                ["portForward", var ns, var pod, ..] => PortForwardAsync(http, ns, pod, stopping),
                ["stats", "summary"] => StatsAsync(http),
                _ => FailAsync(http, 404, "404 page not found"),
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
                await FailAsync(http, 500, failure.Message).ConfigureAwait(false);
            }
        }
    }

    private static Task TextAsync(HttpContext http, string text)
    {
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(text);
    }

    /// <summary>A refusal as a Status: the API server passes it on as it is, and kubectl shows its message.</summary>
    private static Task FailAsync(HttpContext http, int code, string text)
    {
        http.Response.StatusCode = code;
        http.Response.ContentType = "application/json";
        KubernetesStatus status = new()
        {
            Status = "Failure",
            Message = text,
            Code = code,
            Reason = code switch { 400 => "BadRequest", 401 => "Unauthorized", 403 => "Forbidden", 404 => "NotFound", _ => "InternalError" },
        };
        var json = (JsonObject)JsonSerializer.SerializeToNode(status, KubernetesJson.TypeInfo<KubernetesStatus>())!;
        json["kind"] = "Status";
        json["apiVersion"] = "v1";
        json["metadata"] = new JsonObject();
        return http.Response.WriteAsync(json.ToJsonString());
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
            await FailAsync(http, 404, $"pod \"{podName}\" does not exist").ConfigureAwait(false);
            return;
        }

        if (worker.Container(containerName) is not { } supervisor)
        {
            await FailAsync(http, 404, $"container {containerName} not found in pod {podName}_{podNamespace}").ConfigureAwait(false);
            return;
        }

        var waiting = worker.Status?.ContainerStatuses.Concat(worker.Status.InitContainerStatuses).FirstOrDefault(s => s.Name == containerName)?.State?.Waiting;
        var record = !query.Previous || (waiting is not null && supervisor.Latest is { HasEnded: true }) ? supervisor.Latest : supervisor.Previous;
        if (record is null)
        {
            await FailAsync(http, 400, query.Previous
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

    private Task ExecAsync(HttpContext http, string podNamespace, string podName, string containerName)
    {
        var command = http.Request.Query["command"].OfType<string>().ToArray();
        if (command.Length == 0)
        {
            return FailAsync(http, 400, "you must specify at least 1 of stdin, stdout, stderr, and a command");
        }

        return WithStreamsAsync(http, podNamespace, podName, containerName, (record, worker, options, streams) =>
            _commands.ExecAsync(record.Id, FilesOf(worker, record), command, options, streams));
    }

    private Task AttachAsync(HttpContext http, string podNamespace, string podName, string containerName) =>
        WithStreamsAsync(http, podNamespace, podName, containerName, (record, worker, options, streams) =>
            _commands.AttachAsync(record, FilesOf(worker, record), options with { Terminal = record.Tty }, streams));

    private ContainerPaths FilesOf(PodWorker worker, ContainerRecord record) => node.Paths.Pod(worker.Pod.Metadata.Uid).Container(record.Name, record.Attempt);

    private async Task WithStreamsAsync(
        HttpContext http, string podNamespace, string podName, string containerName, Func<ContainerRecord, PodWorker, RemoteOptions, IRemoteStreams, Task> work)
    {
        if (pods.Find(podNamespace, podName) is not { } worker)
        {
            await FailAsync(http, 404, $"pod does not exist: {podName}_{podNamespace}").ConfigureAwait(false);
            return;
        }

        if (worker.Container(containerName)?.Latest is not { IsRunning: true } record)
        {
            await FailAsync(http, 400, $"container not found (\"{containerName}\")").ConfigureAwait(false);
            return;
        }

        var query = http.Request.Query;
        RemoteOptions options = new(Has("input", "stdin"), Has("output", "stdout"), Has("error", "stderr"), Has("tty", "tty"));
        IRemoteStreams streams;
        if (WebSocketUpgrade.IsRequested(http))
        {
            if (WebSocketUpgrade.Choose(http, "v5.channel.k8s.io", "v4.channel.k8s.io") is not { } protocol)
            {
                await FailAsync(http, 400, "unable to upgrade: no protocol of ours was offered").ConfigureAwait(false);
                return;
            }

            streams = new WebSocketStreams(await WebSocketUpgrade.AcceptAsync(http, protocol).ConfigureAwait(false), options);
        }
        else if (await UpgradeToSpdyAsync(http, CommandProtocols).ConfigureAwait(false) is { } transport)
        {
            streams = await SpdyStreams.AcceptAsync(transport, options, http.RequestAborted).ConfigureAwait(false);
        }
        else
        {
            return;
        }

        await using var closing = streams.ConfigureAwait(false);
        await work(record, worker, options, streams).ConfigureAwait(false);

        bool Has(string ours, string theirs) => LogQuery.IsTrue(query[ours]) || LogQuery.IsTrue(query[theirs]);
    }

    private async Task PortForwardAsync(HttpContext http, string podNamespace, string podName, CancellationToken stopping)
    {
        if (pods.Find(podNamespace, podName) is not { Sandbox: { } sandbox })
        {
            await FailAsync(http, 404, $"pod does not exist: {podName}_{podNamespace}").ConfigureAwait(false);
            return;
        }

        if (!WebSocketUpgrade.IsRequested(http))
        {
            if (await UpgradeToSpdyAsync(http, ["portforward.k8s.io"]).ConfigureAwait(false) is { } transport)
            {
                await PortForward.ServeAsync(transport, sandbox.NetworkNamespace, stopping).ConfigureAwait(false);
            }

            return;
        }

        switch (WebSocketUpgrade.Choose(http, "SPDY/3.1+portforward.k8s.io", "v4.channel.k8s.io"))
        {
            case "SPDY/3.1+portforward.k8s.io" and var tunnel:
                using (var socket = await WebSocketUpgrade.AcceptAsync(http, tunnel).ConfigureAwait(false))
                {
                    await PortForward.ServeAsync(new WebSocketByteStream(socket), sandbox.NetworkNamespace, stopping).ConfigureAwait(false);
                }

                break;
            case { } older:
                var ports = http.Request.Query["ports"].Concat(http.Request.Query["port"]).SelectMany(static p => (p ?? "").Split(',')).Select(static p => int.TryParse(p, out var port) ? port : 0).Where(static p => p > 0).ToArray();
                using (var socket = await WebSocketUpgrade.AcceptAsync(http, older).ConfigureAwait(false))
                {
                    await PortForward.ServeAsync(socket, ports, sandbox.NetworkNamespace, stopping).ConfigureAwait(false);
                }

                break;
            case null:
                await FailAsync(http, 400, "unable to upgrade: no protocol of ours was offered").ConfigureAwait(false);
                break;
        }
    }

    private static async Task<Stream?> UpgradeToSpdyAsync(HttpContext http, string[] ours)
    {
        var offered = http.Request.Headers["X-Stream-Protocol-Version"].SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries)).ToArray();
        if (!http.Request.Headers.Upgrade.ToString().Equals("SPDY/3.1", StringComparison.OrdinalIgnoreCase) || http.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
        {
            await FailAsync(http, 400, "unable to upgrade: missing upgrade headers in request").ConfigureAwait(false);
            return null;
        }

        if (ours.FirstOrDefault(offered.Contains) is not { } protocol)
        {
            await FailAsync(http, 403, $"unable to upgrade: unable to negotiate protocol: client supports [{string.Join(' ', offered)}], server accepts [{string.Join(' ', ours)}]").ConfigureAwait(false);
            return null;
        }

        http.Response.Headers.Upgrade = "SPDY/3.1";
        http.Response.Headers["X-Stream-Protocol-Version"] = protocol;
        return await upgrade.UpgradeAsync().ConfigureAwait(false);
    }

    private static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    /// <summary>As kubelets do that were given none: the API server does not ask who signed it.</summary>
    private static X509Certificate2 SelfSigned(NodeRuntimeOptions options)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={options.NodeName}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(options.NodeName);
        foreach (var address in options.NodeAddresses)
        {
            names.AddIpAddress(address);
        }

        request.CertificateExtensions.Add(names.Build());
        var now = options.TimeProvider.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
