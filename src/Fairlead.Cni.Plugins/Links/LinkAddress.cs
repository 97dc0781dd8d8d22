using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Links;

/// <summary>Addresses of results as the kernel is told them.</summary>
internal static class LinkAddress
{
    /// <summary>The address for a link; one of IPv6 is usable at once unless duplicate address detection is asked for.</summary>
    public static InterfaceAddress Of(int linkIndex, AddressPrefix address, bool duplicateAddressDetection = false) => new()
    {
        LinkIndex = linkIndex,
        Address = address.Address,
        PrefixLength = address.PrefixLength,
        Broadcast = !address.IsIPv6 && address.PrefixLength < 31 ? address.LastAddress : null,
        Flags = address.IsIPv6 && !duplicateAddressDetection ? AddressFlags.NoDuplicateDetection : AddressFlags.None,
    };
}
