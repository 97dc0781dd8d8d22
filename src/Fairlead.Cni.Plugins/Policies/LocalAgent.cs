using System.Net.Sockets;
using System.Text;

namespace Fairlead.Cni.Plugins.Policies;

/// <summary>The agent of this node, asked over its Unix socket by HTTP/1.0, for which no client of megabytes is needed.</summary>
internal sealed class LocalAgent(string path, TimeSpan timeout)
{
    private const int LongestAnswer = 64 * 1024;

    /// <summary>Asks, and waits for the answer.</summary>
    /// <exception cref="AgentUnreachableException">Nobody answers.</exception>
    /// <exception cref="CniException">The agent says no (code 11).</exception>
    public string Ask(string question)
    {
        byte[] buffer = new byte[LongestAnswer];
        int length = 0;
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendTimeout = (int)timeout.TotalMilliseconds, ReceiveTimeout = (int)timeout.TotalMilliseconds };
            socket.Connect(new UnixDomainSocketEndPoint(path));
            socket.Send(Encoding.ASCII.GetBytes($"GET {question} HTTP/1.0\r\nHost: agent\r\n\r\n"));
            for (int read; length < buffer.Length && (read = socket.Receive(buffer.AsSpan(length))) > 0; length += read)
            {
            }
        }
        catch (SocketException e)
        {
            throw new AgentUnreachableException($"no agent answers at {path}: {e.Message}", e);
        }

        string answer = Encoding.UTF8.GetString(buffer, 0, length);
        int body = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        string[] status = answer.Split(' ', 3);
        if (body < 0 || status.Length < 3)
        {
            throw new AgentUnreachableException($"the agent at {path} ended while it was asked", null);
        }

        return status[1] == "200" ? answer[(body + 4)..] : throw new CniException(CniErrorCode.TryAgainLater, $"the agent says: {answer[(body + 4)..].TrimEnd()}");
    }
}

/// <summary>Nobody answers on the agent's socket.</summary>
internal sealed class AgentUnreachableException(string message, Exception? inner) : Exception(message, inner);
