using System.Threading.Channels;

namespace Fairlead.Lab.Kubelet.Server.Remote;

/// <summary>A terminal's size in characters.</summary>
internal readonly record struct TerminalSize(ushort Columns, ushort Rows);

/// <summary>What a client that runs or joins a process has opened: the same for WebSocket and SPDY.</summary>
internal interface IRemoteStreams : IAsyncDisposable
{
    /// <summary>What the client types; null when it said that it would not.</summary>
    Stream? Input { get; }

    /// <summary>What the process prints; null when the client does not want it.</summary>
    Stream? Output { get; }

    /// <summary>What the process prints to standard error.</summary>
    Stream? Error { get; }

    /// <summary>The client's terminal, whenever it changes its size.</summary>
    ChannelReader<TerminalSize> Sizes { get; }

    /// <summary>Cancelled when the client is gone.</summary>
    CancellationToken Gone { get; }

    /// <summary>Says how it ended: a <c>Status</c> as JSON.</summary>
    Task FinishAsync(byte[] status);
}

/// <summary>What the client asked for, from the request's query.</summary>
internal readonly record struct RemoteOptions(bool Input, bool Output, bool Error, bool Terminal);
