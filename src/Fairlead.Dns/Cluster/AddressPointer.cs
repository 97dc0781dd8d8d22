using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>An address, and the name that its reverse name points to.</summary>
internal readonly record struct AddressPointer(NetAddress Address, DnsName Target);

/// <summary>All names that an address leads back to.</summary>
internal sealed class AddressNames : IWireKeyed
{
    private readonly byte[] _key;

    public AddressNames(byte[] key, DnsName[] targets)
    {
        _key = key;
        Targets = targets;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => _key;

    /// <summary>The names, sorted; a name that two services have for the address stands twice.</summary>
    public DnsName[] Targets { get; }
}
