using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>An address, and the name that its reverse name points to.</summary>
internal readonly record struct AddressPointer(NetAddress Address, DnsName Target);

/// <summary>All names that an address leads back to.</summary>
/// <param name="address">The address, in network byte order.</param>
/// <param name="targets">The names, sorted; a name that two services have for the address stands twice.</param>
internal sealed class AddressNames(byte[] address, DnsName[] targets) : WireKeyed(address, 0, address.Length)
{
    /// <summary>The names, sorted.</summary>
    public DnsName[] Targets { get; } = targets;
}
