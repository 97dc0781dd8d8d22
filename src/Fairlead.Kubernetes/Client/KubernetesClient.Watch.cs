using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Fairlead.Kubernetes;

public sealed partial class KubernetesClient
{
    private const int ShortestWatchSeconds = 300;
    private const int LongestWatchSeconds = 600;

    /// <summary>
    /// Watches from a revision until the server ends the watch (which it does now and then) or <paramref name="cancellationToken"/> does.
    /// Most callers want an <see cref="Informer{T}"/>.
    /// </summary>
    /// <param name="kind">The resource.</param>
    /// <param name="options">Which objects.</param>
    /// <param name="resourceVersion">The revision after which events are wanted; null for all that exists and from then on.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="KubernetesException">The server refuses, or, with <see cref="KubernetesException.IsGone"/>, has forgotten the revision.</exception>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceKind<T> kind,
        ListOptions? options = null,
        string? resourceVersion = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject
    {
        options ??= new ListOptions();
        int seconds = Random.Shared.Next(ShortestWatchSeconds, LongestWatchSeconds);
        string query = $"watch=true&allowWatchBookmarks=true&timeoutSeconds={seconds}";
        if (!string.IsNullOrEmpty(resourceVersion))
        {
            query += $"&resourceVersion={Uri.EscapeDataString(resourceVersion)}";
        }

        string path = kind.Definition.Path(options.Namespace) + options.Query(query);
        using HttpResponseMessage response = await StartWatchAsync(path, cancellationToken).ConfigureAwait(false);
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        PipeReader pipe = PipeReader.Create(body);
        try
        {
            while (true)
            {
                ReadResult read = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
                ReadOnlySequence<byte> buffer = read.Buffer;
                while (buffer.PositionOf((byte)'\n') is { } newline)
                {
                    ReadOnlySequence<byte> line = buffer.Slice(0, newline);
                    buffer = buffer.Slice(buffer.GetPosition(1, newline));
                    if (!line.IsEmpty)
                    {
                        yield return WatchFrameReader.Read(line, kind.Item);
                    }
                }

                pipe.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted)
                {
                    // What is left, if anything, is a torn frame: the next watch brings it whole.
                    yield break;
                }
            }
        }
        finally
        {
            await pipe.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The first byte of an answer is subject to the request timeout; what follows is not.</summary>
    private Task<HttpResponseMessage> StartWatchAsync(string path, CancellationToken cancellationToken) => InTimeAsync(
        HttpMethod.Get, path, limited => StartAsync(HttpMethod.Get, path, null, HttpCompletionOption.ResponseHeadersRead, limited), cancellationToken);
}
