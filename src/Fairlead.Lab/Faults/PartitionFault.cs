using Fairlead.Kernel.NfTables;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>Two groups of hosts that don't reach each other, while each of them reaches everybody else: a switch that forwards nothing between some of its ports.</summary>
/// <param name="Left">One group.</param>
/// <param name="Right">The other.</param>
public sealed record PartitionFault(IReadOnlyList<string> Left, IReadOnlyList<string> Right) : Fault
{
    // Two bits of the packet mark for each partition; nothing else in the router's namespace uses marks.
    private const int MostAtOnce = 16;

    /// <inheritdoc/>
    public override string Text => $"partition {string.Join(',', Left)} {string.Join(',', Right)}";

    internal override string Place => Text;

    internal override void Validate(LabTopology topology)
    {
        foreach (string host in Left.Concat(Right))
        {
            WiredHost(topology, host, "partition");
        }

        if (Left.Intersect(Right).FirstOrDefault() is { } both)
        {
            throw new LabException($"partition: {both} can't be on both sides.");
        }

        if (Left.Count == 0 || Right.Count == 0)
        {
            throw new LabException("partition: there is nobody on one of the sides.");
        }
    }

    /// <summary>
    /// A frame is marked by the port that it comes in by, and dropped at a port of the other side. The mark goes with it through the router, so packets that are routed from one
    /// segment to another are meant as well as those that stay on one.
    /// </summary>
    internal override void Apply(FaultScene scene)
    {
        int shift = scene.Record.Id % MostAtOnce * 2;
        uint fromLeft = 1u << shift;
        uint fromRight = 2u << shift;
        Set left = Set.Of("left", DataType.InterfaceName);
        Set right = Set.Of("right", DataType.InterfaceName);
        scene.Commit(scene.Topology.Router.Name, new Transaction(scene.FrameTable)
            .DestroyTable().AddTable(Text.Length <= 120 ? Text : "partition")
            .Add(left).Add(right)
            .Add(left, [.. Left.Select(host => Element.Of(Scalar.InterfaceName(host)))])
            .Add(right, [.. Right.Select(host => Element.Of(Scalar.InterfaceName(host)))])
            .Add(Chain.Hooked("prerouting", ChainType.Filter, Hook.Prerouting, ChainPriority.Filter))
            .Add(Chain.Hooked("postrouting", ChainType.Filter, Hook.Postrouting, ChainPriority.Filter))
            .Add(
                Rule.Of("prerouting", Match.InSet("left", Field.InputInterface), Statement.SetMarkBits(fromLeft, fromLeft)),
                Rule.Of("prerouting", Match.InSet("right", Field.InputInterface), Statement.SetMarkBits(fromRight, fromRight)),
                Rule.Of("postrouting", Match.InSet("right", Field.OutputInterface), Match.AnyBit(Field.Mark, fromLeft), Statement.Count(), Statement.Drop),
                Rule.Of("postrouting", Match.InSet("left", Field.OutputInterface), Match.AnyBit(Field.Mark, fromRight), Statement.Count(), Statement.Drop)));
    }

    internal override void Undo(FaultScene scene) => scene.Commit(scene.Topology.Router.Name, new Transaction(scene.FrameTable).DestroyTable());
}
