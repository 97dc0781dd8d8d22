using Fairlead.Agent.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Local;

/// <summary>
/// HTTP over a Unix socket that only root opens: what <c>fairlead</c>'s verbs and CNI plugins ask the agent of their own node.
/// </summary>
public static class LocalSocket
{
    /// <summary>Where the agent listens unless it is told otherwise.</summary>
    public const string DefaultPath = "/run/fairlead/agent.sock";

    /// <summary>Longer paths don't fit into <c>sun_path</c>, which has 108 bytes; the name below takes some of them. Source: unix(7).</summary>
    public const int MaximumPathLength = 90;

    /// <summary>Serves until cancelled.</summary>
    /// <param name="path">The socket's path. A socket that another agent left or still serves is replaced in one step: who connects reaches one or the other.</param>
    /// <param name="routes">What is answered.</param>
    /// <param name="logger">Where it is said.</param>
    /// <param name="cancellationToken">Ends the serving; requests that run are cancelled.</param>
    public static async Task RunAsync(string path, LocalRoutes routes, ILogger logger, CancellationToken cancellationToken)
    {
        // Bound under a name of this process and then renamed: the old agent, which removes the name that it bound, can't take ours away.
        string own = $"{path}.{Environment.ProcessId:x}";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(own);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.ListenUnixSocket(own, listen => listen.Protocols = HttpProtocols.Http1);
        });
        WebApplication application = builder.Build();
        application.Run(context => AnswerAsync(context, routes, cancellationToken));
        await using (application.ConfigureAwait(false))
        {
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
            File.SetUnixFileMode(own, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.Move(own, path, overwrite: true);
            Log.Serving(logger, path);
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    private static async Task AnswerAsync(HttpContext context, LocalRoutes routes, CancellationToken stopping)
    {
        string path = context.Request.Path.Value ?? "/";
        if (routes.Find(path) is not { } route)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync($"this agent does not answer {path}; it answers {string.Join(", ", routes.Paths)}\n", context.RequestAborted).ConfigureAwait(false);
            return;
        }

        using CancellationTokenSource aborted = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        context.Response.ContentType = route.ContentType;
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        Dictionary<string, string> query = context.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);
        try
        {
            await route.Answer(new(query, context.Response.Body, aborted.Token)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested)
        {
            // Who asked went away, or the agent ends.
        }
        catch (ArgumentException e) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(e.Message + "\n", context.RequestAborted).ConfigureAwait(false);
        }
    }
}
