namespace Fairlead.Cni.Plugins.Masquerade;

/// <summary>The keys about masquerade that bridge and ptp share.</summary>
internal static class MasqueradeKeys
{
    /// <summary>The reference chooses between iptables and nf_tables here. We have one way; both words are taken, so that its configurations work.</summary>
    /// <exception cref="CniException">Another word (code 7).</exception>
    public static void CheckBackend(ConfigurationObject root)
    {
        if (root.GetString("ipMasqBackend") is { } backend and not ("" or "iptables" or "nftables"))
        {
            throw root.Invalid("ipMasqBackend", $"\"{backend}\" is neither \"iptables\" nor \"nftables\"");
        }
    }

    /// <summary><c>nonMasqueradeCIDRs</c>, our own key: destinations that see the pods' own addresses, as kubenet's --non-masquerade-cidr said.</summary>
    public static IReadOnlyList<AddressPrefix> ReadNonMasquerade(ConfigurationObject root)
    {
        List<AddressPrefix> networks = [];
        foreach (string text in root.GetStrings("nonMasqueradeCIDRs"))
        {
            networks.Add(AddressPrefix.TryParse(text, out AddressPrefix network) ? network.Network : throw root.Invalid("nonMasqueradeCIDRs", $"\"{text}\" is not a network"));
        }

        return networks;
    }
}
