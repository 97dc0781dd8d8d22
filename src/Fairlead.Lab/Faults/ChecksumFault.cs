using Fairlead.Kernel;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>
/// A network card that promises to fill in checksums and gets them wrong, as some did for VXLAN: what the host sends by TCP and UDP arrives, and is thrown away where it is
/// checked. Pings go on working.
/// </summary>
/// <param name="Host">The host.</param>
public sealed record ChecksumFault(string Host) : Fault
{
    private const string WasOn = "tx-checksum";

    /// <inheritdoc/>
    public override string Text => $"checksum {Host}";

    internal override string Place => Host;

    internal override void Validate(LabTopology topology) => WiredHost(topology, Host, "checksum");

    /// <summary>Between namespaces nobody computes checksums, so nobody would miss a wrong one: the host's offload goes off, and what it computes then is spoilt on the wire.</summary>
    internal override void Apply(FaultScene scene)
    {
        string wasOn = scene.Remember(WasOn, () => scene.In(Host, () => ReadOffload() ? "on" : "off") ?? "on");
        if (wasOn == "on")
        {
            scene.In(Host, () => SetOffload(on: false));
        }

        ValueList<Expression> spoilTcp = [new ImmediateData(Register.First, s_wrong), new PayloadStore(Register.First, PayloadBase.Transport, TcpChecksumOffset, 2)];
        ValueList<Expression> spoilUdp = [new ImmediateData(Register.First, s_wrong), new PayloadStore(Register.First, PayloadBase.Transport, UdpChecksumOffset, 2)];
        scene.Commit(scene.Topology.Router.Name, new Transaction(scene.FrameTable)
            .DestroyTable().AddTable(Text)
            .Add(Chain.Hooked("prerouting", ChainType.Filter, Hook.Prerouting, ChainPriority.Filter))
            .Add(
                Rule.Of("prerouting", Match.Input(Host), Match.Protocol(IpProtocol.Tcp), Statement.Count(), spoilTcp),
                Rule.Of("prerouting", Match.Input(Host), Match.Protocol(IpProtocol.Udp), Statement.Count(), spoilUdp)));
    }

    internal override void Undo(FaultScene scene)
    {
        scene.Commit(scene.Topology.Router.Name, new Transaction(scene.FrameTable).DestroyTable());
        if (scene.Remembered(WasOn) == "on")
        {
            scene.In(Host, () => SetOffload(on: true));
        }
    }

    private const uint TcpChecksumOffset = 16;
    private const uint UdpChecksumOffset = 6;
    private static readonly Scalar s_wrong = Scalar.Raw([0xba, 0xd0]);

    private static bool ReadOffload()
    {
        using Ethtool ethtool = Ethtool.Open();
        return ethtool.Read(FabricNetwork.HostLink, LinkFeature.TransmitChecksum);
    }

    private static bool SetOffload(bool on)
    {
        using Ethtool ethtool = Ethtool.Open();
        return ethtool.Set(FabricNetwork.HostLink, LinkFeature.TransmitChecksum, on);
    }
}
