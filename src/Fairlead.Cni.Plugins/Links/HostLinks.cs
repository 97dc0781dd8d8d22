using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Links;

/// <summary>The links on the host that are ours, whatever their kind.</summary>
internal static class HostLinks
{
    /// <summary>Removes the network's links of a prefix whose attachments are no more, and those that were never finished.</summary>
    public static void CollectGarbage(CniRequest request, string prefix)
    {
        string network = request.Configuration.Name;
        HashSet<string> valid = [.. request.Configuration.ValidAttachments.Select(attachment => Ownership.LinkName(network, attachment, prefix))];
        uint half = Ownership.HalfMadeGroup(network);
        using RouteNetlink host = RouteNetlink.Open();
        foreach (Link link in host.ListLinks())
        {
            bool ours = link.Name.StartsWith(prefix, StringComparison.Ordinal)
                && (link.Group == half || (link.Alias ?? "").StartsWith(Ownership.AliasPrefix(network), StringComparison.Ordinal));
            if (ours && !valid.Contains(link.Name))
            {
                host.DeleteLink(link.Index);
            }
        }
    }
}
