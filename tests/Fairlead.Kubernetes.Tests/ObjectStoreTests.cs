namespace Fairlead.Kubernetes.Tests;

public class ObjectStoreTests
{
    private readonly ObjectStore<ConfigMap> _store = new();

    [Fact]
    public void An_own_write_is_shown_before_the_watch_brings_it_and_only_once()
    {
        _store.Replace([], "10");

        Assert.True(_store.Observe(Item("a", 11), out _));
        Assert.False(Apply(WatchEventType.Added, Item("a", 11)));
        Assert.Equal("11", _store.Get(new ObjectKey("n", "a"))?.Metadata.ResourceVersion);
    }

    [Fact]
    public void An_own_write_that_the_watch_has_passed_is_not_shown_again()
    {
        _store.Replace([], "10");
        Apply(WatchEventType.Added, Item("a", 11));
        Apply(WatchEventType.Deleted, Item("a", 12));

        Assert.False(_store.Observe(Item("a", 11), out _));
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public void An_older_event_does_not_undo_an_own_write()
    {
        _store.Replace([Item("a", 5)], "10");
        _store.Observe(Item("a", 15), out _);

        Assert.False(Apply(WatchEventType.Modified, Item("a", 12)));
        Assert.True(Apply(WatchEventType.Modified, Item("a", 16)));
    }

    [Fact]
    public void A_list_keeps_own_writes_that_are_newer_and_drops_what_is_gone()
    {
        _store.Replace([Item("a", 5), Item("b", 6)], "10");
        _store.Observe(Item("c", 15), out _);

        List<InformerChange<ConfigMap>> changes = _store.Replace([Item("a", 5)], "12");

        Assert.Equal(["b"], changes.Select(change => change.Key.Name));
        Assert.Equal(["a", "c"], _store.List().Select(item => item.Metadata.Name).Order());
    }

    [Fact]
    public void What_was_asked_to_go_counts_as_going_until_the_watch_says_so()
    {
        _store.Replace([Item("a", 5)], "10");
        _store.MarkDeleting("u-a");
        Assert.True(_store.IsMarkedDeleting("u-a"));

        Apply(WatchEventType.Modified, Item("a", 11));
        Assert.True(_store.IsMarkedDeleting("u-a"));
        Apply(WatchEventType.Deleted, Item("a", 12));
        Assert.False(_store.IsMarkedDeleting("u-a"));
    }

    [Fact]
    public void Indexes_follow_changes()
    {
        _store.AddIndex("color", item => item.Data.TryGetValue("color", out string? color) ? [color] : []);
        _store.Replace([Item("a", 1, "red"), Item("b", 2, "red"), Item("c", 3)], "3");
        Assert.Equal(["a", "b"], Names("red"));

        Apply(WatchEventType.Modified, Item("a", 4, "blue"));
        Apply(WatchEventType.Deleted, Item("b", 5, "red"));

        Assert.Empty(Names("red"));
        Assert.Equal(["a"], Names("blue"));
        Assert.Equal(["a", "c"], _store.ListNamespace("n").Select(item => item.Metadata.Name).Order());
    }

    private IEnumerable<string> Names(string color) => _store.ByIndex("color", color).Select(item => item.Metadata.Name).Order();

    private bool Apply(WatchEventType type, ConfigMap item) => _store.Apply(new WatchEvent<ConfigMap>(type, item), out _);

    private static ConfigMap Item(string name, int revision, string? color = null) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "n", Uid = $"u-{name}", ResourceVersion = $"{revision}" },
        Data = color is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["color"] = color },
    };
}
