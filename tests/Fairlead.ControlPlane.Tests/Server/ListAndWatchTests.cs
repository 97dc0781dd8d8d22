using System.Net;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Tests.Server;

public sealed class ListAndWatchTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private TestServer Server => shared.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<string> NamespaceAsync()
    {
        var made = await Server.CreateAsync("/api/v1/namespaces", """{"kind":"Namespace","apiVersion":"v1","metadata":{"generateName":"t-"}}""");
        return made["metadata"]!["name"]!.GetValue<string>();
    }

    private Task<JsonNode> ConfigMapAsync(string ns, string name, string labels = "{}") => Server.CreateAsync(
        $"/api/v1/namespaces/{ns}/configmaps", $$$"""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"{{{name}}}","labels":{{{labels}}}}}""");

    private static string Revision(JsonNode node) => node["metadata"]!["resourceVersion"]!.GetValue<string>();

    [Fact]
    public async Task Pages_show_one_snapshot_whatever_is_written_between_them()
    {
        var ns = await NamespaceAsync();
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            await ConfigMapAsync(ns, name);
        }

        var path = $"/api/v1/namespaces/{ns}/configmaps?limit=2";
        var first = await Server.OkAsync("GET", path);
        Assert.Equal(2, first["metadata"]!["remainingItemCount"]!.GetValue<int>());
        await Server.OkAsync("DELETE", $"/api/v1/namespaces/{ns}/configmaps/c");
        await ConfigMapAsync(ns, "e");
        var second = await Server.OkAsync("GET", path + "&continue=" + first["metadata"]!["continue"]);
        Assert.Equal("c,d", string.Join(',', second["items"]!.AsArray().Select(item => item!["metadata"]!["name"])));
        Assert.Equal(Revision(first), Revision(second));
        Assert.Null(second["metadata"]!["continue"]);
    }

    [Theory] //      selector                       names
    [InlineData("labelSelector=app%3Dx", "one,two")]
    [InlineData("labelSelector=app!%3Dx", "three")]
    [InlineData("labelSelector=app+in+(x,y),tier", "two")]
    [InlineData("labelSelector=!tier", "one,three")]
    [InlineData("fieldSelector=metadata.name%3Dtwo", "two")]
    [InlineData("fieldSelector=metadata.name!%3Dtwo", "one,three")]
    public async Task Selectors_select(string query, string names)
    {
        var ns = await NamespaceAsync();
        await ConfigMapAsync(ns, "one", """{"app":"x"}""");
        await ConfigMapAsync(ns, "two", """{"app":"x","tier":"back"}""");
        await ConfigMapAsync(ns, "three", """{"app":"z"}""");
        var list = await Server.OkAsync("GET", $"/api/v1/namespaces/{ns}/configmaps?{query}");
        Assert.Equal(names.Split(',').Order(), list["items"]!.AsArray().Select(item => item!["metadata"]!["name"]!.GetValue<string>()).Order());
    }

    [Fact]
    public async Task A_watch_sees_objects_come_into_and_leave_its_selection()
    {
        var ns = await NamespaceAsync();
        var start = Revision(await Server.OkAsync("GET", $"/api/v1/namespaces/{ns}/configmaps"));
        using var watch = await WatchAsync($"/api/v1/namespaces/{ns}/configmaps?watch=1&labelSelector=app%3Dx&resourceVersion={start}");
        await ConfigMapAsync(ns, "a");
        var path = $"/api/v1/namespaces/{ns}/configmaps/a";
        foreach (var label in (string[])["\"x\"", "\"x\"", "\"y\""])
        {
            await Server.OkAsync("PATCH", path, $$$$"""{"metadata":{"labels":{"app":{{{{label}}}}}},"data":{"n":"{{{{Guid.NewGuid()}}}}"}}""", "application/merge-patch+json");
        }

        await Server.OkAsync("PATCH", path, """{"metadata":{"labels":{"app":"x"}}}""", "application/merge-patch+json");
        await Server.OkAsync("DELETE", path);
        var events = await watch.TakeAsync(5);
        Assert.Equal("ADDED,MODIFIED,DELETED,ADDED,DELETED", string.Join(',', events.Select(one => one["type"])));
        var revisions = events.Select(one => long.Parse(Revision(one["object"]!))).ToList();
        Assert.Equal(revisions.Order(), revisions);
        Assert.Equal("x", events[2]["object"]!["metadata"]!["labels"]!["app"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_streaming_list_ends_with_a_bookmark()
    {
        var ns = await NamespaceAsync();
        await ConfigMapAsync(ns, "a");
        await ConfigMapAsync(ns, "b");
        using var watch = await WatchAsync(
            $"/api/v1/namespaces/{ns}/configmaps?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
        var events = await watch.TakeAsync(3);
        Assert.Equal("ADDED,ADDED,BOOKMARK", string.Join(',', events.Select(one => one["type"])));
        Assert.Equal("true", events[2]["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_watch_from_before_the_window_is_told_that_it_is_too_old()
    {
        using var watch = await WatchAsync("/api/v1/configmaps?watch=1&resourceVersion=0000000001");
        await using var restarted = await TestServer.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            await restarted.CreateAsync("/api/v1/namespaces/default/configmaps", """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"generateName":"x-"}}""");
        }

        // A new server knows nothing from before its start.
        var directory = restarted.DataDirectory;
        await using var other = await TestServer.StartAsync(CopyOf(directory));
        using var old = await WatchStream.OpenAsync(other.Client, "/api/v1/configmaps?watch=1&resourceVersion=2", Token);
        var events = await old.TakeAsync(1);
        Assert.Equal("ERROR", events[0]["type"]!.GetValue<string>());
        Assert.Equal(410, events[0]["object"]!["code"]!.GetValue<int>());
    }

    private static string CopyOf(string directory)
    {
        var copy = Directory.CreateTempSubdirectory("fairlead-api-test-").FullName;
        foreach (var file in Directory.GetFiles(directory))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }

    [Fact]
    public async Task A_watcher_that_does_not_read_holds_nobody_up()
    {
        var ns = await NamespaceAsync();
        using var slow = await WatchAsync($"/api/v1/namespaces/{ns}/configmaps?watch=1");
        using var quick = await WatchAsync($"/api/v1/namespaces/{ns}/configmaps?watch=1");
        var filler = new string('x', 100_000);
        for (var i = 0; i < 60; i++)
        {
            await Server.CreateAsync($"/api/v1/namespaces/{ns}/configmaps", $$$$"""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"big-{{{{i}}}}"},"data":{"x":"{{{{filler}}}}"}}""");
        }

        Assert.Equal(60, (await quick.TakeAsync(60)).Count);
    }

    [Fact]
    public async Task A_table_watch_names_its_columns_once()
    {
        var ns = await NamespaceAsync();
        await ConfigMapAsync(ns, "a");
        await ConfigMapAsync(ns, "b");
        using HttpRequestMessage request = new(HttpMethod.Get, $"/api/v1/namespaces/{ns}/configmaps?watch=1");
        request.Headers.Accept.ParseAdd("application/json;as=Table;v=v1;g=meta.k8s.io");
        using var watch = await WatchStream.OpenAsync(Server.Client, request, Token);
        var events = await watch.TakeAsync(2);
        Assert.Equal(3, events[0]["object"]!["columnDefinitions"]!.AsArray().Count);
        Assert.Empty(events[1]["object"]!["columnDefinitions"]!.AsArray());
    }

    private Task<WatchStream> WatchAsync(string path) => WatchStream.OpenAsync(Server.Client, path, Token);
}

/// <summary>A watch's events as they come.</summary>
internal sealed class WatchStream(HttpResponseMessage response, StreamReader reader, CancellationToken cancellationToken) : IDisposable
{
    public static Task<WatchStream> OpenAsync(HttpClient client, string path, CancellationToken cancellationToken) =>
        OpenAsync(client, new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    public static async Task<WatchStream> OpenAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new WatchStream(response, new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken)), cancellationToken);
    }

    public async Task<List<JsonNode>> TakeAsync(int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        List<JsonNode> events = [];
        while (events.Count < count && await reader.ReadLineAsync(limit.Token) is { } line)
        {
            events.Add(JsonNode.Parse(line)!);
        }

        return events;
    }

    public void Dispose()
    {
        reader.Dispose();
        response.Dispose();
    }
}
