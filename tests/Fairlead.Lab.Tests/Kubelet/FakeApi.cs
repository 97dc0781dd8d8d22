using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Lab.Tests.Kubelet;

/// <summary>Just enough of a Kubernetes API for a node: objects by path, merge patches, watches, and pods that a node is given time to stop.</summary>
internal sealed class FakeApi : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, JsonObject> _objects = [];
    private readonly List<(string Collection, string? NodeName, Channel<string> Events)> _watches = [];
    private readonly WebApplication _app;
    private long _revision = 100;

    private FakeApi(WebApplication app) => _app = app;

    /// <summary>What events said, in order: reason and message.</summary>
    public List<(string Object, string Reason, string Message)> Events { get; } = [];

    public static async Task<FakeApi> StartAsync(Socket listening)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.ListenHandle((ulong)listening.Handle));
        var app = builder.Build();
        FakeApi api = new(app);
        app.Run(api.AnswerAsync);
        await app.StartAsync();
        return api;
    }

    public void Create(string collection, JsonObject item)
    {
        lock (_gate)
        {
            var metadata = item["metadata"]!.AsObject();
            metadata.TryAdd("uid", Guid.NewGuid().ToString());
            metadata.TryAdd("creationTimestamp", "2026-01-01T00:00:00Z");
            Store($"{collection}/{metadata["name"]}", item, "ADDED");
        }
    }

    public JsonObject? Get(string path)
    {
        lock (_gate)
        {
            return _objects.TryGetValue(path, out var item) ? (JsonObject)item.DeepClone() : null;
        }
    }

    /// <summary>Deletes as a user does: a pod on a node is only marked, and the node deletes it for good.</summary>
    public void Delete(string path, long graceSeconds = 30)
    {
        lock (_gate)
        {
            var item = (JsonObject)_objects[path].DeepClone();
            item["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";
            item["metadata"]!["deletionGracePeriodSeconds"] = graceSeconds;
            Store(path, item, "MODIFIED");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private void Store(string path, JsonObject item, string type)
    {
        item["metadata"]!["resourceVersion"] = (++_revision).ToString();
        _objects[path] = item;
        Announce(path, item, type);
    }

    private void Announce(string path, JsonObject item, string type)
    {
        var text = new JsonObject { ["type"] = type, ["object"] = item.DeepClone() }.ToJsonString();
        foreach (var watch in _watches.Where(w => Matches(path, item, w.Collection, w.NodeName)))
        {
            watch.Events.Writer.TryWrite(text);
        }
    }

    private static bool Matches(string path, JsonObject item, string collection, string? nodeName)
    {
        var (own, plural) = (path[..path.LastIndexOf('/')], collection[(collection.LastIndexOf('/') + 1)..]);
        return (own == collection || (own.EndsWith("/" + plural, StringComparison.Ordinal) && !collection.Contains("/namespaces/", StringComparison.Ordinal)))
            && (nodeName is null || (string?)item["spec"]?["nodeName"] == nodeName);
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        string? subresource = null;
        if (path.EndsWith("/status", StringComparison.Ordinal) || path.EndsWith("/token", StringComparison.Ordinal))
        {
            (path, subresource) = (path[..path.LastIndexOf('/')], path[(path.LastIndexOf('/') + 1)..]);
        }

        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var skip = segments[0] == "api" ? 2 : 3;
        var isCollection = (segments.Length - skip - (segments[skip] == "namespaces" && segments.Length > skip + 2 ? 2 : 0)) == 1;
        var body = http.Request.ContentLength > 0 || http.Request.Headers.TransferEncoding.Count > 0
            ? (JsonObject?)await JsonNode.ParseAsync(http.Request.Body) : null;
        switch (http.Request.Method)
        {
            case "GET" when isCollection && http.Request.Query["watch"] == "true":
                await WatchAsync(http, path);
                break;
            case "GET" when isCollection:
                await WriteAsync(http, List(path, NodeName(http)));
                break;
            case "GET":
                await WriteAsync(http, Get(path));
                break;
            case "POST" when subresource == "token":
                body!["status"] = new JsonObject { ["token"] = "a-token", ["expirationTimestamp"] = "2099-01-01T00:00:00Z" };
                await WriteAsync(http, body);
                break;
            case "POST":
                Note(body!);
                Create(path, body!);
                await WriteAsync(http, body!, 201);
                break;
            case "PATCH":
                await WriteAsync(http, Patch(path, body!));
                break;
            case "DELETE":
                await WriteAsync(http, Remove(path));
                break;
            default:
                http.Response.StatusCode = 405;
                break;
        }
    }

    private void Note(JsonObject item)
    {
        if ((string?)item["kind"] == "Event")
        {
            lock (_gate)
            {
                Events.Add(((string)item["involvedObject"]!["name"]!, (string)item["reason"]!, (string)item["message"]!));
            }
        }
    }

    private static string? NodeName(HttpContext http) =>
        http.Request.Query["fieldSelector"].ToString() is { Length: > 0 } selector && selector.StartsWith("spec.nodeName=", StringComparison.Ordinal) ? selector["spec.nodeName=".Length..] : null;

    private JsonObject List(string collection, string? nodeName)
    {
        lock (_gate)
        {
            return new JsonObject
            {
                ["metadata"] = new JsonObject { ["resourceVersion"] = _revision.ToString() },
                ["items"] = new JsonArray([.. _objects.Where(o => Matches(o.Key, o.Value, collection, nodeName)).Select(static o => o.Value.DeepClone())]),
            };
        }
    }

    private JsonObject? Patch(string path, JsonObject change)
    {
        lock (_gate)
        {
            if (!_objects.TryGetValue(path, out var old))
            {
                return null;
            }

            var item = (JsonObject)old.DeepClone();
            Merge(item, change);
            if (item.ToJsonString() != old.ToJsonString())
            {
                Store(path, item, "MODIFIED");
            }

            return (JsonObject)item.DeepClone();
        }
    }

    private JsonObject? Remove(string path)
    {
        lock (_gate)
        {
            if (!_objects.Remove(path, out var item))
            {
                return null;
            }

            item["metadata"]!["resourceVersion"] = (++_revision).ToString();
            Announce(path, item, "DELETED");
            return item;
        }
    }

    private static void Merge(JsonObject target, JsonObject change)
    {
        foreach (var (name, value) in change)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject inner && target[name] is JsonObject existing)
            {
                Merge(existing, inner);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    private async Task WatchAsync(HttpContext http, string collection)
    {
        var events = Channel.CreateUnbounded<string>();
        var since = long.Parse(http.Request.Query["resourceVersion"].ToString() is { Length: > 0 } text ? text : "0");
        lock (_gate)
        {
            foreach (var (path, item) in _objects.Where(o => Matches(o.Key, o.Value, collection, NodeName(http)) && long.Parse((string)o.Value["metadata"]!["resourceVersion"]!) > since))
            {
                events.Writer.TryWrite(new JsonObject { ["type"] = "ADDED", ["object"] = item.DeepClone() }.ToJsonString());
            }

            _watches.Add((collection, NodeName(http), events));
        }

        http.Response.ContentType = "application/json";
        await http.Response.StartAsync();
        try
        {
            await foreach (var line in events.Reader.ReadAllAsync(http.RequestAborted))
            {
                await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The client went away.
        }
    }

    private static async Task WriteAsync(HttpContext http, JsonObject? body, int code = 200)
    {
        http.Response.StatusCode = body is null ? 404 : code;
        http.Response.ContentType = "application/json";
        body ??= new JsonObject { ["kind"] = "Status", ["status"] = "Failure", ["code"] = 404, ["reason"] = "NotFound", ["message"] = "not found" };
        await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(body));
    }
}
