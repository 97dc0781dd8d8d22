using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Containers;

namespace Fairlead.Lab.Kubelet.Probes;

/// <summary>Whom a probe or a hook asks: a container, and the address of its pod.</summary>
internal sealed record ProbeTarget(string ContainerId, ContainerPaths Files, string PodAddress);

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
    public async Task<ProbeResult> ProbeAsync(Probe probe, Container container, ProbeTarget target, CancellationToken cancellationToken)
    {
        var seconds = probe.TimeoutSeconds > 0 ? probe.TimeoutSeconds : 1;
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(seconds), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return probe switch
            {
                { Exec: { } exec } => await ExecAsync(exec, target, either.Token).ConfigureAwait(false),
                { HttpGet: { } get } => await HttpAsync(get, container, target.PodAddress, "kube-probe/1.36", either.Token).ConfigureAwait(false),
                { TcpSocket: { } tcp } => await TcpAsync(tcp, container, target.PodAddress, either.Token).ConfigureAwait(false),
                { Grpc: { } grpc } => await GrpcHealth.CheckAsync(_http, target.PodAddress, grpc, either.Token).ConfigureAwait(false),
                _ => new ProbeResult(true, ""),
            };
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new ProbeResult(false, probe switch
            {
                { Exec: { } exec } => $"command timed out: \"{string.Join(' ', exec.Command)}\" timed out after {seconds}s",
                { HttpGet: { } get } => $"Get \"{Url(get, container, target.PodAddress)}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                { TcpSocket: { } tcp } => $"dial tcp {Where(tcp, container, target.PodAddress)}: i/o timeout",
                _ => $"timeout: health rpc did not complete within {seconds}s",
            });
        }
        catch (Exception failure) when (failure is HttpRequestException or SocketException or IOException)
        {
            return new ProbeResult(false, probe switch
            {
                _ when failure is IOException and not HttpIOException => failure.Message,
                { HttpGet: { } get } => $"Get \"{Url(get, container, target.PodAddress)}\": {Said(failure, $"dial tcp {Authority(get, container, target.PodAddress)}")}",
                { TcpSocket: { } tcp } => Said(failure, $"dial tcp {Where(tcp, container, target.PodAddress)}"),
                { Grpc: { } grpc } => $"error: failed to connect service at \"{Bracket(target.PodAddress)}:{grpc.Port}\": {Said(failure, "dial tcp")}",
                _ => failure.Message,
            });
        }
    }

    /// <summary>Carries out a hook; null when it went well, else why it did not.</summary>
    public async Task<string?> HookAsync(LifecycleHandler hook, Container container, ProbeTarget target, CancellationToken cancellationToken)
    {
        try
        {
            switch (hook)
            {
                case { Exec: { } exec }:
                    var (exitCode, output, error) = await runtime.ExecAsync(target.ContainerId, target.Files, exec.Command, cancellationToken).ConfigureAwait(false);
                    return exitCode == 0 ? null : $"command '{string.Join(' ', exec.Command)}' exited with {exitCode}: {error}{output}".Trim();
                case { HttpGet: { } get }:
                    var answer = await HttpAsync(get, container, target.PodAddress, "kube-lifecycle/1.36", cancellationToken).ConfigureAwait(false);
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

    private async Task<ProbeResult> ExecAsync(ExecAction exec, ProbeTarget target, CancellationToken cancellationToken)
    {
        var (exitCode, output, error) = await runtime.ExecAsync(target.ContainerId, target.Files, exec.Command, cancellationToken).ConfigureAwait(false);
        var said = output + error;
        return new ProbeResult(exitCode == 0, said.Length > LongestOutput ? said[..LongestOutput] : said);
    }

    private async Task<ProbeResult> HttpAsync(HttpGetAction get, Container container, string podAddress, string agent, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, Url(get, container, podAddress));
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

    private static string Url(HttpGetAction get, Container container, string podAddress)
    {
        var path = get.Path is { Length: > 0 } given ? given : "/";
        return $"{(get.Scheme ?? "HTTP").ToLowerInvariant()}://{Authority(get, container, podAddress)}{(path.StartsWith('/') ? "" : "/")}{path}";
    }

    private static string Authority(HttpGetAction get, Container container, string podAddress) =>
        $"{Bracket(get.Host is { Length: > 0 } host ? host : podAddress)}:{Port(get.Port, container).ToString(CultureInfo.InvariantCulture)}";

    private static string Where(TcpSocketAction tcp, Container container, string podAddress) =>
        $"{Bracket(tcp.Host is { Length: > 0 } host ? host : podAddress)}:{Port(tcp.Port, container).ToString(CultureInfo.InvariantCulture)}";

    /// <summary>A failure in the words that kubelets have for it.</summary>
    private static string Said(Exception failure, string dial) => (failure as SocketException ?? failure.InnerException as SocketException)?.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => dial + ": connect: connection refused",
        SocketError.HostUnreachable => dial + ": connect: no route to host",
        SocketError.NetworkUnreachable => dial + ": connect: network is unreachable",
        SocketError.TimedOut => dial + ": connect: connection timed out",
        SocketError.ConnectionReset => "read: connection reset by peer",
        _ => failure.InnerException is HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } ? "EOF" : failure.InnerException?.Message ?? failure.Message,
    };

    private static int Port(IntOrString port, Container container) =>
        port.Text is { } name
            ? container.Ports.FirstOrDefault(p => p.Name == name)?.ContainerPortValue
                ?? (int.TryParse(name, CultureInfo.InvariantCulture, out var number) ? number : throw new IOException($"couldn't find port: {name}"))
            : port.Number;

    private static string Bracket(string host) => System.Net.IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{host}]" : host;
}
