using System.Globalization;
using Fairlead.Dns.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Dns.Forwarding;

/// <summary>One upstream: its sockets, whether it lives, and how it has served.</summary>
internal sealed class Upstream : IDisposable
{
    /// <summary>How many sockets, and so ports, are drawn from at a time.</summary>
    private const int UdpFlows = 8;

    /// <summary>A further connection is opened where so many questions wait on the least busy one: not every server answers out of order.</summary>
    private const int MostWaitingOnStream = 32;

    private const int MostStreams = 4;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);

    private readonly UdpFlow?[] datagrams = new UdpFlow?[UdpFlows];
    private readonly List<UdpFlow> worn = [];
    private readonly List<StreamFlow> streams = [];
    private readonly SemaphoreSlim connecting = new(1, 1);
    private readonly Lock gate = new();
    private readonly CancellationTokenSource ending = new();
    private readonly ForwardOptions options;
    private readonly UpstreamIdentity identity;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly ITimer sweeper;
    private int failures;
    private bool isProbing;
    private volatile bool isDisposed;

    public Upstream(UpstreamAddress address, ForwardOptions options, UpstreamIdentity identity, TimeProvider time, ILogger logger)
    {
        (Address, this.options, this.identity, this.time, this.logger) = (address, options, identity, time, logger);
        TimeSpan interval = options.Expire > TimeSpan.FromSeconds(1) ? options.Expire : TimeSpan.FromSeconds(1);
        sweeper = time.CreateTimer(_ => Sweep(), null, interval, interval);
    }

    public UpstreamAddress Address { get; }

    public UpstreamStatistics Statistics { get; } = new();

    /// <summary>Whether it answered when it was last tried; always, where failures aren't counted.</summary>
    public bool IsHealthy => options.MaximumFailures == 0 || Volatile.Read(ref failures) < options.MaximumFailures;

    /// <summary>Asks over UDP.</summary>
    /// <exception cref="UpstreamException">No answer.</exception>
    public async Task<int> AskDatagramAsync(byte[] message, ReadOnlyMemory<byte> section, Memory<byte> response, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await Datagram().ExchangeAsync(message, section, response, timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (UpstreamException)
        {
            Suspect();
            throw;
        }
    }

    /// <summary>Asks over TCP or TLS; a connection that was closed while idle is replaced once.</summary>
    /// <exception cref="UpstreamException">No answer.</exception>
    public async Task<int> AskStreamAsync(byte[] message, ReadOnlyMemory<byte> section, Memory<byte> response, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            for (bool again = false; ; again = true)
            {
                StreamFlow flow = await StreamAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    return await flow.ExchangeAsync(message, section, response, timeout, cancellationToken).ConfigureAwait(false);
                }
                catch (UpstreamException e) when (e.WasIdle && !again)
                {
                }
            }
        }
        catch (UpstreamException)
        {
            Suspect();
            throw;
        }
    }

    private UdpFlow Datagram()
    {
        int index = Random.Shared.Next(UdpFlows);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            UdpFlow? flow = datagrams[index];
            if (flow is null || flow.IsWorn)
            {
                if (flow is not null)
                {
                    worn.Add(flow);
                }

                flow = datagrams[index] = new(Address, options.Expire, time);
            }

            return flow;
        }
    }

    private async Task<StreamFlow> StreamAsync(CancellationToken cancellationToken)
    {
        if (LeastBusy() is { } ready)
        {
            return ready;
        }

        await connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Who waited here may find the connection that the one before made.
            if (LeastBusy() is { } made)
            {
                return made;
            }

            StreamFlow flow = await StreamFlow.ConnectAsync(Address, identity, ConnectTimeout, time, cancellationToken).ConfigureAwait(false);
            lock (gate)
            {
                streams.Add(flow);
            }

            Statistics.Connected();
            return flow;
        }
        finally
        {
            connecting.Release();
        }
    }

    /// <summary>The connection on which the fewest wait; null where another one should be opened.</summary>
    private StreamFlow? LeastBusy()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            streams.RemoveAll(s => s.IsBroken);
            StreamFlow? least = streams.MinBy(s => s.Waiting);
            return least is not null && (least.Waiting < MostWaitingOnStream || streams.Count >= MostStreams) ? least : null;
        }
    }

    /// <summary>Something went wrong: find out whether it lives, and go on until it does.</summary>
    private void Suspect()
    {
        lock (gate)
        {
            if (options.MaximumFailures == 0 || isProbing || isDisposed)
            {
                return;
            }

            isProbing = true;
        }

        _ = ProbeAsync();
    }

    private async Task ProbeAsync()
    {
        HealthProbe probe = options.HealthCheck;
        byte[] section = [.. probe.Domain.Wire, 0, (byte)RecordType.NS, 0, (byte)RecordClass.Internet];
        byte[] response = new byte[ushort.MaxValue];
        try
        {
            while (!ending.IsCancellationRequested)
            {
                try
                {
                    await ProbeOnceAsync(section, probe, response).ConfigureAwait(false);
                    bool wasDown = !IsHealthy;
                    Volatile.Write(ref failures, 0);
                    if (wasDown)
                    {
                        ForwardLog.UpstreamLives(logger, Address.ToString());
                    }

                    return;
                }
                catch (UpstreamException e)
                {
                    Statistics.HealthCheckFailed();
                    if (Interlocked.Increment(ref failures) == options.MaximumFailures)
                    {
                        ForwardLog.UpstreamIsDown(logger, e.Message);
                    }
                }

                await Task.Delay(probe.Interval, time, ending.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The upstream is no longer configured.
        }
        finally
        {
            lock (gate)
            {
                isProbing = false;
            }
        }
    }

    private async Task ProbeOnceAsync(byte[] section, HealthProbe probe, byte[] response)
    {
        byte[] message = UpstreamQuery.Message(section, probe.RecursionDesired ? HeaderFlags.RecursionDesired : HeaderFlags.None, dnssecOk: false, withEdns: false);
        if (Address.IsTls || options.Protocol == UpstreamProtocol.ForceTcp)
        {
            StreamFlow flow = await StreamAsync(ending.Token).ConfigureAwait(false);
            await flow.ExchangeAsync(message, section, response, ProbeTimeout, ending.Token).ConfigureAwait(false);
        }
        else
        {
            await Datagram().ExchangeAsync(message, section, response, ProbeTimeout, ending.Token).ConfigureAwait(false);
        }
    }

    private void Sweep()
    {
        lock (gate)
        {
            foreach (StreamFlow idle in streams.Where(s => s.IsBroken || (s.Waiting == 0 && s.Idle >= options.Expire)).ToArray())
            {
                streams.Remove(idle);
                idle.Dispose();
            }

            for (int i = 0; i < datagrams.Length; i++)
            {
                if (datagrams[i] is { IsWorn: true } old)
                {
                    worn.Add(old);
                    datagrams[i] = null;
                }
            }

            foreach (UdpFlow old in worn.Where(f => f.IsIdle).ToArray())
            {
                worn.Remove(old);
                old.Dispose();
            }
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}{(IsHealthy ? "" : " (down)")}");

    public void Dispose()
    {
        lock (gate)
        {
            if (isDisposed)
            {
                return;
            }

            isDisposed = true;
            ending.Cancel();
            sweeper.Dispose();
            foreach (IDisposable flow in (IEnumerable<IDisposable>)[.. streams, .. worn, .. datagrams.OfType<UdpFlow>()])
            {
                flow.Dispose();
            }
        }

        connecting.Dispose();
        ending.Dispose();
    }
}
