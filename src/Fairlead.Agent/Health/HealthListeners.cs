using System.Collections.Immutable;
using System.Net;
using Fairlead.Agent.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Health;

/// <summary>Serves health and metrics at addresses that may change while it runs: a Corefile says where, and a reload may say otherwise.</summary>
/// <param name="state">How the server does.</param>
/// <param name="metrics">Its numbers.</param>
/// <param name="logger">Hears of addresses that can't be bound.</param>
/// <param name="time">The clock.</param>
internal sealed class HealthListeners(Func<HealthState> state, Func<string> metrics, ILogger logger, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim signal = new(0);
    private readonly Dictionary<IPEndPoint, WebApplication> serving = [];
    private readonly HashSet<IPEndPoint> told = [];
    private ImmutableHashSet<IPEndPoint> wanted = [];

    /// <summary>Says where to serve from now on. What is served elsewhere ends; what is served there already goes on undisturbed.</summary>
    public void Use(IEnumerable<IPEndPoint> addresses)
    {
        Volatile.Write(ref wanted, [.. addresses]);
        signal.Release();
    }

    /// <summary>Serves until cancelled. An address that can't be bound is tried again until it can, or isn't wanted any more.</summary>
    /// <param name="mustServe">Whether the first addresses have to be free: nobody else may have them but by mistake.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">They have to, and one of them can't be bound.</exception>
    public async Task RunAsync(bool mustServe, CancellationToken cancellationToken)
    {
        try
        {
            await ServeAsync(mustServe, cancellationToken).ConfigureAwait(false);
            while (true)
            {
                using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                Task retry = Volatile.Read(ref wanted).IsSubsetOf(serving.Keys) ? Task.Delay(Timeout.InfiniteTimeSpan, time, patience.Token) : Task.Delay(RetryPeriod, time, patience.Token);
                await Task.WhenAny(signal.WaitAsync(patience.Token), retry).ConfigureAwait(false);
                await patience.CancelAsync().ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                await ServeAsync(mustServe: false, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        finally
        {
            foreach (WebApplication application in serving.Values)
            {
                await application.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Closes first: an address may be a part of one that was bound before, such as 127.0.0.1:8080 of :8080.</summary>
    private async Task ServeAsync(bool mustServe, CancellationToken cancellationToken)
    {
        ImmutableHashSet<IPEndPoint> addresses = Volatile.Read(ref wanted);
        foreach (IPEndPoint gone in serving.Keys.Where(a => !addresses.Contains(a)).ToArray())
        {
            serving.Remove(gone, out WebApplication? application);
            await application!.DisposeAsync().ConfigureAwait(false);
        }

        foreach (IPEndPoint address in addresses.Where(a => !serving.ContainsKey(a)))
        {
            try
            {
                serving.Add(address, await HealthServer.StartAsync(address, state, metrics, logger, cancellationToken).ConfigureAwait(false));
                told.Remove(address);
            }
            catch (IOException e) when (!mustServe)
            {
                // Told once, though it is tried again and again.
                if (told.Add(address))
                {
                    Log.HealthAddressFailed(logger, address.ToString(), e.Message);
                }
            }
        }
    }

    public void Dispose() => signal.Dispose();
}
