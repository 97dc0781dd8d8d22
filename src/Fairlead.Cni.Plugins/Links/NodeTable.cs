using Fairlead.Kernel;
using Fairlead.Kernel.NfTables;

namespace Fairlead.Cni.Plugins.Links;

/// <summary>Our tables as they may be met: not made yet, or removed by somebody.</summary>
internal static class NodeTable
{
    /// <summary>The elements of a map; none when the map or its table is not there.</summary>
    public static IReadOnlyList<Element> ListElements(NfTablesClient client, TableId table, Set set)
    {
        try
        {
            return client.ListElements(table, set);
        }
        catch (NetlinkException exception) when (exception.Error == Errno.NotFound)
        {
            return [];
        }
    }
}
