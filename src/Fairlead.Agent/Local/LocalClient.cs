using System.Net;
using System.Net.Sockets;

namespace Fairlead.Agent.Local;

/// <summary>Asks the agent of this node over its local socket.</summary>
/// <param name="path">The socket's path.</param>
public sealed class LocalClient(string path = LocalSocket.DefaultPath) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new("http://agent/"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>The whole answer.</summary>
    /// <param name="question">Path and query: <c>/services?namespace=default</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AgentException">No agent answers, or it refuses; the message says why and what to do.</exception>
    public async Task<string> GetAsync(string question, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await AskAsync(question, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The answer line by line, as the agent sends it.</summary>
    /// <param name="question">Path and query.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="AgentException">No agent answers, or it refuses.</exception>
    public async IAsyncEnumerable<string> ReadLinesAsync(string question, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await AskAsync(question, cancellationToken).ConfigureAwait(false);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        while (await NextLineAsync(reader, cancellationToken).ConfigureAwait(false) is { } line)
        {
            yield return line;
        }
    }

    private async Task<HttpResponseMessage> AskAsync(string question, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await http.GetAsync(new Uri(question, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            string reason = File.Exists(path) ? e.InnerException?.Message ?? e.Message : "there is no such socket";
            throw new AgentException($"no agent answers at {path} ({reason}). Run this on a node whose agent runs, or name its socket with --socket.", e);
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            using (response)
            {
                throw new AgentException((await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)).TrimEnd());
            }
        }

        return response;
    }

    private static async Task<string?> NextLineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new AgentException("the agent ended while it answered; ask again when it is back.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();
}

/// <summary>The agent of this node doesn't answer, or can't answer this.</summary>
/// <param name="message">Why, and what to do.</param>
/// <param name="cause">What it came from.</param>
public sealed class AgentException(string message, Exception? cause = null) : Exception(message, cause);
