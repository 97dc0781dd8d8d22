using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.Route;
using Fairlead.Lab.Native;
using Microsoft.Extensions.Logging;

namespace Fairlead.Lab.Fabric;

/// <summary>
/// A host's addresses and default routes on its wire. A link that goes down takes routes along, and its IPv6 addresses; where it comes up again, a machine's network manager
/// puts them back, and on a lab's nodes this does.
/// </summary>
public static class HostUplink
{
    /// <summary>Puts back what goes with the link, whenever it comes up again, until cancelled; in the host's network namespace.</summary>
    /// <exception cref="KernelException">The kernel refused to tell of links.</exception>
    public static Task KeepAsync(LabHost host, ILogger logger, CancellationToken cancellationToken) => DedicatedThread.RunAsync("uplink", () =>
    {
        using RouteMonitor monitor = RouteMonitor.Open(RouteTopics.Links);
        using RouteNetlink netlink = RouteNetlink.Open();
        bool wasUp = netlink.FindLink(FabricNetwork.HostLink) is { IsUp: true };
        List<RouteEvent> events = [];
        while (!cancellationToken.IsCancellationRequested)
        {
            bool wasDown = monitor.Receive(events, Timeout.InfiniteTimeSpan, cancellationToken) == NetlinkReceiveStatus.Overrun
                || events.Any(change => change is LinkEvent { Link: { Name: FabricNetwork.HostLink, IsUp: false } });
            events.Clear();
            bool isUp = netlink.FindLink(FabricNetwork.HostLink) is { IsUp: true };
            if (isUp && (wasDown || !wasUp))
            {
                Restore(netlink, host, logger);
            }

            wasUp = isUp;
        }

        return true;
    });

    /// <summary>Gives a host its addresses and default routes on a link; those that it has stay.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    internal static void Configure(RouteNetlink netlink, int link, LabHost host)
    {
        foreach ((IPAddress address, IPAddress gateway) in host.Addresses.Zip(host.Segment.RouterAddresses))
        {
            FabricNetwork.AddAddress(netlink, link, address, host.Segment);
            IPAddress any = address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
            netlink.AddRoute(new RouteEntry { Destination = new IPNetwork(any, 0), Gateway = gateway });
        }
    }

    private static void Restore(RouteNetlink netlink, LabHost host, ILogger logger)
    {
        try
        {
            if (netlink.FindLink(FabricNetwork.HostLink) is { } link)
            {
                Configure(netlink, link.Index, host);
                logger.UplinkRestored(FabricNetwork.HostLink);
            }
        }
        catch (NetlinkException exception)
        {
            // It may have gone down again; then it comes up again.
            logger.UplinkNotRestored(FabricNetwork.HostLink, exception.Message);
        }
    }
}

/// <summary>What is said of a host's wire.</summary>
internal static partial class UplinkLog
{
    [LoggerMessage(1, LogLevel.Information, "{Link} came up again: its addresses and default routes are back")]
    public static partial void UplinkRestored(this ILogger logger, string link);

    [LoggerMessage(2, LogLevel.Warning, "{Link} came up again, and its addresses and routes can't be put back: {Message}")]
    public static partial void UplinkNotRestored(this ILogger logger, string link, string message);
}
