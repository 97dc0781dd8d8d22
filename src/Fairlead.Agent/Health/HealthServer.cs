using System.Net;
using Fairlead.Agent.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Health;

/// <summary>Serves /healthz, /livez, /readyz and /metrics over HTTP.</summary>
internal static class HealthServer
{
    /// <summary>Serves until what is returned is disposed of.</summary>
    /// <exception cref="IOException">The address can't be bound.</exception>
    public static async Task<WebApplication> StartAsync(IPEndPoint address, Func<HealthState> state, Func<string> metrics, ILogger logger, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        });
        WebApplication application = builder.Build();
        application.Run(context => Answer(context, state, metrics));
        try
        {
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        Log.Serving(logger, address.ToString());
        return application;
    }

    private static Task Answer(HttpContext context, Func<HealthState> state, Func<string> metrics)
    {
        (int code, string type, string body) = context.Request.Path.Value switch
        {
            "/healthz" or "/health" => Health(state().IsHealthy, "the last commits failed, or nothing was committed yet"),
            "/livez" => Health(state().IsAlive, "the reconciler doesn't move"),
            "/readyz" or "/ready" => Health(state().IsReady, "waiting for the caches and the first commit"),
            "/metrics" => (200, "text/plain; version=0.0.4; charset=utf-8", metrics()),
            _ => (404, "text/plain; charset=utf-8", "try /healthz, /livez, /readyz, /metrics\n"),
        };
        context.Response.StatusCode = code;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(body, context.RequestAborted);
    }

    private static (int Code, string Type, string Body) Health(bool good, string otherwise) =>
        (good ? 200 : 503, "text/plain; charset=utf-8", good ? "ok\n" : otherwise + "\n");
}

/// <summary>How the agent does.</summary>
/// <param name="IsAlive">The reconciler moves.</param>
/// <param name="IsReady">Caches are complete and the kernel acknowledged a plan.</param>
/// <param name="IsHealthy">The last commit succeeded.</param>
internal readonly record struct HealthState(bool IsAlive, bool IsReady, bool IsHealthy);
