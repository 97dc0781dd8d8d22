namespace Fairlead.Cni.Plugins.Links;

/// <summary>The host's switches that let it be a router.</summary>
internal static class Forwarding
{
    /// <summary>Switches forwarding on for the families of the addresses; what is on already is not written.</summary>
    public static void Enable(CniResult result)
    {
        if (result.Addresses.Any(address => !address.Address.IsIPv6))
        {
            Switch("/proc/sys/net/ipv4/ip_forward");
        }

        if (result.Addresses.Any(address => address.Address.IsIPv6))
        {
            Switch("/proc/sys/net/ipv6/conf/all/forwarding");
        }
    }

    private static void Switch(string path)
    {
        if (PlainFile.Read(path)?.Trim() != "1")
        {
            File.WriteAllText(path, "1");
        }
    }
}
