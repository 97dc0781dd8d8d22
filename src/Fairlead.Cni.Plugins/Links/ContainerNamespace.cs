using System.Net;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Links;

/// <summary>The container's network namespace.</summary>
internal static class ContainerNamespace
{
    /// <summary>Opens it for ADD and CHECK.</summary>
    /// <exception cref="CniException">There is none at the path (code 3), or it is the plugin's own (code 8).</exception>
    public static NetworkNamespace Open(CniRequest request)
    {
        NetworkNamespace container;
        try
        {
            container = NetworkNamespace.Open(request.NetworkNamespace);
        }
        catch (KernelException exception)
        {
            throw new CniException(CniErrorCode.UnknownContainer, $"failed to open netns \"{request.NetworkNamespace}\": {exception.Error.Describe()}", inner: exception);
        }

        if (Environment.GetEnvironmentVariable("CNI_NETNS_OVERRIDE") is not ("1" or "true" or "TRUE" or "True"))
        {
            using NetworkNamespace own = NetworkNamespace.Current();
            if (own.Inode == container.Inode)
            {
                container.Dispose();
                throw new CniException(CniErrorCode.InvalidNetworkNamespace, $"CNI_NETNS: \"{request.NetworkNamespace}\" is the plugin's own namespace");
            }
        }

        return container;
    }

    /// <summary>Opens it for DEL: nothing when it is gone, never was told, or is the plugin's own.</summary>
    public static NetworkNamespace? TryOpen(CniRequest request)
    {
        try
        {
            return request.NetworkNamespace.Length == 0 ? null : Open(request);
        }
        catch (CniException)
        {
            return null;
        }
    }

    /// <summary>Whether the interface is there and has the address.</summary>
    public static bool HasAddress(string path, string interfaceName, IPAddress address)
    {
        try
        {
            using NetworkNamespace container = NetworkNamespace.Open(path);
            using RouteNetlink route = RouteNetlink.Open(container);
            return route.FindLink(interfaceName) is { } link && route.ListAddresses(link.Index).Any(other => other.Address.Equals(address));
        }
        catch (KernelException)
        {
            return false;
        }
    }
}
