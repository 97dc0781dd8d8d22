using Fairlead.Dns.Serving.Native;

namespace Fairlead.Dns.Serving;

/// <summary>A client's connection: what is half read and half written. Belongs to its worker's thread.</summary>
internal sealed class TcpConnection(Descriptor socket, Sender client, long now)
{
    /// <summary>The start of a query whose rest hasn't come.</summary>
    public byte[] Unread { get; set; } = [];

    /// <summary>Answers that the client hasn't made room for.</summary>
    public byte[] Unsent { get; set; } = [];

    public Descriptor Socket => socket;

    public Sender Client => client;

    /// <summary>When it last said something, in milliseconds.</summary>
    public long LastHeard { get; set; } = now;

    /// <summary>How many of its queries are on their way.</summary>
    public int Pending { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>Whether the client has said its last word; it may still listen.</summary>
    public bool HasEnded { get; set; }
}
