using System.Globalization;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Links;

/// <summary>The pair of links between host and container, and how it is found again.</summary>
internal static class HostVeth
{
    /// <summary>
    /// Makes the pair, both ends at once in their namespaces, the host's in the group of those that are not whole yet. What an ADD of the same
    /// attachment left when it was killed is removed first.
    /// </summary>
    /// <exception cref="CniException">The container has an interface of that name (code 7).</exception>
    public static VethPair Create(RouteNetlink host, CniRequest request, LinkOptions near, LinkOptions far)
    {
        string network = request.Configuration.Name;
        string name = Ownership.LinkName(network, request.Attachment);
        LinkOptions half = near with { Name = name, Group = Ownership.HalfMadeGroup(network) };
        try
        {
            return host.AddVeth(half, far);
        }
        catch (NetlinkException exception) when (exception.Error == Errno.Exists)
        {
            if (host.FindLink(name) is not { } left || (left.Group != half.Group && IsInContainer(request)))
            {
                throw new CniException(CniErrorCode.InvalidEnvironment, string.Create(CultureInfo.InvariantCulture, $"CNI_IFNAME: container veth name (\"{request.InterfaceName}\") already exists in {request.NetworkNamespace}"), exception.Message, exception);
            }

            host.DeleteLink(left.Index);
            return host.AddVeth(half, far);
        }
    }

    /// <summary>Says that the pair is whole: names its owner and takes it out of the group of those that are not.</summary>
    public static void Finish(RouteNetlink host, CniRequest request, VethPair veth, BridgePort? port = null) =>
        host.SetLink(veth.Near, new LinkOptions { Alias = Ownership.Alias(request.Configuration.Name, request.Attachment), Group = 0, Port = port });

    /// <summary>Removes the pair by the host's end, which its name tells; one that another plugin made by the container's end, if the namespace is there.</summary>
    public static void Delete(CniRequest request)
    {
        using RouteNetlink host = RouteNetlink.Open();
        if (host.DeleteLink(Ownership.LinkName(request.Configuration.Name, request.Attachment)))
        {
            return;
        }

        using NetworkNamespace? container = ContainerNamespace.TryOpen(request);
        if (container is not null)
        {
            using RouteNetlink inside = RouteNetlink.Open(container);
            inside.DeleteLink(request.InterfaceName);
        }
    }

    /// <summary>Compares the host's end with what ADD gave.</summary>
    /// <exception cref="CniException">It is missing, down, or no port of the bridge (code 100).</exception>
    public static void Check(RouteNetlink host, CniRequest request, CniResult previous, Link? bridge)
    {
        foreach (CniInterface expected in previous.Interfaces.Where(other => string.IsNullOrEmpty(other.Sandbox) && other.Name != bridge?.Name))
        {
            Link link = host.FindLink(expected.Name) ?? throw ContainerLink.Failed($"the host's end {expected.Name} of {request.InterfaceName} is gone");
            if (!link.IsUp || (bridge is not null && link.Kind is VethKind && link.MasterIndex != bridge.Index))
            {
                throw ContainerLink.Failed($"the host's end {expected.Name} of {request.InterfaceName} is {(link.IsUp ? $"not on the bridge {bridge!.Name}" : "down")}");
            }
        }
    }

    /// <summary>Removes the network's links whose attachments are no more, and those that were never finished.</summary>
    public static void CollectGarbage(CniRequest request) => HostLinks.CollectGarbage(request, Ownership.VethPrefix);

    private static bool IsInContainer(CniRequest request)
    {
        using NetworkNamespace container = ContainerNamespace.Open(request);
        using RouteNetlink inside = RouteNetlink.Open(container);
        return inside.FindLink(request.InterfaceName) is not null;
    }
}
