using System.Globalization;
using Fairlead.Kernel;

namespace Fairlead.Lab.Fabric;

/// <summary>What the machine has one of for all its namespaces together, and how many nodes go into it. A lab doesn't change the machine; it says what would make room.</summary>
public static class MachineLimits
{
    private const string Watches = "fs/inotify/max_user_instances";
    private const string Neighbours = "net/ipv4/neigh/default/gc_thresh3";

    /// <summary>Each node's runtime watches its containers' ends, for which the kernel lets a user have so many watchers (inotify(7)).</summary>
    /// <exception cref="LabException">There are too few.</exception>
    internal static void RequireWatches(int workers)
    {
        const int others = 16;
        if (Read(Watches) is { } most && workers + others > most)
        {
            throw new LabException($"--nodes {workers}: each node needs a file watcher, and this machine lets a user have {most}. 'sysctl fs.inotify.max_user_instances={2 * (workers + others)}' makes it more.");
        }
    }

    /// <summary>
    /// What to say before a lab whose nodes together know more neighbours than the kernel's table has places for (arp(7), gc_thresh3): each node knows each other one.
    /// While the table is full, packets to whoever isn't in it are lost.
    /// </summary>
    /// <param name="workers">Number of nodes.</param>
    /// <returns>null: there is room.</returns>
    public static string? WarnOfNeighbours(int workers)
    {
        int needed = workers * (workers + 2);
        return Read(Neighbours) is { } most && needed > most
            ? $"--nodes {workers}: nodes that all speak to each other need about {needed} entries of the neighbour table, which has {most} for the whole machine. While it is full, connections wait for tens of seconds. 'sysctl net.ipv4.neigh.default.gc_thresh3={4 * needed}' makes room."
            : null;
    }

    private static int? Read(string name) => int.TryParse(Sysctl.Read(name), CultureInfo.InvariantCulture, out int value) ? value : null;
}
