using System.Net.WebSockets;

namespace Fairlead.Lab.Kubelet.Server.Remote;

/// <summary>A WebSocket as a plain stream of bytes: messages' bounds mean nothing. What kubectl tunnels SPDY through.</summary>
internal sealed class WebSocketByteStream(WebSocket socket) : WriteOnlyStream
{
    public override bool CanRead => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return 0;
                }

                if (part.Count > 0)
                {
                    return part.Count;
                }
            }
        }
        catch (WebSocketException gone)
        {
            throw new IOException("the client is gone", gone);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is WebSocketException or InvalidOperationException)
        {
            throw new IOException("the client is gone", gone);
        }
    }
}
