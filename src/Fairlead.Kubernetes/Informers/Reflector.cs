using System.Text.Json;

namespace Fairlead.Kubernetes;

/// <summary>
/// Follows a resource for any number of takers: lists once, watches from there, resumes where a watch ended, lists again where the server has forgotten. It keeps
/// nothing itself; each object is decoded once, whoever wants to know of it.
/// </summary>
/// <typeparam name="T">The type of the objects.</typeparam>
public sealed class Reflector<T>
    where T : class, IKubernetesObject
{
    private readonly KubernetesClient _client;
    private readonly ResourceKind<T> _kind;
    private readonly InformerOptions _options;
    private readonly List<IReflectorSink<T>> _sinks = [];

    /// <summary>A reflector; nothing happens before <see cref="RunAsync"/>.</summary>
    /// <param name="client">The server.</param>
    /// <param name="kind">The resource.</param>
    /// <param name="options">Which objects, and how to retry.</param>
    public Reflector(KubernetesClient client, ResourceKind<T> kind, InformerOptions? options = null)
    {
        _client = client;
        _kind = kind;
        _options = options ?? new InformerOptions();
    }

    /// <summary>Raised when a list or watch failed and will be tried again.</summary>
    public event Action<Exception>? Failed;

    /// <summary>The resource.</summary>
    public ResourceDefinition Definition => _kind.Definition;

    /// <summary>Adds somebody who takes what is seen; call before <see cref="RunAsync"/>.</summary>
    public void Add(IReflectorSink<T> sink) => _sinks.Add(sink);

    /// <summary>Runs until cancelled. Failures to reach the server are retried for ever; anything else is thrown.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Backoff backoff = new(_options.ShortestRetry, _options.LongestRetry, _client.Options.TimeProvider);
        string? revision = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (revision is null)
                {
                    _sinks.ForEach(static sink => sink.BeginList());
                    revision = await _client.ListAsync(_kind, _options.Selection, Listed, cancellationToken).ConfigureAwait(false);
                    _sinks.ForEach(sink => sink.EndList(revision));
                }

                bool any = false;
                await foreach (WatchEvent<T> happened in _client.WatchAsync(_kind, _options.Selection, revision, cancellationToken).ConfigureAwait(false))
                {
                    any = true;
                    backoff.Reset();
                    revision = happened.Object.Metadata.ResourceVersion;
                    _sinks.ForEach(sink => sink.Happened(happened));
                }

                if (!any)
                {
                    // A server that ends every watch at once must not be asked in a tight loop.
                    await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (KubernetesException e) when (e.IsGone)
            {
                revision = null;
            }
            catch (Exception e) when (e is KubernetesException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
            {
                Failed?.Invoke(e);
                await WaitAsync(backoff, cancellationToken).ConfigureAwait(false);
            }
            catch (JsonException e)
            {
                // An object that cannot be read as its kind: seen again after a list, so say so and go on from there.
                Failed?.Invoke(e);
                revision = null;
                await WaitAsync(backoff, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void Listed(T item)
    {
        foreach (IReflectorSink<T> sink in _sinks)
        {
            sink.Listed(item);
        }
    }

    private static async Task WaitAsync(Backoff backoff, CancellationToken cancellationToken)
    {
        try
        {
            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop sees the token.
        }
    }
}
