using System.Threading.Channels;

namespace Fairlead.Kubernetes.Tests;

public sealed class InformerTests : IDisposable
{
    private readonly ScriptedServer _server = new();
    private readonly Channel<string> _changes = Channel.CreateUnbounded<string>();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task It_lists_then_watches_from_there_and_resumes_where_the_watch_ended()
    {
        await using Running running = Start();
        Assert.Equal("GET /api/v1/configmaps", await _server.NextRequestAsync());
        _server.Answer(List(10, Item("a", 5)));
        Assert.Equal("+a", await ChangeAsync());
        Assert.Equal("GET /api/v1/configmaps?watch=true&resourceVersion=10", await _server.NextRequestAsync());
        Assert.True(running.Informer.IsSynced);

        WatchStream watch = _server.AnswerWatch();
        await watch.WriteAsync(Frame("ADDED", Item("b", 11)) + "\n" + Frame("MODIFIED", Item("a", 12))[..30]);
        Assert.Equal("+b", await ChangeAsync());
        await watch.WriteAsync(Frame("MODIFIED", Item("a", 12))[30..] + "\n");
        Assert.Equal("~a", await ChangeAsync());
        await watch.WriteAsync(Frame("DELETED", Item("b", 13)) + "\n" + Frame("BOOKMARK", Item("", 20)) + "\n");
        Assert.Equal("-b", await ChangeAsync());
        watch.End();

        Assert.Equal("GET /api/v1/configmaps?watch=true&resourceVersion=20", await _server.NextRequestAsync());
        Assert.Equal(["a"], running.Informer.List().Select(item => item.Metadata.Name));
    }

    [Fact]
    public async Task When_the_server_has_forgotten_the_revision_it_lists_again_and_tells_what_went_meanwhile()
    {
        await using Running running = Start();
        await _server.NextRequestAsync();
        _server.Answer(List(10, Item("a", 5), Item("b", 6)));
        Assert.Equal(["+a", "+b"], [await ChangeAsync(), await ChangeAsync()]);
        await _server.NextRequestAsync();
        WatchStream watch = _server.AnswerWatch();
        await watch.WriteAsync("""{"type":"ERROR","object":{"kind":"Status","status":"Failure","reason":"Expired","code":410,"message":"too old resource version"}}""" + "\n");

        Assert.Equal("GET /api/v1/configmaps", await _server.NextRequestAsync());
        _server.Answer(List(30, Item("b", 25), Item("c", 26)));

        Assert.Equal(["~b", "+c", "-a"], [await ChangeAsync(), await ChangeAsync(), await ChangeAsync()]);
    }

    [Fact]
    public async Task Of_an_object_that_comes_only_what_is_wanted_is_kept()
    {
        List<string> came = [];
        await using Running running = Start(item =>
        {
            came.Add($"{item.Metadata.Name} {item.Data.GetValueOrDefault("key")}");
            return new ConfigMap { Metadata = item.Metadata.Identity };
        });
        await _server.NextRequestAsync();
        _server.Answer(List(10, Item("a", 5)[..^1] + ""","data":{"key":"listed"}}"""));
        Assert.Equal("+a", await ChangeAsync());
        await _server.NextRequestAsync();
        WatchStream watch = _server.AnswerWatch();
        await watch.WriteAsync(Frame("BOOKMARK", Item("", 11)) + "\n" + Frame("ADDED", Item("b", 12)[..^1] + ""","data":{"key":"watched"}}""") + "\n");
        Assert.Equal("+b", await ChangeAsync());
        Assert.Equal(["a listed", "b watched"], came);
        Assert.All(running.Informer.List(), item => Assert.Empty(item.Data));
    }

    [Fact]
    public async Task It_lists_again_also_when_410_is_the_answer_to_the_watch()
    {
        await using Running running = Start();
        await _server.NextRequestAsync();
        _server.Answer(List(10));
        await _server.NextRequestAsync();
        _server.Answer("""{"kind":"Status","status":"Failure","reason":"Expired","code":410}""", 410);
        Assert.Equal("GET /api/v1/configmaps", await _server.NextRequestAsync());
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_tried_again()
    {
        await using Running running = Start();
        List<string> failures = [];
        running.Informer.Failed += error => failures.Add(error.Message);
        await _server.NextRequestAsync();
        _server.Refuse();
        await _server.NextRequestAsync();
        _server.Answer("""{"kind":"Status","status":"Failure","reason":"InternalError","code":500,"message":"not yet"}""", 500);
        await _server.NextRequestAsync();
        _server.Answer(List(1, Item("a", 1)));

        Assert.Equal("+a", await ChangeAsync());
        Assert.Equal(["connection refused", "GET /api/v1/configmaps?limit=500: not yet"], failures);
    }

    [Fact]
    public async Task A_long_list_comes_in_pages()
    {
        await using Running running = Start();
        await _server.NextRequestAsync();
        _server.Answer("""{"metadata":{"resourceVersion":"9","continue":"next"},"items":[""" + Item("a", 1) + "]}");
        Assert.Equal("GET /api/v1/configmaps?continue=next", await _server.NextRequestAsync());
        _server.Answer(List(9, Item("b", 2)));
        Assert.Equal(["+a", "+b"], [await ChangeAsync(), await ChangeAsync()]);
    }

    private static string Item(string name, int revision) => $$$"""{"metadata":{"name":"{{{name}}}","namespace":"n","uid":"u-{{{name}}}","resourceVersion":"{{{revision}}}"}}""";

    private static string Frame(string type, string item) => $$$"""{"type":"{{{type}}}","object":{{{item}}}}""";

    private static string List(int revision, params string[] items) => $$$"""{"kind":"ConfigMapList","metadata":{"resourceVersion":"{{{revision}}}"},"items":[{{{string.Join(',', items)}}}]}""";

    private async Task<string> ChangeAsync() => await _changes.Reader.ReadAsync(TestContext.Current.CancellationToken);

    private Running Start(Func<ConfigMap, ConfigMap>? keep = null)
    {
        Informer<ConfigMap> informer = new(_server.Client, ConfigMap.ResourceKind, keep: keep);
        informer.Changed += change => _changes.Writer.TryWrite((change.Old is null ? "+" : change.New is null ? "-" : "~") + change.Key.Name);
        return new Running(informer);
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _task;

        public Running(Informer<ConfigMap> informer)
        {
            Informer = informer;
            _task = informer.RunAsync(_stop.Token);
        }

        public Informer<ConfigMap> Informer { get; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _task;
        }
    }
}
