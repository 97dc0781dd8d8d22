using Fairlead.Kernel;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.Route;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>Where one fault is done or undone: the lab's hosts from the kernel's side, and what was there before.</summary>
internal sealed class FaultScene(LabTopology topology, LabPaths paths, FaultRecord record, Action<FaultRecord> save)
{
    /// <summary>The lab.</summary>
    public LabTopology Topology { get; } = topology;

    /// <summary>The lab's files.</summary>
    public LabPaths Paths { get; } = paths;

    /// <summary>The fault with what it remembers.</summary>
    public FaultRecord Record { get; private set; } = record;

    /// <summary>The fault's own table in the router, which sees the frames of all segments.</summary>
    public TableId FrameTable => new(TableFamily.Bridge, $"fault-{Record.Id}");

    /// <summary>Works on a link of a host: its own end of the wire, or in the router's namespace the end that has the host's name. Nothing where the link is gone.</summary>
    public void OnLink(string host, bool routersEnd, Action<RouteNetlink, Link> work)
    {
        string place = Topology.Host(routersEnd ? Topology.Router.Name : host).Namespace;
        if (!NetworkNamespace.ListNamed().Contains(place))
        {
            return;
        }

        using NetworkNamespace network = NetworkNamespace.OpenNamed(place);
        using RouteNetlink netlink = RouteNetlink.Open(network);
        if (netlink.FindLink(routersEnd ? host : FabricNetwork.HostLink) is { } link)
        {
            work(netlink, link);
        }
    }

    /// <summary>Does something within a host's network namespace; the default where the host is gone.</summary>
    public T? In<T>(string host, Func<T> work)
    {
        string place = Topology.Host(host).Namespace;
        if (!NetworkNamespace.ListNamed().Contains(place))
        {
            return default;
        }

        using NetworkNamespace network = NetworkNamespace.OpenNamed(place);
        return network.Run(work);
    }

    /// <summary>Commits a transaction in a host's network namespace; nothing where the host is gone.</summary>
    public void Commit(string host, Transaction transaction) => In(host, () =>
    {
        using NfTablesClient client = NfTablesClient.Open();
        client.Commit(transaction);
        return true;
    });

    /// <summary>What was there before the fault was first done; read and written down at that time only.</summary>
    public string Remember(string what, Func<string> read)
    {
        if (!Record.Before.TryGetValue(what, out string? value))
        {
            value = read();
            Record = Record with { Before = new Dictionary<string, string>(Record.Before) { [what] = value } };
            save(Record);
        }

        return value;
    }

    /// <summary>What <see cref="Remember"/> wrote down; null where it never came to that.</summary>
    public string? Remembered(string what) => Record.Before.GetValueOrDefault(what);
}
