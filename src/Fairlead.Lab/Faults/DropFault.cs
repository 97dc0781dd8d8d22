using System.Globalization;
using Fairlead.Kernel.NfTables;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>A bad cable: some frames of a host are lost, each with the same probability.</summary>
/// <param name="Host">The host.</param>
/// <param name="PerThousand">How many of a thousand, 1 to 1000.</param>
/// <param name="Direction">Which.</param>
public sealed record DropFault(string Host, int PerThousand, Direction Direction) : Fault
{
    private const int Thousand = 1000;

    /// <inheritdoc/>
    public override string Text => string.Create(CultureInfo.InvariantCulture, $"drop {Host} {PerThousand / 10.0:0.#}%{Direction.Words()}");

    internal override string Place => Host;

    internal override void Validate(LabTopology topology)
    {
        WiredHost(topology, Host, "drop");
        if (PerThousand is < 1 or > Thousand)
        {
            throw new LabException(string.Create(CultureInfo.InvariantCulture, $"drop {Host} {PerThousand / 10.0:0.#}%: from 0.1% to 100%."));
        }
    }

    internal override void Apply(FaultScene scene)
    {
        // nft compares numbers in network order only, numgen gives them in the host's: so those that lose are looked up.
        Set lost = Set.Of("lost", DataType.Number);
        Transaction transaction = new Transaction(scene.FrameTable)
            .DestroyTable().AddTable(Text)
            .Add(lost).Add(lost, [.. Enumerable.Range(0, PerThousand).Select(number => Element.Of(Scalar.Number((uint)number)))]);
        if (Direction.Includes(Direction.Out))
        {
            transaction.Add(Chain.Hooked("prerouting", ChainType.Filter, Hook.Prerouting, ChainPriority.Filter))
                .Add(Rule.Of("prerouting", Match.Input(Host), Match.InSet("lost", Field.RandomNumber(Thousand)), Statement.Count(), Statement.Drop));
        }

        if (Direction.Includes(Direction.In))
        {
            transaction.Add(Chain.Hooked("postrouting", ChainType.Filter, Hook.Postrouting, ChainPriority.Filter))
                .Add(Rule.Of("postrouting", Match.Output(Host), Match.InSet("lost", Field.RandomNumber(Thousand)), Statement.Count(), Statement.Drop));
        }

        scene.Commit(scene.Topology.Router.Name, transaction);
    }

    internal override void Undo(FaultScene scene) => scene.Commit(scene.Topology.Router.Name, new Transaction(scene.FrameTable).DestroyTable());
}
