using Fairlead.Dns.Forwarding;
using Microsoft.Extensions.Logging;

namespace Fairlead.Dns.Configured;

/// <summary>
/// Reads a Corefile again, as often as its <c>reload</c> says, and hands it on when it, or a file that it imports, has another content. One that can't be followed is told
/// once, and the last good one stays.
/// </summary>
/// <param name="path">The Corefile.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears of it.</param>
public sealed class CorefileWatch(string path, TimeProvider time, ILogger logger)
{
    /// <summary>Reads the Corefile for the first time.</summary>
    /// <exception cref="CorefileException">It can't be followed.</exception>
    public DnsConfiguration Load() => Tell(DnsConfiguration.Load(path));

    /// <summary>Watches until cancelled; without <c>reload</c> it only waits.</summary>
    /// <param name="configuration">What is in use.</param>
    /// <param name="use">Takes another one into use.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(DnsConfiguration configuration, Action<DnsConfiguration> use, CancellationToken cancellationToken)
    {
        string? lastProblem = null;
        while (true)
        {
            ReloadOptions? reload = configuration.Servers.Select(s => s.Reload).OfType<ReloadOptions>().FirstOrDefault();
            if (reload is null)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
                return;
            }

            await Task.Delay(reload.Interval + (reload.Jitter * Random.Shared.NextDouble()), time, cancellationToken).ConfigureAwait(false);
            try
            {
                DnsConfiguration read = DnsConfiguration.Load(path);
                lastProblem = null;
                if (read.Hash != configuration.Hash)
                {
                    use(Tell(read));
                    configuration = read;
                }
            }
            catch (CorefileException e)
            {
                Failures++;
                if (e.Message != lastProblem)
                {
                    lastProblem = e.Message;
                    ForwardLog.LoadFailed(logger, e.Message);
                }
            }
        }
    }

    /// <summary>How often a Corefile couldn't be followed.</summary>
    public int Failures { get; private set; }

    private DnsConfiguration Tell(DnsConfiguration configuration)
    {
        ForwardLog.Loaded(logger, path, configuration.Servers.Length, configuration.Hash[..16]);
        foreach (CorefileWarning warning in configuration.Warnings)
        {
            ForwardLog.Warning(logger, warning.ToString());
        }

        return configuration;
    }
}
