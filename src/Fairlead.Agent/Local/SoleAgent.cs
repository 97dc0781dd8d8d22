using System.Globalization;
using System.Net.Sockets;
using Fairlead.Agent.Telemetry;

namespace Fairlead.Agent.Local;

/// <summary>
/// Finds out whether another agent works in the same network namespace: two with different options would repair each other's work for ever. For an upgrade there may be
/// two for a while, so that one that stays is reported and not refused.
/// </summary>
/// <remarks>
/// The lock is the name of an abstract socket: the kernel keeps those apart by network namespace, as it does routes and tables, and frees one when its process ends,
/// however that is. Source: unix(7).
/// </remarks>
internal sealed class SoleAgent(string nodeName, TimeSpan handover, NodeProblems problems, TimeProvider time)
{
    /// <summary>How long an agent that is being replaced may stay without a word.</summary>
    public static readonly TimeSpan UsualHandover = TimeSpan.FromSeconds(30);

    private const string Key = "agent/second";
    private const int SocketLevel = 1, PeerCredentials = 17; // SOL_SOCKET, SO_PEERCRED
    private static readonly UnixDomainSocketEndPoint s_name = new("\0fairlead-agent");
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    /// <summary>Takes the lock in the calling thread's network namespace, and holds it until cancelled; while another one has it, that is a problem of the node.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        long began = time.GetTimestamp();
        string? holder = null;
        while (!TryTake(socket))
        {
            if (time.GetElapsedTime(began) >= handover)
            {
                holder ??= Holder();
                problems.Raise(Key, new("Node", new("", nodeName), "SecondAgent", string.Create(CultureInfo.InvariantCulture,
                    $"Node {nodeName}: another Fairlead agent{holder} works in the same network namespace. Where the options of the two differ, each undoes what the other does. End one of them.")));
            }

            await Task.Delay(s_look, time, cancellationToken).ConfigureAwait(false);
        }

        problems.Clear(Key);
        while (true)
        {
            // Who asks has its answer from the kernel, and only takes up room in the queue.
            using Socket asker = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool TryTake(Socket socket)
    {
        try
        {
            socket.Bind(s_name);
            socket.Listen(64); // so that who comes second can ask the kernel who this is
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }

    /// <summary>The number of the other process, where it can be seen from here: struct ucred begins with it.</summary>
    private static string Holder()
    {
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            socket.Connect(s_name);
            byte[] credentials = new byte[12];
            socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
            int process = BitConverter.ToInt32(credentials);
            return process == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (process {process})");
        }
        catch (SocketException)
        {
            return ""; // it has just ended, or its queue is full
        }
    }
}
