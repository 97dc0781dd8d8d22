using Fairlead.Kernel.Route;

namespace Fairlead.Network;

/// <summary>One end of the tunnels between nodes (RFC 7348's VXLAN Tunnel End Point).</summary>
/// <param name="Mac">The hardware address of the VXLAN link there: frames are addressed to it.</param>
/// <param name="Address">The address of the node that the tunnel's packets are sent to.</param>
public readonly record struct Vtep(MacAddress Mac, NetAddress Address);
