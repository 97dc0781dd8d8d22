using Fairlead.ControlPlane.Controllers.GarbageCollection;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers;

public class GarbageCollectionTests
{
    private static readonly ResourceDefinition Pods = new("", "v1", "pods", "Pod", true);

    [Theory] //  owners (s solid, a absent, w waiting)  dependents   finalizer   decision
    [InlineData("s", false, "", "Keep")]
    [InlineData("a", false, "", "Delete Background")]
    [InlineData("aa", true, "", "Delete Background")]
    [InlineData("sa", false, "", "DropReferences o0")]
    [InlineData("sw", false, "", "DropReferences o0")]
    [InlineData("w", false, "", "Delete Background")]
    [InlineData("w", true, "", "Delete Foreground")]
    [InlineData("a", true, "orphan", "Delete Orphan")]
    [InlineData("a", true, "foregroundDeletion", "Delete Foreground")]
    public void An_object_whose_owners_are(string owners, bool hasDependents, string finalizer, string decision)
    {
        GraphNode node = new(Pods, Item("x", [.. owners.Select((_, i) => $"o{i}")], finalizer));
        OwnerState[] states = [.. owners.Select(c => c switch { 's' => OwnerState.Solid, 'a' => OwnerState.Absent, _ => OwnerState.Waiting })];

        Disposal disposal = Disposal.Decide(node, states, hasDependents);

        Assert.Equal(decision, disposal.Action switch
        {
            DisposalAction.Delete => $"Delete {disposal.Propagation}",
            DisposalAction.DropReferences => $"DropReferences {string.Join(',', disposal.Remaining.Select(owner => owner.Uid))}",
            _ => "Keep",
        });
    }

    [Fact]
    public void When_an_owner_goes_its_dependents_are_looked_at()
    {
        OwnershipGraph graph = new();
        PartialObject owner = Item("owner", [], ""), child = Item("child", ["owner"], ""), grandchild = Item("grandchild", ["child"], "");
        Assert.Empty(graph.Apply(Pods, new(null, owner)));
        Assert.Equal(["child"], graph.Apply(Pods, new(null, child)));
        Assert.Equal(["grandchild"], graph.Apply(Pods, new(null, grandchild)));

        Assert.Equal(["child"], graph.Apply(Pods, new(owner, null)));
        Assert.Equal(["owner", "grandchild"], graph.Apply(Pods, new(child, null)));
    }

    [Fact]
    public void A_change_that_is_not_about_ownership_wakes_nobody()
    {
        OwnershipGraph graph = new();
        PartialObject child = Item("child", ["owner"], "");
        graph.Apply(Pods, new(null, child));

        Assert.Empty(graph.Apply(Pods, new(child, child with { Metadata = child.Metadata with { ResourceVersion = "2" } })));
    }

    [Fact]
    public void An_owner_that_waits_wakes_itself_and_its_dependents()
    {
        OwnershipGraph graph = new();
        PartialObject owner = Item("owner", [], "foregroundDeletion");
        graph.Apply(Pods, new(null, owner));
        graph.Apply(Pods, new(null, Item("child", ["owner"], "")));

        Assert.Equal(["owner", "child"], graph.Apply(Pods, new(owner, owner with { Metadata = owner.Metadata with { DeletionTimestamp = Make.Now } })));
    }

    private static PartialObject Item(string uid, string[] owners, string finalizer) => new()
    {
        ApiVersion = "v1",
        Kind = "Pod",
        Metadata = new ObjectMeta
        {
            Name = uid,
            Namespace = "default",
            Uid = uid,
            Finalizers = finalizer.Length > 0 ? [finalizer] : [],
            OwnerReferences = [.. owners.Select(owner => new OwnerReference { ApiVersion = "v1", Kind = "Pod", Name = owner, Uid = owner, BlockOwnerDeletion = true })],
        },
    };
}
