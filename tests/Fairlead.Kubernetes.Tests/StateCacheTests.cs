namespace Fairlead.Kubernetes.Tests;

/// <summary>What a cache tells of lists and events; states here are an object's data, "" for objects that mean nothing.</summary>
public sealed class StateCacheTests
{
    private readonly List<string> _told = [];
    private readonly List<string> _read = [];
    private readonly StateCache<ConfigMap, string> _cache;

    public StateCacheTests() => _cache = new(Read, (key, before, after) => _told.Add($"{key.Name}: {before ?? "-"} → {after ?? "-"}"));

    [Fact]
    public void A_list_brings_states_and_the_next_one_takes_away_what_it_lacks()
    {
        List("10", Item("a", 5, "one"), Item("b", 6, "two"));
        Assert.True(_cache.IsSynced);
        Assert.Equal(["a: - → one", "b: - → two"], Told());

        List("20", Item("b", 15, "three"));
        Assert.Equal(["b: two → three", "a: one → -"], Told());
        Assert.Equal([KeyValuePair.Create(new ObjectKey("n", "b"), "three")], _cache.List());
    }

    [Fact]
    public void What_a_list_brings_again_is_neither_read_nor_told()
    {
        List("10", Item("a", 5, "one"));
        _read.Clear();
        _told.Clear();
        List("20", Item("a", 5, "one"));
        Assert.Empty(_read);
        Assert.Empty(_told);
        Assert.Equal("one", _cache.Get(new("n", "a")));
    }

    [Fact]
    public void A_list_that_failed_half_way_takes_nothing_away()
    {
        List("10", Item("a", 5, "one"), Item("b", 6, "two"));
        IReflectorSink<ConfigMap> sink = _cache;
        sink.BeginList();
        sink.Listed(Item("a", 5, "one"));
        Assert.Equal(2, _cache.Count);
        Told();
        List("30", Item("a", 5, "one"), Item("b", 6, "two"));
        Assert.Empty(_told);
    }

    [Theory]
    [InlineData(WatchEventType.Added, 7, "new", "a: one → new")]
    [InlineData(WatchEventType.Modified, 7, "new", "a: one → new")]
    [InlineData(WatchEventType.Modified, 7, "", "a: one → -")]
    [InlineData(WatchEventType.Modified, 5, "older", null)]
    [InlineData(WatchEventType.Deleted, 7, "one", "a: one → -")]
    [InlineData(WatchEventType.Bookmark, 7, "one", null)]
    public void An_event_changes_what_is_known(WatchEventType type, int revision, string data, string? told)
    {
        List("5", Item("a", 5, "one"));
        _told.Clear();
        Happened(new(type, Item("a", revision, data)));
        Assert.Equal(told is null ? [] : [told], _told);
    }

    [Fact]
    public void What_means_nothing_comes_and_goes_unseen()
    {
        List("5", Item("a", 5, ""));
        Happened(new(WatchEventType.Modified, Item("a", 6, "")));
        Happened(new(WatchEventType.Deleted, Item("a", 7, "")));
        Assert.Empty(_told);
        Assert.Equal(0, _cache.Count);
    }

    [Fact]
    public async Task Two_caches_of_one_reflector_share_its_requests()
    {
        using ScriptedServer server = new();
        Reflector<ConfigMap> reflector = new(server.Client, ConfigMap.ResourceKind);
        StateCache<ConfigMap, string> names = new(item => item.Metadata.Name, static (_, _, _) => { });
        reflector.Add(_cache);
        reflector.Add(names);
        using CancellationTokenSource stop = new();
        Task running = reflector.RunAsync(stop.Token);
        Assert.Equal("GET /api/v1/configmaps", await server.NextRequestAsync());

        // Some servers write the items before the metadata.
        server.Answer("""{"items":[{"metadata":{"name":"a","namespace":"n","resourceVersion":"5"},"data":{"key":"one"}}],"metadata":{"resourceVersion":"9","continue":"more"}}""");
        Assert.Equal("GET /api/v1/configmaps?continue=more", await server.NextRequestAsync());
        server.Answer("""{"metadata":{"resourceVersion":"9"},"items":null}""");
        Assert.Equal("GET /api/v1/configmaps?watch=true&resourceVersion=9", await server.NextRequestAsync());
        Assert.Equal(["a: - → one"], Told());
        Assert.Equal("a", names.Get(new("n", "a")));
        Assert.True(names.IsSynced && _cache.IsSynced);
        await stop.CancelAsync();
        await running;
    }

    private string? Read(ConfigMap item)
    {
        _read.Add(item.Metadata.Name);
        return item.Data.GetValueOrDefault("key", "") is { Length: > 0 } data ? data : null;
    }

    private void List(string revision, params ConfigMap[] items)
    {
        IReflectorSink<ConfigMap> sink = _cache;
        sink.BeginList();
        Array.ForEach(items, sink.Listed);
        sink.EndList(revision);
    }

    private void Happened(WatchEvent<ConfigMap> happened) => ((IReflectorSink<ConfigMap>)_cache).Happened(happened);

    private string[] Told()
    {
        string[] told = [.. _told];
        _told.Clear();
        return told;
    }

    private static ConfigMap Item(string name, int revision, string data) => new()
    {
        Metadata = new() { Name = name, Namespace = "n", Uid = $"u-{name}", ResourceVersion = $"{revision}" },
        Data = new Dictionary<string, string> { ["key"] = data },
    };
}
