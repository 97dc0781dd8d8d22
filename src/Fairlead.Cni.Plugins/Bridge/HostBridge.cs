using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Bridge;

/// <summary>The bridge on the host that the containers' links are ports of.</summary>
internal static class HostBridge
{
    /// <summary>
    /// Finds the bridge or makes it. It gets a hardware address of its own: otherwise it would take the lowest one of its ports, and change it
    /// as they come and go.
    /// </summary>
    /// <exception cref="CniException">A link of that name is no bridge (7), or the kernel has no VLANs on bridges (2).</exception>
    public static Link Ensure(RouteNetlink host, BridgeConfiguration configuration)
    {
        Link bridge = host.FindLink(configuration.Bridge) ?? Create(host, configuration);
        if (bridge.Kind is not BridgeKind kind)
        {
            throw new CniException(CniErrorCode.InvalidConfiguration, $"bridge: \"{configuration.Bridge}\" already exists but is not a bridge");
        }

        bool promiscuous = configuration.Promiscuous && (bridge.Flags & LinkFlags.Promiscuous) == 0;
        if (!bridge.IsUp || promiscuous)
        {
            Neighbours.SkipDuplicateAddressDetection(configuration.Bridge);
            host.SetLink(bridge.Index, new LinkOptions { Up = true, Promiscuous = promiscuous ? true : null });
        }

        return configuration.Vlan > 0 && kind.VlanFiltering != true
            ? throw new CniException(CniErrorCode.UnsupportedField, $"vlan: bridge \"{configuration.Bridge}\" does not keep VLANs apart", "it was made without VLAN filtering; delete it, so that it is made anew")
            : bridge;
    }

    /// <summary>Gives the bridge the gateways' addresses, and settles what the bridge had before.</summary>
    /// <exception cref="CniException">It has another address, in use (code 7).</exception>
    public static void SetGateways(RouteNetlink host, BridgeConfiguration configuration, Link bridge, IReadOnlyCollection<AddressPrefix> gateways)
    {
        List<AddressPrefix> existing = [];
        foreach (InterfaceAddress address in host.ListAddresses(bridge.Index))
        {
            if (!address.Address.IsIPv6LinkLocal)
            {
                existing.Add(new AddressPrefix(address.Address, address.PrefixLength));
            }
        }

        foreach (AddressPrefix gateway in gateways)
        {
            if (existing.Contains(gateway))
            {
                continue;
            }

            foreach (AddressPrefix other in existing.Where(other => Clashes(other, gateway) && !gateways.Contains(other)))
            {
                Settle(host, configuration, bridge, other, gateway);
            }

            host.AddAddress(LinkAddress.Of(bridge.Index, gateway));
        }
    }

    /// <summary>A bridge has one subnet of IPv4, and any number of IPv6 that don't overlap.</summary>
    private static bool Clashes(AddressPrefix other, AddressPrefix gateway) =>
        other.IsIPv6 == gateway.IsIPv6 && (!gateway.IsIPv6 || other.Overlaps(gateway));

    /// <summary>
    /// The address of a subnet that was changed: when no container is on the bridge, it is a leftover and goes; otherwise somebody may still use it.
    /// </summary>
    private static void Settle(RouteNetlink host, BridgeConfiguration configuration, Link bridge, AddressPrefix other, AddressPrefix gateway)
    {
        if (!configuration.ForceAddress)
        {
            int others = host.ListLinks(bridge.Index).Count(port => port.Group >> 16 != Ownership.HalfMadeMark);
            if (others > 0)
            {
                throw new CniException(
                    CniErrorCode.InvalidConfiguration,
                    $"\"{configuration.Bridge}\" already has an IP address different from {gateway}",
                    $"it has {other}, and {others} {(others == 1 ? "port that may use" : "ports that may use")} it: remove those containers first, give the network another bridge, or set \"forceAddress\": true");
            }
        }

        host.DeleteAddress(LinkAddress.Of(bridge.Index, other));
    }

    private static Link Create(RouteNetlink host, BridgeConfiguration configuration)
    {
        LinkOptions options = new()
        {
            Name = configuration.Bridge,
            Mtu = configuration.Mtu is { } mtu ? (uint)mtu : null,
            MacAddress = RequestedMac.Random(),
        };
        try
        {
            int index = host.AddLink(options, new BridgeKind { VlanFiltering = configuration.Vlan > 0 ? true : null });
            return host.FindLink(index) ?? throw new NetlinkException($"add link {configuration.Bridge}", Errno.NoDevice, "it is gone already");
        }
        catch (NetlinkException exception) when (exception.Error == Errno.Exists)
        {
            // Another ADD made it at the same time.
            return host.FindLink(configuration.Bridge) ?? throw new CniException(CniErrorCode.TryAgainLater, $"bridge \"{configuration.Bridge}\" comes and goes", inner: exception);
        }
        catch (NetlinkException exception) when (configuration.Vlan > 0 && exception.Error is Errno.NotSupported or Errno.InvalidArgument)
        {
            throw new CniException(CniErrorCode.UnsupportedField, $"vlan: {configuration.Vlan}: this kernel has no VLANs on bridges (CONFIG_BRIDGE_VLAN_FILTERING)", exception.Message, exception);
        }
    }
}
