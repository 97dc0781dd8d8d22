using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Fairlead.Kubernetes;

/// <summary>
/// Writes Events in the background. The same thing said again about the same object within ten minutes raises the count of the event that is
/// there. What cannot be written is dropped: events inform people, nothing may depend on them.
/// </summary>
public sealed class EventRecorder
{
    private const int MostWaiting = 1000;
    private const int MostRemembered = 4096;
    private const int LongestMessage = 1024;
    private static readonly TimeSpan SameWithin = TimeSpan.FromMinutes(10);

    private readonly KubernetesClient _client;
    private readonly EventSource _source;
    private readonly Channel<Entry> _entries = Channel.CreateBounded<Entry>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Dictionary<Identity, Written> _written = [];

    /// <summary>A recorder; nothing is written before <see cref="RunAsync"/>.</summary>
    /// <param name="client">The server.</param>
    /// <param name="component">Who reports, such as <c>deployment-controller</c>.</param>
    /// <param name="host">From which node, where that matters.</param>
    public EventRecorder(KubernetesClient client, string component, string? host = null)
    {
        _client = client;
        _source = new EventSource { Component = component, Host = host };
    }

    /// <summary>Records that all is well.</summary>
    /// <param name="about">The object that it happened to.</param>
    /// <param name="reason">One word, such as <c>Scheduled</c>.</param>
    /// <param name="message">A sentence.</param>
    public void Normal(IKubernetesObject about, string reason, string message) => Record(Reference(about), "Normal", reason, message);

    /// <summary>Records that something is not as it should be.</summary>
    /// <param name="about">The object that it happened to.</param>
    /// <param name="reason">One word, such as <c>FailedScheduling</c>.</param>
    /// <param name="message">A sentence.</param>
    public void Warning(IKubernetesObject about, string reason, string message) => Record(Reference(about), "Warning", reason, message);

    /// <summary>Records something about any reference, such as one container of a pod (<see cref="ObjectReference.FieldPath"/>).</summary>
    public void Record(ObjectReference about, string type, string reason, string message) =>
        _entries.Writer.TryWrite(new Entry(about, type, reason, message.Length > LongestMessage ? message[..LongestMessage] : message));

    /// <summary>A reference to an object.</summary>
    public static ObjectReference Reference(IKubernetesObject about) => new()
    {
        ApiVersion = about.ApiVersion,
        Kind = about.Kind,
        Namespace = about.Metadata.Namespace.Length > 0 ? about.Metadata.Namespace : null,
        Name = about.Metadata.Name,
        Uid = about.Metadata.Uid,
        ResourceVersion = about.Metadata.ResourceVersion,
    };

    /// <summary>Writes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (Entry entry in _entries.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    await WriteAsync(entry, cancellationToken).ConfigureAwait(false);
                }
                catch (Exception e) when (e is KubernetesException or HttpRequestException or IOException or TimeoutException)
                {
                    // Dropped, as promised.
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task WriteAsync(Entry entry, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _client.Options.TimeProvider.GetUtcNow();
        Identity identity = new(entry.About.Uid ?? "", entry.About.FieldPath, entry.Type, entry.Reason, entry.Message);
        if (_written.TryGetValue(identity, out Written? before) && now - before.Last < SameWithin && await TryRaiseAsync(before, now, cancellationToken).ConfigureAwait(false))
        {
            before.Last = now;
            return;
        }

        // Events about objects of the whole cluster live in "default".
        string ns = entry.About.Namespace ?? "default";
        Event created = await _client.CreateAsync(new Event
        {
            Metadata = new ObjectMeta { Namespace = ns, Name = $"{entry.About.Name}.{now.UtcTicks - DateTimeOffset.UnixEpoch.Ticks:x}" },
            InvolvedObject = entry.About,
            Type = entry.Type,
            Reason = entry.Reason,
            Message = entry.Message,
            Source = _source,
            FirstTimestamp = now,
            LastTimestamp = now,
            Count = 1,
            ReportingController = _source.Component ?? "",
            ReportingInstance = _source.Host ?? "",
        }, cancellationToken).ConfigureAwait(false);
        if (_written.Count >= MostRemembered)
        {
            _written.Clear();
        }

        _written[identity] = new Written(created.Metadata.Key) { Last = now, Count = 1 };
    }

    private async Task<bool> TryRaiseAsync(Written before, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            before.Count++;
            JsonObject change = new() { ["count"] = before.Count, ["lastTimestamp"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture) };
            await _client.PatchAsync<Event>(before.Key, Patch.Merge(change), null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            // It was cleaned up; a new one is due.
            return false;
        }
    }

    private sealed record Entry(ObjectReference About, string Type, string Reason, string Message);

    private sealed record Identity(string Uid, string? FieldPath, string Type, string Reason, string Message);

    private sealed record Written(ObjectKey Key)
    {
        public DateTimeOffset Last { get; set; }

        public int Count { get; set; }
    }
}
