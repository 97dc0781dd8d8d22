using System.Buffers;
using System.Collections.Concurrent;

namespace Fairlead.Dns.Serving;

/// <summary>
/// Room for the largest message, taken from a pool only when something is written or read: thousands of queries may wait for upstreams, and all that they hold is this object.
/// </summary>
internal sealed class ResponseBuffer : MemoryManager<byte>
{
    /// <summary>Behind the message there is room for an OPT record.</summary>
    private const int RoomForOptions = 64;

    private const int MostIdle = 64;

    private static readonly ConcurrentQueue<byte[]> Idle = new();

    private byte[]? _bytes;

    /// <inheritdoc/>
    public override Memory<byte> Memory => CreateMemory(IQueryHandler.ResponseBufferSize);

    /// <inheritdoc/>
    public override Span<byte> GetSpan() =>
        _bytes ??= Idle.TryDequeue(out byte[]? idle) ? idle : GC.AllocateUninitializedArray<byte>(IQueryHandler.ResponseBufferSize + RoomForOptions);

    /// <summary>Gives the room back; nothing of what was written counts any more.</summary>
    public void Release()
    {
        if (_bytes is { } bytes)
        {
            _bytes = null;
            if (Idle.Count < MostIdle)
            {
                Idle.Enqueue(bytes);
            }
        }
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException("A response buffer isn't pinned.");

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => Release();
}
