using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.Lab.Kubelet.Images;

/// <summary>
/// What a container runs whose image names no command: answers every HTTP request with its pod's name. One thread, no frameworks: there is one of
/// these for each pod of an example, and a machine holds hundreds.
/// </summary>
public static class HttpResponder
{
    private const int LargestHead = 16 * 1024;

    /// <summary>Serves on a port of every address, IPv4 and IPv6, until SIGTERM or SIGINT.</summary>
    /// <param name="port">The TCP port.</param>
    /// <param name="name">What to answer; null for the host name, which in a pod is the pod's name.</param>
    /// <returns>The process's exit code: 0 when it was asked to stop, 1 when the port is taken.</returns>
    public static int Run(int port, string? name = null)
    {
        var body = (name ?? Environment.MachineName) + "\n";
        using var listener = Listen(port);
        if (listener is null)
        {
            Console.Error.WriteLine($"port {port} is taken");
            return 1;
        }

        // As process 1 of its pid namespace it gets no signal that it does not ask for (pid_namespaces(7)).
        using var terminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, Stop);
        using var interrupt = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGINT, Stop);
        Console.Out.WriteLine($"serving HTTP on port {port}: every request is answered with {body.TrimEnd()}");
        Serve(listener, body);
        return 0;

        static void Stop(System.Runtime.InteropServices.PosixSignalContext context)
        {
            context.Cancel = true;
            Environment.Exit(0);
        }
    }

    /// <summary>The answer to one request's head, and whether the connection stays open after it; pure.</summary>
    internal static (byte[] Answer, bool KeepAlive) Answer(string head, string body)
    {
        var lines = head.Split("\r\n");
        var request = lines[0].Split(' ');
        if (request.Length < 3 || !request[2].StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            return ("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), false);
        }

        var connection = lines.Skip(1).FirstOrDefault(static l => l.StartsWith("connection:", StringComparison.OrdinalIgnoreCase))?["connection:".Length..] ?? "";
        var keepAlive = request[2] == "HTTP/1.0"
            ? connection.Contains("keep-alive", StringComparison.OrdinalIgnoreCase)
            : !connection.Contains("close", StringComparison.OrdinalIgnoreCase);
        var text = $"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: {(keepAlive ? "keep-alive" : "close")}\r\n\r\n{(request[0] == "HEAD" ? "" : body)}";
        return (Encoding.UTF8.GetBytes(text), keepAlive);
    }

    private static Socket? Listen(int port)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            socket.Listen(512);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void Serve(Socket listener, string body)
    {
        Dictionary<Socket, Connection> connections = [];
        var buffer = new byte[4096];
        List<Socket> readable = [];
        while (true)
        {
            readable.Clear();
            readable.Add(listener);
            readable.AddRange(connections.Keys);
            Socket.Select(readable, null, null, Timeout.InfiniteTimeSpan);
            foreach (var socket in readable)
            {
                if (socket == listener)
                {
                    var accepted = listener.Accept();
                    accepted.NoDelay = true;
                    connections.Add(accepted, new Connection());
                }
                else if (!Take(socket, connections[socket], buffer, body))
                {
                    connections.Remove(socket);
                    socket.Dispose();
                }
            }
        }
    }

    /// <summary>Reads what is there and answers what is whole; false when the connection is over.</summary>
    private static bool Take(Socket socket, Connection connection, byte[] buffer, string body)
    {
        int count;
        try
        {
            count = socket.Receive(buffer);
        }
        catch (SocketException)
        {
            return false;
        }

        if (count == 0 || connection.Head.Length + count > LargestHead)
        {
            return false;
        }

        var fresh = buffer.AsSpan(0, count);
        var skipped = (int)Math.Min(connection.BodyLeft, fresh.Length);
        connection.BodyLeft -= skipped;
        connection.Head.Append(Encoding.Latin1.GetString(fresh[skipped..]));
        while (connection.BodyLeft == 0 && connection.Head.ToString() is var text && text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var end and >= 0)
        {
            var head = text[..end];
            var rest = text[(end + 4)..];
            connection.BodyLeft = ContentLength(head);
            var inRest = (int)Math.Min(connection.BodyLeft, rest.Length);
            connection.BodyLeft -= inRest;
            connection.Head.Clear().Append(rest.AsSpan(inRest));
            var (answer, keepAlive) = Answer(head, body);
            try
            {
                socket.Send(answer);
            }
            catch (SocketException)
            {
                return false;
            }

            if (!keepAlive)
            {
                return false;
            }
        }

        return true;
    }

    private static long ContentLength(string head) =>
        head.Split("\r\n").FirstOrDefault(static l => l.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase)) is { } line
        && long.TryParse(line["content-length:".Length..].Trim(), System.Globalization.CultureInfo.InvariantCulture, out var length) && length > 0 ? length : 0;

    private sealed class Connection
    {
        /// <summary>What has come of a request's head, as Latin-1 so that bytes are characters.</summary>
        public StringBuilder Head { get; } = new();

        /// <summary>How much of a request's body is still to come and to be ignored.</summary>
        public long BodyLeft { get; set; }
    }
}
