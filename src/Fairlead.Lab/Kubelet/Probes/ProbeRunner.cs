using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Containers;

namespace Fairlead.Lab.Kubelet.Probes;

/// <summary>What one probe found, with what it would say in an event.</summary>
internal readonly record struct ProbeResult(bool Success, string Output);

/// <summary>Carries out probes and hooks: a command in the container, or a request from the node to the pod's address.</summary>
internal sealed class ProbeRunner(OciRuntime runtime, TimeProvider clock) : IDisposable
{
    private const int LongestOutput = 10 * 1024;

    // Probes ask whether somebody answers, not who he is; each on a connection of its own, as kubelets do.
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        UseProxy = false,
#pragma warning disable CA5359 // See above.
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
#pragma warning restore CA5359
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Carries out one probe within its timeout.</summary>
    public async Task<ProbeResult> ProbeAsync(Probe probe, Container container, string containerId, string podAddress, CancellationToken cancellationToken)
    {
        var seconds = probe.TimeoutSeconds > 0 ? probe.TimeoutSeconds : 1;
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(seconds), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return probe switch
            {
                { Exec: { } exec } => await ExecAsync(exec, containerId, either.Token).ConfigureAwait(false),
                { HttpGet: { } get } => await HttpAsync(get, container, podAddress, "kube-probe/1.36", either.Token).ConfigureAwait(false),
                { TcpSocket: { } tcp } => await TcpAsync(tcp, container, podAddress, either.Token).ConfigureAwait(false),
                { Grpc: { } grpc } => await GrpcHealth.CheckAsync(_http, podAddress, grpc, either.Token).ConfigureAwait(false),
                _ => new ProbeResult(true, ""),
            };
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new ProbeResult(false, probe.Exec is not null ? $"command timed out after {seconds}s" : $"context deadline exceeded ({seconds}s)");
        }
        catch (Exception failure) when (failure is HttpRequestException or SocketException or IOException)
        {
            return new ProbeResult(false, failure.InnerException?.Message ?? failure.Message);
        }
    }

    /// <summary>Carries out a hook; null when it went well, else why it did not.</summary>
    public async Task<string?> HookAsync(LifecycleHandler hook, Container container, string containerId, string podAddress, CancellationToken cancellationToken)
    {
        try
        {
            switch (hook)
            {
                case { Exec: { } exec }:
                    var (exitCode, output, error) = await runtime.ExecAsync(containerId, exec.Command, cancellationToken).ConfigureAwait(false);
                    return exitCode == 0 ? null : $"command '{string.Join(' ', exec.Command)}' exited with {exitCode}: {error}{output}".Trim();
                case { HttpGet: { } get }:
                    var answer = await HttpAsync(get, container, podAddress, "kube-lifecycle/1.36", cancellationToken).ConfigureAwait(false);
                    return answer.Success ? null : answer.Output;
                case { Sleep: { } sleep }:
                    await Task.Delay(TimeSpan.FromSeconds(sleep.Seconds), clock, cancellationToken).ConfigureAwait(false);
                    return null;
                default:
                    return null;
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or SocketException or IOException)
        {
            return failure.Message;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<ProbeResult> ExecAsync(ExecAction exec, string containerId, CancellationToken cancellationToken)
    {
        var (exitCode, output, error) = await runtime.ExecAsync(containerId, exec.Command, cancellationToken).ConfigureAwait(false);
        var said = output + error;
        return new ProbeResult(exitCode == 0, said.Length > LongestOutput ? said[..LongestOutput] : said);
    }

    private async Task<ProbeResult> HttpAsync(HttpGetAction get, Container container, string podAddress, string agent, CancellationToken cancellationToken)
    {
        var host = get.Host is { Length: > 0 } given ? given : podAddress;
        var scheme = (get.Scheme ?? "HTTP").ToLowerInvariant();
        var path = get.Path is { Length: > 0 } p ? p : "/";
        using HttpRequestMessage request = new(HttpMethod.Get,
            $"{scheme}://{Bracket(host)}:{Port(get.Port, container).ToString(CultureInfo.InvariantCulture)}{(path.StartsWith('/') ? "" : "/")}{path}");
        request.Headers.ConnectionClose = true;
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        foreach (var header in get.HttpHeaders)
        {
            if (header.Name.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                request.Headers.Host = header.Value;
            }
            else
            {
                request.Headers.Remove(header.Name);
                request.Headers.TryAddWithoutValidation(header.Name, header.Value);
            }
        }

        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        var code = (int)response.StatusCode;
        return new ProbeResult(code is >= 200 and < 400, $"HTTP probe failed with statuscode: {code}");
    }

    private static async Task<ProbeResult> TcpAsync(TcpSocketAction tcp, Container container, string podAddress, CancellationToken cancellationToken)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(tcp.Host is { Length: > 0 } host ? host : podAddress, Port(tcp.Port, container), cancellationToken).ConfigureAwait(false);
        return new ProbeResult(true, "");
    }

    private static int Port(IntOrString port, Container container) =>
        port.Text is { } name
            ? container.Ports.FirstOrDefault(p => p.Name == name)?.ContainerPortValue
                ?? (int.TryParse(name, CultureInfo.InvariantCulture, out var number) ? number : throw new IOException($"couldn't find port: {name}"))
            : port.Number;

    private static string Bracket(string host) => System.Net.IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{host}]" : host;
}
