using System.Collections.Immutable;
using System.Net;
using Fairlead.Dns.Serving.Native;
using Fairlead.Dns.Telemetry;
using Microsoft.Extensions.Logging;

namespace Fairlead.Dns.Serving;

/// <summary>A DNS server: sockets and threads in front of handlers. Disposing it ends it at once, <see cref="StopAsync"/> gently.</summary>
public sealed class DnsServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _drained = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly List<Thread> _threads = [];
    private readonly List<IDisposable> _workers = [];
    private readonly ServerShared _shared;
    private readonly SlowPath _slow;
    private readonly DnsServerOptions _options;
    private readonly IQueryHandler _handler;
    private bool _stopped;
    private long _faults;

    private DnsServer(DnsServerOptions options, IQueryHandler handler, ILogger logger, TimeProvider time)
    {
        _options = options;
        _handler = handler;
        _shared = new()
        {
            AmplificationBytesPerSecond = options.AmplificationBytesPerSecond,
            Time = time,
            Fault = (query, e) =>
            {
                Interlocked.Increment(ref _faults);
                Log.HandlerFailed(logger, query.Name.ToString(), query.Type, e);
            },
        };
        _slow = new(handler, _shared, options.MaxPending, _abort.Token);
    }

    /// <summary>Where the server listens, with the ports that it was given.</summary>
    public ImmutableArray<IPEndPoint> Endpoints { get; private set; } = [];

    /// <summary>Queries at which a handler failed.</summary>
    public long Faults => Volatile.Read(ref _faults);

    /// <summary>Binds all addresses and starts the threads.</summary>
    /// <param name="options">Where, and what is bounded.</param>
    /// <param name="handler">Who answers.</param>
    /// <param name="logger">Hears of what goes wrong.</param>
    /// <param name="time">The clock of cookies.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">An address can't be bound; the message names it.</exception>
    public static DnsServer Start(DnsServerOptions options, IQueryHandler handler, ILogger logger, TimeProvider? time = null)
    {
        DnsServer server = new(options, handler, logger, time ?? TimeProvider.System);
        server.Listen(options.Listen, options.Threads);
        return server;
    }

    /// <summary>Listens at further addresses.</summary>
    /// <param name="endpoints">Addresses and ports, each by UDP and TCP.</param>
    /// <param name="threads">How many threads at each, with a socket of its own.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">An address can't be bound; the message names it, and none of them is.</exception>
    public void Listen(IReadOnlyCollection<IPEndPoint> endpoints, int threads)
    {
        List<(Descriptor Socket, IPEndPoint At, bool IsTcp)> sockets = [];
        try
        {
            foreach (IPEndPoint wanted in endpoints)
            {
                Descriptor first = ListenSockets.OpenTcp(wanted);
                IPEndPoint at = new(wanted.Address, ListenSockets.Port(first));
                sockets.Add((first, at, true));
                for (int i = 0; i < threads; i++)
                {
                    sockets.Add((ListenSockets.OpenUdp(at), at, false));
                    if (i > 0)
                    {
                        sockets.Add((ListenSockets.OpenTcp(at), at, true));
                    }
                }
            }
        }
        catch
        {
            sockets.ForEach(s => s.Socket.Dispose());
            throw;
        }

        foreach ((Descriptor socket, IPEndPoint at, bool isTcp) in sockets)
        {
            StartWorker(socket, at, isTcp);
        }

        Endpoints = [.. Endpoints, .. sockets.Select(s => s.At).Distinct()];
    }

    /// <summary>Stops taking queries, answers those that are there, and ends.</summary>
    public async Task StopAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        _drained.CancelAfter(_options.DrainTimeout);
        long started = Environment.TickCount64;
        while (_slow.Running > 0 && Environment.TickCount64 - started < _options.DrainTimeout.TotalMilliseconds)
        {
            await Task.Delay(10).ConfigureAwait(false);
        }

        await _abort.CancelAsync().ConfigureAwait(false);
        await Task.Run(() => _threads.ForEach(t => t.Join())).ConfigureAwait(false);
        _workers.ForEach(w => w.Dispose());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _drained.CancelAsync().ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
        _drained.Dispose();
        _abort.Dispose();
    }

    /// <summary>The engines of all threads, for logs and metrics.</summary>
    internal IReadOnlyList<QueryEngine> Engines => _shared.Engines;

    /// <summary>How many connections there are.</summary>
    public int Connections => _workers.OfType<TcpWorker>().Sum(w => w.Connections);

    /// <summary>How many queries wait for upstreams.</summary>
    public int Pending => _slow.Running;

    private void StartWorker(Descriptor socket, IPEndPoint at, bool isTcp)
    {
        QueryEngine engine = new(_handler, _shared, _options.LogCapacity);
        Thread thread;
        if (isTcp)
        {
            TcpWorker worker = new(socket, engine, _slow, _shared, _options);
            _workers.Add(worker);
            thread = new(() => worker.Run(_stop.Token, _drained.Token));
        }
        else
        {
            UdpWorker worker = new(socket, at, engine, _slow, _shared);
            _workers.Add(worker);
            thread = new(() => worker.Run(_stop.Token));
        }

        thread.IsBackground = true;
        thread.Name = isTcp ? "dns-tcp" : "dns-udp";
        _threads.Add(thread);
        thread.Start();
    }
}
