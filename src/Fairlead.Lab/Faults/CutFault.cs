using Fairlead.Kernel.Route;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>A pulled cable: the router's end of the host's wire is down, and the host sees no carrier.</summary>
/// <param name="Host">The host.</param>
public sealed record CutFault(string Host) : Fault
{
    /// <inheritdoc/>
    public override string Text => $"cut {Host}";

    internal override string Place => Host;

    internal override void Validate(LabTopology topology) => WiredHost(topology, Host, "cut");

    internal override void Apply(FaultScene scene) => scene.OnLink(Host, routersEnd: true, (netlink, link) => netlink.SetLink(link.Index, new LinkOptions { Up = false }));

    internal override void Undo(FaultScene scene) => scene.OnLink(Host, routersEnd: true, (netlink, link) => netlink.SetLink(link.Index, new LinkOptions { Up = true }));
}
