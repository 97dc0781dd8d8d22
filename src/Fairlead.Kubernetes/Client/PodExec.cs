using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Fairlead.Kubernetes;

/// <summary>What a program in a container did.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public sealed record ExecResult(int ExitCode, string Output, string Error);

/// <summary>
/// Runs programs in containers through the API, as <c>kubectl exec</c> does: a WebSocket of the subprotocol v5.channel.k8s.io, whose messages begin with
/// the number of their channel. Source: KEP-4006, k8s.io/apimachinery/pkg/util/remotecommand.
/// </summary>
public static class PodExec
{
    private const string Subprotocol = "v5.channel.k8s.io";
    private const byte OutputChannel = 1;
    private const byte ErrorChannel = 2;
    private const byte StatusChannel = 3;

    /// <summary>Runs a program without input and returns what it printed.</summary>
    /// <param name="client">The API.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container; null for the only one that the pod has.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="cancellationToken">Gives up; the program may go on.</param>
    /// <exception cref="KubernetesException">The program could not be started.</exception>
    /// <exception cref="WebSocketException">The API refused or the connection broke.</exception>
    public static async Task<ExecResult> ExecAsync(this KubernetesClient client, ObjectKey pod, string? container, IReadOnlyList<string> command, CancellationToken cancellationToken = default)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(Subprotocol);
        socket.Options.HttpVersion = HttpVersion.Version11;
        await socket.ConnectAsync(Address(client, pod, container, command), client.Http, cancellationToken).ConfigureAwait(false);

        using var output = new MemoryStream();
        using var error = new MemoryStream();
        KubernetesStatus? status = null;
        await foreach ((byte channel, byte[] payload) in MessagesAsync(socket, cancellationToken).ConfigureAwait(false))
        {
            switch (channel)
            {
                case OutputChannel:
                    output.Write(payload);
                    break;
                case ErrorChannel:
                    error.Write(payload);
                    break;
                case StatusChannel:
                    status = JsonSerializer.Deserialize(payload, KubernetesJson.TypeInfo<KubernetesStatus>());
                    break;
                default:
                    // The channels of input and terminal size have nothing to tell us.
                    break;
            }
        }

        return new ExecResult(ExitCode(status, pod, command), Text(output), Text(error));
    }

    private static Uri Address(KubernetesClient client, ObjectKey pod, string? container, IReadOnlyList<string> command)
    {
        var query = new StringBuilder("stdout=true&stderr=true");
        if (container is not null)
        {
            query.Append("&container=").Append(Uri.EscapeDataString(container));
        }

        foreach (string argument in command)
        {
            query.Append("&command=").Append(Uri.EscapeDataString(argument));
        }

        Uri server = client.Options.Server;
        return new UriBuilder(server)
        {
            Scheme = server.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs,
            Path = $"/api/v1/namespaces/{pod.Namespace}/pods/{pod.Name}/exec",
            Query = query.ToString(),
        }.Uri;
    }

    private static async IAsyncEnumerable<(byte Channel, byte[] Payload)> MessagesAsync(
        ClientWebSocket socket, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[32 * 1024];
        using var message = new MemoryStream();
        while (true)
        {
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken).ConfigureAwait(false);
                yield break;
            }

            message.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
            {
                byte[] bytes = message.ToArray();
                message.SetLength(0);
                if (bytes.Length > 1)
                {
                    yield return (bytes[0], bytes[1..]);
                }
            }
        }
    }

    private static int ExitCode(KubernetesStatus? status, ObjectKey pod, IReadOnlyList<string> command)
    {
        if (status is null)
        {
            throw new WebSocketException($"The connection to {pod} ended before '{command[0]}' did.");
        }

        if (status.Status == "Success")
        {
            return 0;
        }

        string? code = status.Details?.Causes.FirstOrDefault(cause => cause.Reason == "ExitCode")?.Message;
        return int.TryParse(code, out int exitCode) ? exitCode : throw new KubernetesException($"run {command[0]} in {pod}", status);
    }

    private static string Text(MemoryStream stream) => Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
}
