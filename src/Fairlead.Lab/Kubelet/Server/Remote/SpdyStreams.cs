using System.Threading.Channels;
using Fairlead.Lab.Kubelet.Server.Spdy;

namespace Fairlead.Lab.Kubelet.Server.Remote;

/// <summary>The streams of a process over SPDY: each says in its header <c>streamType</c> what it is for.</summary>
internal sealed class SpdyStreams : IRemoteStreams
{
    private static readonly TimeSpan OpeningTime = TimeSpan.FromSeconds(30);

    private readonly SpdyConnection _connection;
    private readonly SpdyStream? _status;
    private readonly Task _running;
    private readonly CancellationTokenSource _gone;
    private readonly Channel<TerminalSize> _sizes = Channel.CreateUnbounded<TerminalSize>();

    private SpdyStreams(SpdyConnection connection, Task running, CancellationTokenSource gone, IReadOnlyDictionary<string, SpdyStream> streams)
    {
        _connection = connection;
        _running = running;
        _gone = gone;
        Input = streams.GetValueOrDefault("stdin");
        Output = streams.GetValueOrDefault("stdout");
        Error = streams.GetValueOrDefault("stderr");
        _status = streams.GetValueOrDefault("error");
        if (streams.GetValueOrDefault("resize") is { } resize)
        {
            _ = Task.Run(() => ReadSizesAsync(resize));
        }
    }

    public Stream? Input { get; }

    public Stream? Output { get; }

    public Stream? Error { get; }

    public ChannelReader<TerminalSize> Sizes => _sizes.Reader;

    public CancellationToken Gone => _gone.Token;

    /// <summary>Waits until the client has opened all streams that its request announced.</summary>
    /// <exception cref="IOException">It did not in time.</exception>
    public static async Task<SpdyStreams> AcceptAsync(Stream transport, RemoteOptions options, CancellationToken cancellationToken)
    {
        SpdyConnection connection = new(transport);
        CancellationTokenSource gone = new();
        var running = Task.Run(async () =>
        {
            await connection.RunAsync(CancellationToken.None).ConfigureAwait(false);
            await gone.CancelAsync().ConfigureAwait(false);
        }, CancellationToken.None);
        var expected = 1 + (options.Input ? 1 : 0) + (options.Output ? 1 : 0) + (options.Error && !options.Terminal ? 1 : 0) + (options.Terminal ? 1 : 0);
        Dictionary<string, SpdyStream> streams = [];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(OpeningTime);
        try
        {
            while (streams.Count < expected)
            {
                var stream = await connection.Opened.ReadAsync(limit.Token).ConfigureAwait(false);
                streams[stream.Headers.GetValueOrDefault("streamtype", "")] = stream;
            }
        }
        catch (Exception late) when (late is OperationCanceledException or ChannelClosedException)
        {
            throw new IOException($"the client opened {streams.Count} of {expected} streams", late);
        }

        return new SpdyStreams(connection, running, gone, streams);
    }

    public async Task FinishAsync(byte[] status)
    {
        foreach (var stream in new[] { Output, Error }.OfType<SpdyStream>())
        {
            await stream.CloseAsync(CancellationToken.None).ConfigureAwait(false);
        }

        if (_status is not null)
        {
            await _status.WriteAsync(status).ConfigureAwait(false);
            await _status.CloseAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The client closes once it has read everything.
        _ = await Task.WhenAny(_running, Task.Delay(TimeSpan.FromSeconds(2))).ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        _gone.Dispose();
    }

    private async Task ReadSizesAsync(SpdyStream stream)
    {
        // Go's encoder ends each size with a newline.
        using StreamReader lines = new(stream);
        while (await lines.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (TerminalSizes.Parse(System.Text.Encoding.UTF8.GetBytes(line)) is { } size)
            {
                _sizes.Writer.TryWrite(size);
            }
        }
    }
}
