namespace Fairlead.Cni.Plugins.Links;

/// <summary>The key <c>mtu</c>.</summary>
internal static class RequestedMtu
{
    private const int Smallest = 68;   // ETH_MIN_MTU
    private const int Largest = 65535; // ETH_MAX_MTU

    /// <summary>Nothing where it is absent or 0.</summary>
    /// <exception cref="CniException">No link takes it (code 7).</exception>
    public static int? Read(ConfigurationObject root) => root.GetInteger("mtu") switch
    {
        null or 0 => null,
        >= Smallest and <= Largest and int mtu => mtu,
        int mtu => throw root.Invalid("mtu", $"{mtu} is not between {Smallest} and {Largest}, which links take"),
    };
}
