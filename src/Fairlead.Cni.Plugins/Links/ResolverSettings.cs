namespace Fairlead.Cni.Plugins.Links;

/// <summary>What a result says about name resolution.</summary>
internal static class ResolverSettings
{
    /// <summary>The runtime's settings (capability dns) come before the network's, and those before the IPAM plugin's.</summary>
    public static CniDns Choose(CniRequest request, CniDns given)
    {
        if (request.Configuration.RuntimeConfig.GetObject("dns") is { } runtime)
        {
            return new CniDns
            {
                Nameservers = runtime.GetStrings("servers"),
                Search = runtime.GetStrings("searches"),
                Options = runtime.GetStrings("options"),
            };
        }

        return request.Configuration.Root.Has("dns") ? request.Configuration.Root.GetDns("dns") : given;
    }
}
