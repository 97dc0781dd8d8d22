using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Threading.Channels;

namespace Fairlead.Lab.Kubelet.Server.Spdy;

/// <summary>
/// The server's end of a SPDY/3.1 connection, as far as kubectl and its relatives speak it: they open streams, both ends send data, either closes.
/// Like theirs, it has no flow control per stream; a stream whose reader is slow holds up the connection, which TCP then slows down.
/// </summary>
internal sealed class SpdyConnection : IAsyncDisposable
{
    private const int HeaderLength = 8;
    private const int LargestFrame = 1 << 20;
    private const byte FlagFin = 1;

    private readonly Stream _transport;
    private readonly SpdyHeaderReader _headerReader = new();
    private readonly SpdyHeaderWriter _headerWriter = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<int, SpdyStream> _streams = new();
    private readonly Channel<SpdyStream> _opened = Channel.CreateUnbounded<SpdyStream>();

    public SpdyConnection(Stream transport) => _transport = transport;

    private enum FrameType : ushort
    {
        SynStream = 1,
        SynReply = 2,
        RstStream = 3,
        Settings = 4,
        Ping = 6,
        GoAway = 7,
        Headers = 8,
        WindowUpdate = 9,
    }

    /// <summary>The streams that the client opens, each already answered; ends with the connection.</summary>
    public ChannelReader<SpdyStream> Opened => _opened.Reader;

    /// <summary>Reads frames until the client goes away or is told to.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var header = new byte[HeaderLength];
            while (await _transport.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) == HeaderLength)
            {
                var first = BinaryPrimitives.ReadUInt32BigEndian(header);
                var length = (int)(BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)) & 0xffffff);
                if (length > LargestFrame)
                {
                    throw new InvalidDataException($"a frame of {length} bytes");
                }

                var body = new byte[length];
                await _transport.ReadExactlyAsync(body, cancellationToken).ConfigureAwait(false);
                if (first >> 31 == 0)
                {
                    await TakeDataAsync((int)first, header[4], body).ConfigureAwait(false);
                }
                else if ((FrameType)(first & 0xffff) == FrameType.GoAway)
                {
                    return;
                }
                else
                {
                    await TakeControlAsync((FrameType)(first & 0xffff), header[4], body, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception end) when (end is IOException or InvalidDataException or OperationCanceledException)
        {
            // The client is gone, or speaks something else: either way there is nobody to tell.
        }
        finally
        {
            _opened.Writer.TryComplete();
            foreach (var stream in _streams.Values)
            {
                await stream.EndInputAsync().ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await WriteControlAsync(FrameType.GoAway, 0, new byte[8], CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // The client went first.
        }

        _headerReader.Dispose();
        _writing.Dispose();
    }

    internal async Task WriteDataAsync(int stream, ReadOnlyMemory<byte> data, bool last, CancellationToken cancellationToken)
    {
        var frame = new byte[HeaderLength + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, stream);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), data.Length);
        frame[4] = last ? FlagFin : (byte)0;
        data.CopyTo(frame.AsMemory(HeaderLength));
        await WriteAsync(frame, cancellationToken).ConfigureAwait(false);
    }

    internal async Task ResetAsync(int stream, CancellationToken cancellationToken)
    {
        _streams.TryRemove(stream, out _);
        var body = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(body, stream);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(4), 5); // CANCEL
        await WriteControlAsync(FrameType.RstStream, 0, body, cancellationToken).ConfigureAwait(false);
    }

    internal void Forget(int stream) => _streams.TryRemove(stream, out _);

    private async Task TakeDataAsync(int id, byte flags, byte[] body)
    {
        if (!_streams.TryGetValue(id, out var stream))
        {
            return; // Closed here already; what was under way to it is of no use.
        }

        await stream.TakeAsync(body).ConfigureAwait(false);
        if ((flags & FlagFin) != 0)
        {
            await stream.EndInputAsync().ConfigureAwait(false);
        }
    }

    private async Task TakeControlAsync(FrameType type, byte flags, byte[] body, CancellationToken cancellationToken)
    {
        switch (type)
        {
            case FrameType.SynStream:
                var id = BinaryPrimitives.ReadInt32BigEndian(body) & int.MaxValue;
                SpdyStream stream = new(this, id, _headerReader.Read(body.AsSpan(10)));
                _streams[id] = stream;
                await WriteHeadersAsync(id, cancellationToken).ConfigureAwait(false);
                if ((flags & FlagFin) != 0)
                {
                    await stream.EndInputAsync().ConfigureAwait(false);
                }

                _opened.Writer.TryWrite(stream);
                break;
            case FrameType.RstStream when _streams.TryRemove(BinaryPrimitives.ReadInt32BigEndian(body), out var reset):
                reset.Cancel();
                await reset.EndInputAsync().ConfigureAwait(false);
                break;
            case FrameType.Headers or FrameType.SynReply:
                _ = _headerReader.Read(body.AsSpan(4)); // Keeps the decoder in step.
                break;
            case FrameType.Ping:
                await WriteControlAsync(FrameType.Ping, 0, body, cancellationToken).ConfigureAwait(false);
                break;
            default:
                break;
        }
    }

    private async Task WriteHeadersAsync(int stream, CancellationToken cancellationToken)
    {
        // Header blocks are one compressed stream: they leave in the order in which they were written.
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var block = _headerWriter.Write(new Dictionary<string, string>());
            var body = new byte[4 + block.Length];
            BinaryPrimitives.WriteInt32BigEndian(body, stream);
            block.CopyTo(body, 4);
            await _transport.WriteAsync(Control(FrameType.SynReply, 0, body), cancellationToken).ConfigureAwait(false);
            await _transport.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private Task WriteControlAsync(FrameType type, byte flags, byte[] body, CancellationToken cancellationToken) =>
        WriteAsync(Control(type, flags, body), cancellationToken);

    private async Task WriteAsync(byte[] frame, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _transport.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
            await _transport.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private static byte[] Control(FrameType type, byte flags, byte[] body)
    {
        var frame = new byte[HeaderLength + body.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, 0x8003); // control frame, version 3
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)type);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), body.Length);
        frame[4] = flags;
        body.CopyTo(frame, HeaderLength);
        return frame;
    }
}

/// <summary>One stream of a SPDY connection, both ways.</summary>
internal sealed class SpdyStream : Stream
{
    private const int LargestData = 16 * 1024;

    private readonly SpdyConnection _connection;
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, useSynchronizationContext: false));
    private readonly Stream _reader;
    private readonly CancellationTokenSource _reset = new();
    private bool _closed;

    public SpdyStream(SpdyConnection connection, int id, IReadOnlyDictionary<string, string> headers)
    {
        _connection = connection;
        Id = id;
        Headers = headers;
        _reader = _input.Reader.AsStream();
    }

    public int Id { get; }

    /// <summary>What the client said about the stream when it opened it.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>Cancelled when the client gives the stream up.</summary>
    public CancellationToken Reset => _reset.Token;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _reader.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => _reader.ReadAsync(buffer, offset, count, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var some = buffer[..Math.Min(buffer.Length, LargestData)];
            await _connection.WriteDataAsync(Id, some, last: false, cancellationToken).ConfigureAwait(false);
            buffer = buffer[some.Length..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Says that nothing more will be written here.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (!_closed)
        {
            _closed = true;
            await _connection.WriteDataAsync(Id, default, last: true, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the stream up.</summary>
    public Task AbortAsync(CancellationToken cancellationToken) => _connection.ResetAsync(Id, cancellationToken);

    /// <summary>Both ends are done with it.</summary>
    public void Forget() => _connection.Forget(Id);

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    internal async Task TakeAsync(byte[] data)
    {
        if (data.Length > 0)
        {
            _ = await _input.Writer.WriteAsync(data).ConfigureAwait(false);
        }
    }

    internal async Task EndInputAsync() => await _input.Writer.CompleteAsync().ConfigureAwait(false);

    internal void Cancel() => _reset.Cancel();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _reset.Dispose();
        }

        base.Dispose(disposing);
    }
}
