using Fairlead.Lab.Kubelet.Containers;
using Fairlead.Lab.Kubelet.Pods;
using Fairlead.Lab.Kubelet.Server.Remote;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Lab.Kubelet.Server;

/// <summary>What needs streams both ways: exec, attach and port-forward, over WebSocket or SPDY as the client asks.</summary>
internal sealed class StreamRequests(NodeServices node, PodManager pods)
{
    private static readonly string[] CommandProtocols = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

    private readonly RemoteCommand _commands = new(node.Paths, node.Runtime);

    /// <summary>Runs a command.</summary>
    public Task ExecAsync(HttpContext http, string podNamespace, string podName, string containerName)
    {
        var command = http.Request.Query["command"].OfType<string>().ToArray();
        if (command.Length == 0)
        {
            return Refusal.WriteAsync(http, 400, "you must specify at least 1 of stdin, stdout, stderr, and a command");
        }

        return WithStreamsAsync(http, podNamespace, podName, containerName, (record, worker, options, streams) =>
            _commands.ExecAsync(record.Id, FilesOf(worker, record), command, options, streams));
    }

    /// <summary>Joins what runs.</summary>
    public Task AttachAsync(HttpContext http, string podNamespace, string podName, string containerName) =>
        WithStreamsAsync(http, podNamespace, podName, containerName, (record, worker, options, streams) =>
            _commands.AttachAsync(record, FilesOf(worker, record), options with { Terminal = record.Tty }, streams));

    private ContainerPaths FilesOf(PodWorker worker, ContainerRecord record) => node.Paths.Pod(worker.Pod.Metadata.Uid).Container(record.Name, record.Attempt);

    private async Task WithStreamsAsync(
        HttpContext http, string podNamespace, string podName, string containerName, Func<ContainerRecord, PodWorker, RemoteOptions, IRemoteStreams, Task> work)
    {
        if (pods.Find(podNamespace, podName) is not { } worker)
        {
            await Refusal.WriteAsync(http, 404, $"pod does not exist: {podName}_{podNamespace}").ConfigureAwait(false);
            return;
        }

        if (worker.Container(containerName)?.Latest is not { IsRunning: true } record)
        {
            await Refusal.WriteAsync(http, 400, $"container not found (\"{containerName}\")").ConfigureAwait(false);
            return;
        }

        var query = http.Request.Query;
        RemoteOptions options = new(Has("input", "stdin"), Has("output", "stdout"), Has("error", "stderr"), Has("tty", "tty"));
        IRemoteStreams streams;
        if (WebSocketUpgrade.IsRequested(http))
        {
            if (WebSocketUpgrade.Choose(http, "v5.channel.k8s.io", "v4.channel.k8s.io") is not { } protocol)
            {
                await Refusal.WriteAsync(http, 400, "unable to upgrade: no protocol of ours was offered").ConfigureAwait(false);
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

    /// <summary>Forwards ports.</summary>
    public async Task PortForwardAsync(HttpContext http, string podNamespace, string podName, CancellationToken stopping)
    {
        if (pods.Find(podNamespace, podName) is not { Sandbox: { } sandbox })
        {
            await Refusal.WriteAsync(http, 404, $"pod does not exist: {podName}_{podNamespace}").ConfigureAwait(false);
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
                await Refusal.WriteAsync(http, 400, "unable to upgrade: no protocol of ours was offered").ConfigureAwait(false);
                break;
        }
    }

    private static async Task<Stream?> UpgradeToSpdyAsync(HttpContext http, string[] ours)
    {
        var offered = http.Request.Headers["X-Stream-Protocol-Version"].SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries)).ToArray();
        if (!http.Request.Headers.Upgrade.ToString().Equals("SPDY/3.1", StringComparison.OrdinalIgnoreCase) || http.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
        {
            await Refusal.WriteAsync(http, 400, "unable to upgrade: missing upgrade headers in request").ConfigureAwait(false);
            return null;
        }

        if (ours.FirstOrDefault(offered.Contains) is not { } protocol)
        {
            await Refusal.WriteAsync(http, 403, $"unable to upgrade: unable to negotiate protocol: client supports [{string.Join(' ', offered)}], server accepts [{string.Join(' ', ours)}]").ConfigureAwait(false);
            return null;
        }

        http.Response.Headers.Upgrade = "SPDY/3.1";
        http.Response.Headers["X-Stream-Protocol-Version"] = protocol;
        return await upgrade.UpgradeAsync().ConfigureAwait(false);
    }
}
