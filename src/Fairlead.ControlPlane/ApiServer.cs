using System.Net;
using System.Net.Sockets;
using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fairlead.ControlPlane;

/// <summary>
/// The embedded Kubernetes API server. Start it with <see cref="StartAsync"/> and dispose of it, or let <see cref="RunAsync"/> do both.
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ServerParts _parts;
    private readonly CancellationTokenSource _stopping = new();
    private Task _controllers = Task.CompletedTask;

    private ApiServer(WebApplication application, ServerParts parts)
    {
        _application = application;
        _parts = parts;
    }

    /// <summary>The TCP port that it listens on.</summary>
    public int Port { get; private set; }

    /// <summary>A kubeconfig of an administrator (group system:masters) for this server.</summary>
    public string AdminKubeconfig { get; private set; } = "";

    /// <summary>The authority that clients' certificates come from.</summary>
    public CertificateAuthority Authority => _parts.Authority;

    /// <summary>Starts a server; it answers when the task completes.</summary>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="IOException">The port is taken, or the data directory can't be used.</exception>
    public static async Task<ApiServer> StartAsync(ApiServerOptions options, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(options.DataDirectory);
        var parts = ServerParts.Create(options);
        try
        {
            var application = Build(options, parts);
            ApiServer server = new(application, parts);
            await application.StartAsync(cancellationToken);
            server.Port = ListeningPort(application) ?? options.SecurePort;
            await parts.CompleteAsync(options, server.Port);
            server.WriteKubeconfig(options);
            if (options.Controllers is { } controllers)
            {
                server._controllers = controllers(server.AdminKubeconfig, server._stopping.Token);
            }

            return server;
        }
        catch
        {
            parts.Dispose();
            throw;
        }
    }

    /// <summary>Runs a server until it is cancelled.</summary>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task RunAsync(ApiServerOptions options, CancellationToken cancellationToken)
    {
        await using var server = await StartAsync(options, cancellationToken);
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(() => stopped.TrySetResult());

        // Controllers that fail for good must not go unnoticed.
        await await Task.WhenAny(stopped.Task, server.ControllersFailed(stopped.Task));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await _controllers.WaitAsync(TimeSpan.FromSeconds(5));
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            // They were told to stop; one that doesn't is left behind.
        }

        using (CancellationTokenSource limit = new(TimeSpan.FromSeconds(1)))
        {
            await _application.StopAsync(limit.Token);
        }

        await _application.DisposeAsync();
        await _parts.StopAsync();
        _parts.Dispose();
        _stopping.Dispose();
    }

    private async Task ControllersFailed(Task stopped)
    {
        await _controllers;
        await stopped;
    }

    private static WebApplication Build(ApiServerOptions options, ServerParts parts)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = options.DataDirectory });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);

        // Starting that fails is told by the exception; signals are the process's own business, not a library's.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = RequestBody.DrainedBytes;
            kestrel.Limits.MaxConcurrentUpgradedConnections = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 1 << 20;
            kestrel.Limits.Http2.InitialStreamWindowSize = 512 << 10;
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(5);
            kestrel.Listen(options.BindAddress, options.SecurePort, listen => Secure(listen, parts));
            foreach (var handle in options.SocketActivation ? InheritedSockets.Handles() : [])
            {
                kestrel.ListenHandle((ulong)handle, listen => Secure(listen, parts));
            }
        });
        builder.WebHost.UseSockets(sockets => sockets.Backlog = 1024);
        var application = builder.Build();
        var logging = application.Services.GetRequiredService<ILoggerFactory>();
        parts.LoadCustomKinds(logging);
        var handler = parts.CreateHandler(logging);
        application.Run(handler.HandleAsync);
        return application;
    }

    private static void Secure(ListenOptions listen, ServerParts parts)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.UseHttps(https =>
        {
            https.ServerCertificate = parts.ServerCertificate;
            https.ServerCertificateChain = [parts.Authority.Certificate];
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;

            // Who it is, is decided per request, so that a bad certificate gets 401 and not a broken connection.
            https.ClientCertificateValidation = static (_, _, _) => true;
            https.HandshakeTimeout = TimeSpan.FromSeconds(10);
        });
    }

    private static int? ListeningPort(WebApplication application)
    {
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        foreach (var address in addresses)
        {
            if (address.StartsWith("https://", StringComparison.Ordinal) && BindingAddress.Parse(address) is { Port: > 0 } parsed)
            {
                return parsed.Port;
            }
        }

        return null;
    }

    private void WriteKubeconfig(ApiServerOptions options)
    {
        var host = options.AdvertiseAddress ?? (options.BindAddress.Equals(IPAddress.Any) || options.BindAddress.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : options.BindAddress);
        var server = options.KubeconfigServer ?? $"https://{(host.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{host}]" : host)}:{Port}";
        AdminKubeconfig = _parts.Authority.IssueKubeconfig(server, "kubernetes-admin", "system:masters");
        if (options.KubeconfigPath is { } path)
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory)
            {
                Directory.CreateDirectory(directory);
            }

            CertificateAuthority.WritePrivate(path, AdminKubeconfig);
        }
    }
}
