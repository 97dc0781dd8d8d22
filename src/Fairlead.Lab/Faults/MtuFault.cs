using System.Globalization;
using Fairlead.Kernel.Route;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>
/// A wire that carries less than the host believes: what is too long vanishes without a word, both ways (a black hole for path MTU discovery). Or, with <paramref name="HostKnows"/>,
/// the host's own link shrinks, and its kernel tells whoever sends too much.
/// </summary>
/// <param name="Host">The host.</param>
/// <param name="Bytes">The MTU, without the Ethernet header.</param>
/// <param name="HostKnows">Whether it is the host's own end that shrinks.</param>
public sealed record MtuFault(string Host, int Bytes, bool HostKnows) : Fault
{
    // IPv6 switches itself off on a link with less (RFC 8200, section 5) and forgets its addresses, which nobody could put back.
    private const int LeastOfHosts = 1280;
    private const int Least = 68;
    private const string Before = "mtu";

    /// <inheritdoc/>
    public override string Text => $"mtu {Host} {Bytes}{(HostKnows ? " --host-knows" : "")}";

    internal override string Place => $"{Host} {HostKnows}";

    internal override void Validate(LabTopology topology)
    {
        WiredHost(topology, Host, "mtu");
        int least = HostKnows ? LeastOfHosts : Least;
        if (Bytes < least || Bytes > topology.Mtu)
        {
            throw new LabException($"mtu {Host} {Bytes}: from {least} to the {topology.Mtu} bytes that the lab's links have.");
        }
    }

    internal override bool OutlastsStopOf(string host) => !HostKnows || host != Host;

    internal override void Apply(FaultScene scene) => scene.OnLink(Host, !HostKnows, (netlink, link) =>
    {
        scene.Remember(Before, () => link.Mtu.ToString(CultureInfo.InvariantCulture));
        netlink.SetLink(link.Index, new LinkOptions { Mtu = (uint)Bytes });
    });

    internal override void Undo(FaultScene scene)
    {
        if (scene.Remembered(Before) is { } before)
        {
            scene.OnLink(Host, !HostKnows, (netlink, link) => netlink.SetLink(link.Index, new LinkOptions { Mtu = uint.Parse(before, CultureInfo.InvariantCulture) }));
        }
    }
}
