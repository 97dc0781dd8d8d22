using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>The attributes of an expression that are 32-bit numbers in network order, found by type. Absent ones read as 0.</summary>
internal readonly ref struct Numbers(NetlinkAttribute data)
{
    private readonly NetlinkAttribute _data = data;

    internal uint this[ushort type] => _data.Nested.TryFind(type, out NetlinkAttribute attribute) ? attribute.UInt32BigEndian : 0;

    internal bool Has(ushort type) => _data.Nested.TryFind(type, out _);

    internal Register Register(ushort type) => Expressions.Register.FromWire(this[type]);

    internal Register? OptionalRegister(ushort type) => Has(type) ? Register(type) : null;
}
