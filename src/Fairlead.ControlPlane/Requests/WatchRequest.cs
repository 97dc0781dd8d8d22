using System.Buffers;
using System.Text;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Printing;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.ControlPlane.Requests;

/// <summary>
/// Watches. A watcher is a position in its collection's window of events, nothing more: it reads from there at its own pace, and one that
/// falls out of the window, or doesn't take its bytes within a time, is cut off. No watcher can hold up another or a writer.
/// </summary>
internal sealed class WatchRequest(ObjectStore store, TimeProvider time)
{
    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StalledAfter = TimeSpan.FromSeconds(30);
    private const int BatchSize = 512;

    public async Task RunAsync(RequestContext request)
    {
        var options = ListOptions.Read(request, watch: true);
        var negotiated = Negotiation.Choose(request.Http.Request);
        var timeout = options.Timeout ?? TimeSpan.FromSeconds(1800 + Random.Shared.Next(1800));
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted);
        using var timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), ended, timeout, Timeout.InfiniteTimeSpan);

        // A watch from a revision that is still to come shows what happens after it; a list needs that state now.
        if (options.SendInitialEvents == true && options.Revision > store.Revision)
        {
            await WaitForRevisionAsync(options.Revision, ended.Token);
        }

        var (initial, position, revision) = Start(request, options);
        request.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        request.Http.Response.StatusCode = 200;
        request.Http.Response.ContentType = negotiated.Shape switch
        {
            AnswerShape.Table => "application/json;as=Table;v=v1;g=meta.k8s.io",
            AnswerShape.Metadata => "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
            _ => "application/json",
        };
        Frames frames = new(request, negotiated.Shape, time);
        try
        {
            // The headers go out at once: a client's watch is established even when nothing happens.
            await request.Http.Response.StartAsync(ended.Token);
            await FlushAsync(request.Http, frames, ended.Token);
            await RunAsync(request, options, frames, initial, position, revision, ended.Token);
        }
        catch (OperationCanceledException) when (!request.Aborted.IsCancellationRequested)
        {
            // The watch's own time is over: the stream ends as it should and the client watches again.
        }
    }

    private async Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken)
    {
        // What a client knows from one connection may be published here a moment later; nothing more than a moment.
        for (var i = 0; i < 30 && store.Revision < revision && !cancellationToken.IsCancellationRequested; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (store.Revision < revision)
        {
            throw StatusException.RevisionTooLarge(revision, store.Revision);
        }
    }

    /// <summary>Objects to show first, where in the window to go on, and the revision of that state.</summary>
    private (List<StoredObject>? Initial, long Position, long Revision) Start(RequestContext request, ListOptions options)
    {
        var collection = request.Served.Collection!;
        var sendInitial = options.SendInitialEvents ?? options.ResourceVersion is "" or "0";
        return store.Locked(() =>
        {
            if (sendInitial)
            {
                return ((List<StoredObject>?)collection.Snapshot(request.Namespace), collection.EndOfEvents, store.Revision);
            }

            if (options.Revision == 0)
            {
                return ((List<StoredObject>?)null, collection.EndOfEvents, store.Revision);
            }

            var position = collection.SequenceAfter(options.Revision);
            return (null, position ?? -1, options.Revision);
        });
    }

    private async Task RunAsync(
        RequestContext request, ListOptions options, Frames frames, List<StoredObject>? initial, long position, long revision, CancellationToken cancellationToken)
    {
        var http = request.Http;
        var collection = request.Served.Collection!;
        if (position < 0)
        {
            frames.Error(StatusException.Expired($"too old resource version: {options.Revision} ({collection.CompactedRevision})"));
            await FlushAsync(http, frames, cancellationToken);
            return;
        }

        foreach (var item in initial ?? [])
        {
            if (options.Labels.Matches(item) && options.Fields.Matches(item))
            {
                frames.Event("ADDED", item, item.Json);
                if (frames.IsLarge)
                {
                    await FlushAsync(http, frames, cancellationToken);
                }
            }
        }

        if (options.SendInitialEvents == true && options.AllowBookmarks)
        {
            frames.Bookmark(revision, initialEventsEnd: true);
        }

        initial = null;
        await FlushAsync(http, frames, cancellationToken);
        List<StoreEvent> batch = [];
        while (true)
        {
            Task changed = Task.CompletedTask;
            batch.Clear();
            var known = store.Locked(() =>
            {
                changed = collection.Changed;
                revision = store.Revision;
                return collection.TryRead(position, batch, BatchSize);
            });
            if (!known)
            {
                // It was too slow: better cut off than told half of what happened.
                frames.Error(StatusException.Expired("too old resource version: the watch fell behind"));
                await FlushAsync(http, frames, cancellationToken);
                return;
            }

            position += batch.Count;
            foreach (var change in batch)
            {
                if (change.Revision <= options.Revision)
                {
                    continue;
                }

                Write(frames, change, request.Namespace, options);
                if (frames.IsLarge)
                {
                    await FlushAsync(http, frames, cancellationToken);
                }
            }

            if (batch.Count > 0)
            {
                await FlushAsync(http, frames, cancellationToken);
                continue;
            }

            if (!options.AllowBookmarks)
            {
                await changed.WaitAsync(cancellationToken);
            }
            else if (!await ChangedWithinAsync(changed, cancellationToken))
            {
                frames.Bookmark(Math.Max(revision, options.Revision), initialEventsEnd: false);
                await FlushAsync(http, frames, cancellationToken);
            }
        }
    }

    private async Task<bool> ChangedWithinAsync(Task changed, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(BookmarkInterval, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>An object that comes into the selection was added to it, one that leaves it was deleted from it.</summary>
    private static void Write(Frames frames, StoreEvent change, string ns, ListOptions options)
    {
        if (ns.Length > 0 && change.Current.Namespace != ns)
        {
            return;
        }

        var was = change.Previous is { } previous && options.Labels.Matches(previous) && options.Fields.Matches(previous);
        var isNow = !change.Deleted && options.Labels.Matches(change.Current) && options.Fields.Matches(change.Current);
        switch (was, isNow)
        {
            case (false, true):
                frames.Event("ADDED", change.Current, change.Current.Json);
                break;
            case (true, true):
                frames.Event("MODIFIED", change.Current, change.Current.Json);
                break;
            case (true, false):
                frames.Event("DELETED", change.Current, change.Deleted ? change.Current.Json : KubernetesJson.WithResourceVersion(change.Previous!.Json, change.Revision));
                break;
        }
    }

    private async Task FlushAsync(HttpContext http, Frames frames, CancellationToken cancellationToken)
    {
        var written = frames.Take();
        using var stalled = new CancellationTokenSource(StalledAfter, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stalled.Token, cancellationToken);
        try
        {
            await http.Response.Body.WriteAsync(written, either.Token);
            await http.Response.Body.FlushAsync(either.Token);
        }
        catch (OperationCanceledException) when (stalled.IsCancellationRequested)
        {
            http.Abort();
            throw;
        }
        finally
        {
            frames.Clear();
        }
    }

    /// <summary>Builds watch events in the shape asked for. The object's bytes are the stored ones: nothing is serialised again per watcher.</summary>
    private sealed class Frames(RequestContext request, AnswerShape shape, TimeProvider time)
    {
        private readonly ArrayBufferWriter<byte> _buffer = new(1024);
        private readonly ResourceDefinition _resource = request.Resource;
        private readonly IncludedObject _included = TableWriter.Included(request.Query("includeObject"));
        private bool _headersSent;

        public bool IsLarge => _buffer.WrittenCount > 64 << 10;

        public ReadOnlyMemory<byte> Take() => _buffer.WrittenMemory;

        public void Clear()
        {
            _buffer.ResetWrittenCount();
        }

        public void Event(string type, StoredObject value, byte[] json)
        {
            var shown = Answers.View(_resource, json);
            switch (shape)
            {
                case AnswerShape.Table:
                    Frame(type, TableWriter.Write(
                        _resource.Columns, [shown], writer => writer.WriteString("resourceVersion", value.Revision.Invariant()), _included, time.GetUtcNow(), headers: !_headersSent));
                    _headersSent = true;
                    break;
                case AnswerShape.Metadata:
                    Frame(type, TableWriter.Partial(shown));
                    break;
                default:
                    Frame(type, shown);
                    break;
            }
        }

        public void Bookmark(long revision, bool initialEventsEnd)
        {
            var annotations = initialEventsEnd ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
            var metadata = $"{{\"resourceVersion\":\"{revision}\"{annotations}}}";
            var partial = $"{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{metadata}}}";
            var text = shape switch
            {
                AnswerShape.Table => $"{{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{metadata},\"columnDefinitions\":[],\"rows\":[{{\"cells\":[],\"object\":{partial}}}]}}",
                AnswerShape.Metadata => partial,
                _ => $"{{\"kind\":\"{_resource.Kind}\",\"apiVersion\":\"{_resource.ApiVersion}\",\"metadata\":{metadata}}}",
            };
            Frame("BOOKMARK", Encoding.UTF8.GetBytes(text));
        }

        public void Error(StatusException error) => Frame("ERROR", KubernetesJson.WriteNode(error.ToStatus()));

        private void Frame(string type, ReadOnlySpan<byte> json)
        {
            _buffer.Write("{\"type\":\""u8);
            Encoding.ASCII.GetBytes(type, _buffer);
            _buffer.Write("\",\"object\":"u8);
            _buffer.Write(json);
            _buffer.Write("}\n"u8);
        }
    }
}
