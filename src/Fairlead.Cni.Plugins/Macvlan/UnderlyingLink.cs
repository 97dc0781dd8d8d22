using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Macvlan;

/// <summary>The link below a macvlan or VLAN: one of the host's, or (<c>linkInContainer</c>) one of the container's.</summary>
internal static class UnderlyingLink
{
    /// <summary>A socket where the link below is.</summary>
    public static RouteNetlink Open(CniRequest request, NetworkNamespace container) =>
        request.Configuration.Root.GetBoolean("linkInContainer") ? RouteNetlink.Open(container) : RouteNetlink.Open();

    /// <summary>The link that <c>master</c> names; of the host, when it names none, the one of the default route.</summary>
    /// <exception cref="CniException">There is none (code 7).</exception>
    public static Link Find(RouteNetlink below, ConfigurationObject root, bool required)
    {
        if (root.GetString("master") is { Length: > 0 } name)
        {
            return below.FindLink(name) ?? throw root.Invalid("master", $"there is no link {name}");
        }

        RouteEntry? route = required ? null : below.ListRoutes(table: RouteEntry.MainTable).FirstOrDefault(other => other.Destination.PrefixLength == 0 && other.LinkIndex is not null);
        return route is not null && below.FindLink(route.LinkIndex!.Value) is { } link ? link : throw root.Invalid("master", "is missing");
    }

    /// <summary>The MTU that is asked for, which can't be more than that of the link below.</summary>
    public static uint? ReadMtu(ConfigurationObject root, Link link) => root.GetInteger("mtu") switch
    {
        null or 0 => null,
        { } mtu when mtu > 0 && mtu <= link.Mtu => (uint)mtu,
        { } mtu => throw root.Invalid("mtu", $"{mtu} is not between 1 and {link.Mtu}, the MTU of {link.Name}"),
    };

    /// <summary>Makes a link on one below, in the container, with the result's addresses and routes; what both plugins do.</summary>
    public static CniResult Connect(CniRequest request, NetworkNamespace container, RouteNetlink below, LinkOptions options, LinkKind kind)
    {
        Ipam.AddressManagement? ipam = Ipam.AddressManagement.For(request);
        Undo undo = new();
        try
        {
            int index = Make(request, below, options with { Name = request.InterfaceName, Namespace = container }, kind);
            using RouteNetlink inside = RouteNetlink.Open(container);
            undo.Push(() => inside.DeleteLink(index));
            CniResult result = new();
            if (ipam is not null)
            {
                undo.Push(ipam.Undo);
                if (!ipam.IsOwn)
                {
                    inside.SetLink(index, new LinkOptions { Up = true });
                }

                CniResult given = ipam.Add();
                result = new CniResult { Dns = given.Dns, Routes = given.Routes, Unknown = given.Unknown };
                foreach (CniAddress address in given.Addresses)
                {
                    result.Addresses.Add(address with { Interface = 0 });
                }
            }

            ContainerLink.Configure(container, request.InterfaceName, index, result, request.Configuration.Root.GetBoolean("enabledad"));
            Link link = inside.FindLink(index) ?? throw ContainerLink.Failed($"{request.InterfaceName} is gone already");
            result.Interfaces.Add(new CniInterface { Name = request.InterfaceName, Mac = link.MacAddress?.ToString(), Mtu = (int)link.Mtu, Sandbox = request.NetworkNamespace });
            result.Dns = ResolverSettings.Choose(request, result.Dns);
            return result;
        }
        catch
        {
            undo.Run();
            throw;
        }
    }

    /// <summary>Removes the container's interface and gives its addresses back.</summary>
    public static void Disconnect(CniRequest request)
    {
        Ipam.AddressManagement? ipam = Ipam.AddressManagement.For(request);
        using NetworkNamespace? container = ContainerNamespace.TryOpen(request);
        if (container is not null)
        {
            using RouteNetlink inside = RouteNetlink.Open(container);
            inside.DeleteLink(request.InterfaceName);
        }

        ipam?.Delete();
    }

    public static void Check(CniRequest request, Action<Link> checkKind)
    {
        CniResult previous = request.RequirePreviousResult();
        Ipam.AddressManagement.For(request)?.Check();
        using NetworkNamespace container = ContainerNamespace.Open(request);
        checkKind(ContainerLink.Check(container, request, previous));
    }

    private static int Make(CniRequest request, RouteNetlink below, LinkOptions options, LinkKind kind)
    {
        try
        {
            return below.AddLink(options, kind);
        }
        catch (NetlinkException exception) when (exception.Error == Errno.Exists)
        {
            throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_IFNAME: \"{request.InterfaceName}\" already exists in {request.NetworkNamespace}", exception.Message, exception);
        }
        catch (NetlinkException exception) when (exception.Error == Errno.NotSupported)
        {
            throw new CniException(CniErrorCode.UnsupportedField, $"type: {request.Configuration.Type}: this kernel has no links of the kind {kind.Name}", exception.Message, exception);
        }
    }
}
