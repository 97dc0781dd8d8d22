using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;

namespace Fairlead.Lab.Kubelet.Server.Remote;

/// <summary>The channels of <c>v4.channel.k8s.io</c> and <c>v5.channel.k8s.io</c>: a message's first byte says which stream it belongs to.</summary>
internal sealed class WebSocketStreams : IRemoteStreams
{
    private const byte InputChannel = 0;
    private const byte OutputChannel = 1;
    private const byte ErrorChannel = 2;
    private const byte StatusChannel = 3;
    private const byte ResizeChannel = 4;
    private const byte CloseChannel = 255;

    private readonly WebSocket _socket;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Pipe _input = new();
    private readonly Channel<TerminalSize> _sizes = Channel.CreateUnbounded<TerminalSize>();
    private readonly CancellationTokenSource _gone = new();
    private readonly Task _reading;

    public WebSocketStreams(WebSocket socket, RemoteOptions options)
    {
        _socket = socket;
        Input = options.Input ? _input.Reader.AsStream() : null;
        Output = options.Output ? new ChannelStream(this, OutputChannel) : null;
        Error = options.Error && !options.Terminal ? new ChannelStream(this, ErrorChannel) : null;
        _reading = Task.Run(ReadAsync);
    }

    public Stream? Input { get; }

    public Stream? Output { get; }

    public Stream? Error { get; }

    public ChannelReader<TerminalSize> Sizes => _sizes.Reader;

    public CancellationToken Gone => _gone.Token;

    public Task FinishAsync(byte[] status) => SendAsync(StatusChannel, status, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        try
        {
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(2));
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token).ConfigureAwait(false);
            // The client answers with its own close; to go before that would cut off what is still under way to it.
            await _reading.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client went first.
        }

        _socket.Dispose();
        _writing.Dispose();
        _gone.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[32 * 1024];
        try
        {
            while (true)
            {
                var (channel, begun) = ((byte)0, false);
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).ConfigureAwait(false);
                    if (part.MessageType == WebSocketMessageType.Close)
                    {
                        return;
                    }

                    var data = buffer.AsMemory(0, part.Count);
                    if (!begun && data.Length > 0)
                    {
                        (channel, begun, data) = (data.Span[0], true, data[1..]);
                    }

                    await TakeAsync(channel, data).ConfigureAwait(false);
                }
                while (!part.EndOfMessage);
            }
        }
        catch (Exception gone) when (gone is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The client went without a word.
        }
        finally
        {
            await _input.Writer.CompleteAsync().ConfigureAwait(false);
            _sizes.Writer.TryComplete();
            await _gone.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task TakeAsync(byte channel, ReadOnlyMemory<byte> data)
    {
        switch (channel)
        {
            case InputChannel when data.Length > 0:
                _ = await _input.Writer.WriteAsync(data).ConfigureAwait(false);
                break;
            case ResizeChannel when TerminalSizes.Parse(data.Span) is { } size:
                _sizes.Writer.TryWrite(size);
                break;
            case CloseChannel when data.Length > 0 && data.Span[0] == InputChannel:
                await _input.Writer.CompleteAsync().ConfigureAwait(false);
                break;
            default:
                break;
        }
    }

    private async Task SendAsync(byte channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var message = new byte[1 + data.Length];
        message[0] = channel;
        data.CopyTo(message.AsMemory(1));
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _socket.SendAsync(message.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is WebSocketException or ObjectDisposedException or InvalidOperationException)
        {
            throw new IOException("the client is gone", gone);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Writes to one channel.</summary>
    private sealed class ChannelStream(WebSocketStreams owner, byte channel) : WriteOnlyStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            await owner.SendAsync(channel, buffer, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>Reads a terminal's size: <c>{"Width":80,"Height":24}</c>.</summary>
internal static class TerminalSizes
{
    public static TerminalSize? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            Utf8JsonReader reader = new(json);
            using var document = JsonDocument.ParseValue(ref reader);
            return new TerminalSize(document.RootElement.GetProperty("Width").GetUInt16(), document.RootElement.GetProperty("Height").GetUInt16());
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>The parts of a stream that one which is only written to, and only asynchronously, does not have.</summary>
internal abstract class WriteOnlyStream : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public abstract override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
}
