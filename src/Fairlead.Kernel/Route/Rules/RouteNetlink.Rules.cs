using System.Net.Sockets;
using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

public sealed partial class RouteNetlink
{
    /// <summary>Adds a rule; false where there is one like it.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool AddRule(RoutingRule rule) => Done(Send(RouteMessageType.NewRule, NetlinkFlags.Create | NetlinkFlags.Exclusive, rule), Errno.Exists, "add rule", rule);

    /// <summary>Deletes the first rule that agrees with this one in all that it says; false where there is none.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool DeleteRule(RoutingRule rule) => Done(Send(RouteMessageType.DeleteRule, NetlinkFlags.None, rule), Errno.NotFound, "delete rule", rule);

    /// <summary>The rules of one family, by priority.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<RoutingRule> ListRules(AddressFamily family)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        request.BeginMessage(RouteMessageType.GetRule, NetlinkFlags.None);
        request.WriteStruct(new RuleHeader { Family = AddressBytes.FamilyOf(family) });
        _socket.Dump<RoutingRule>(request, RuleMessages.Collect, out List<RoutingRule> rules).ThrowIfFailed("list rules");
        return rules;
    }

    private NetlinkAnswer Send(ushort type, NetlinkFlags flags, RoutingRule rule)
    {
        NetlinkMessageWriter request = new(stackalloc byte[256]);
        RuleMessages.Write(ref request, type, flags, rule);
        return _socket.Request(request);
    }
}
