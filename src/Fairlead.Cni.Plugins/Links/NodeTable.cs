using Fairlead.Kernel;
using Fairlead.Kernel.NfTables;

namespace Fairlead.Cni.Plugins.Links;

/// <summary>Our tables as they may be met: not made yet, or removed by somebody.</summary>
internal static class NodeTable
{
    private const int Attempts = 10;

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

    /// <summary>Removes the elements whose comments are stale from all sets of the table, at once, and gives them back.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public static IReadOnlyList<(Set Set, Element Element)> RemoveElements(NfTablesClient client, TableId table, Func<string?, bool> isStale)
    {
        for (int attempt = 0; ; attempt++)
        {
            List<(Set Set, Element Element)> stale = [];
            Transaction transaction = new(table);
            foreach (ListedSet listed in ListSets(client, table))
            {
                Element[] elements = [.. ListElements(client, table, listed.Set).Where(element => isStale(element.Comment))];
                if (elements.Length > 0)
                {
                    transaction.Delete(listed.Set, elements);
                    stale.AddRange(elements.Select(element => (listed.Set, element)));
                }
            }

            IReadOnlyList<OperationFailure> failures = client.TryCommit(transaction);
            if (failures.Count == 0)
            {
                return stale;
            }

            // Somebody removed one of them meanwhile.
            if (failures[0].Answer.Error != Errno.NotFound || attempt == Attempts)
            {
                throw failures[0].Answer.ToException($"remove elements from table {table}");
            }
        }
    }

    private static IReadOnlyList<ListedSet> ListSets(NfTablesClient client, TableId table)
    {
        try
        {
            return client.ListSets(table);
        }
        catch (NetlinkException exception) when (exception.Error == Errno.NotFound)
        {
            return [];
        }
    }
}
