using System.Net;
using System.Net.Sockets;
using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.SourceRouting;

/// <summary>
/// sbr: what the container sends from the interface's addresses goes by the interface, whatever the destination: each address gets a rule that leads to
/// a routing table, into which the interface's routes are moved.
/// </summary>
internal sealed class SourceRoutingPlugin : CniPlugin
{
    private const uint FirstTable = 100;

    public override string Name => "sbr";

    public override CniResult Add(CniRequest request)
    {
        CniResult result = request.RequirePreviousResult();
        CniAddress[] addresses = AddressesOf(request, result);
        if (addresses.Length == 0)
        {
            throw request.Configuration.Root.Invalid("prevResult", $"names no address of {request.InterfaceName}");
        }

        uint? fixedTable = (uint?)request.Configuration.Root.GetInteger("table");
        using NetworkNamespace container = ContainerNamespace.Open(request);
        using RouteNetlink route = RouteNetlink.Open(container);
        Link link = route.FindLink(request.InterfaceName) ?? throw request.Configuration.Root.Invalid("prevResult", $"the container has no {request.InterfaceName}");
        uint table = fixedTable ?? FreeTable(route);
        foreach (CniAddress address in addresses)
        {
            route.AddRule(RuleFor(address, table));
            if (fixedTable is null && address.Gateway is { } gateway)
            {
                route.AddRoute(new RouteEntry
                {
                    Destination = address.Address.IsIPv6 ? new IPNetwork(IPAddress.IPv6Any, 0) : new IPNetwork(IPAddress.Any, 0),
                    Gateway = gateway,
                    LinkIndex = link.Index,
                    Table = table,
                    Flags = RouteFlags.OnLink,
                });
            }
        }

        // With a table of the administrator's choice the routes name it themselves.
        foreach (RouteEntry own in fixedTable is null ? route.ListRoutes(table: RouteEntry.MainTable, linkIndex: link.Index) : [])
        {
            if (own.Type == RouteType.Unicast && !own.Destination.BaseAddress.IsIPv6LinkLocal)
            {
                route.ReplaceRoute(own with { Table = table, Flags = own.Flags & RouteFlags.OnLink });
                route.DeleteRoute(own);
            }
        }

        return result;
    }

    /// <summary>The routes go with the interface; the rules are the container's.</summary>
    public override void Delete(CniRequest request)
    {
        using NetworkNamespace? container = ContainerNamespace.TryOpen(request);
        if (container is null)
        {
            return;
        }

        using RouteNetlink route = RouteNetlink.Open(container);
        HashSet<IPAddress> addresses = [.. request.Configuration.PreviousResult is { } previous ? AddressesOf(request, previous).Select(address => address.Address.Address) : []];
        if (route.FindLink(request.InterfaceName) is { } link)
        {
            addresses.UnionWith(route.ListAddresses(link.Index).Select(address => address.Address));
        }

        foreach (RoutingRule rule in ListRules(route))
        {
            if (rule.Source is { } source && IsHost(source) && addresses.Contains(source.BaseAddress))
            {
                route.DeleteRule(rule);
            }
        }
    }

    public override void Check(CniRequest request)
    {
        CniResult previous = request.RequirePreviousResult();
        using NetworkNamespace container = ContainerNamespace.Open(request);
        using RouteNetlink route = RouteNetlink.Open(container);
        IReadOnlyList<RoutingRule> rules = ListRules(route);
        foreach (CniAddress address in AddressesOf(request, previous))
        {
            RoutingRule? rule = rules.FirstOrDefault(other => other.Source is { } source && IsHost(source) && source.BaseAddress.Equals(address.Address.Address));
            if (rule is null)
            {
                throw ContainerLink.Failed($"no rule leads packets from {address.Address.Address} to a table of their own");
            }

            if (route.ListRoutes(address.Address.Address.AddressFamily, rule.Table).Count == 0)
            {
                throw ContainerLink.Failed($"table {rule.Table}, for packets from {address.Address.Address}, has no routes");
            }
        }
    }

    private static RoutingRule RuleFor(CniAddress address, uint table) => new()
    {
        Family = address.Address.Address.AddressFamily,
        Source = new IPNetwork(address.Address.Address, address.Address.Width),
        Table = table,
    };

    private static bool IsHost(IPNetwork network) => network.PrefixLength == (network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32);

    private static IReadOnlyList<RoutingRule> ListRules(RouteNetlink route) => [.. route.ListRules(AddressFamily.InterNetwork), .. route.ListRules(AddressFamily.InterNetworkV6)];

    private static uint FreeTable(RouteNetlink route)
    {
        HashSet<uint> used = [.. ListRules(route).Select(rule => rule.Table), .. route.ListRoutes().Select(entry => entry.Table)];
        uint table = FirstTable;
        while (used.Contains(table))
        {
            table++;
        }

        return table;
    }

    private static CniAddress[] AddressesOf(CniRequest request, CniResult result) =>
        [.. result.Addresses.Where(address => address.Interface is not { } index || index < 0 || index >= result.Interfaces.Count || result.Interfaces[index].Name == request.InterfaceName)];
}
