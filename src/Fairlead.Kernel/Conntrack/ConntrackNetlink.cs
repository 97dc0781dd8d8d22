using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Conntrack;

/// <summary>ctnetlink: the tracked connections of one network namespace, that of the thread which opened it. Any thread may use it afterwards.</summary>
public sealed class ConntrackNetlink : IDisposable
{
    private const int BatchBytes = 512 * 1024;
    private readonly NetlinkSocket _socket;

    private ConntrackNetlink(NetlinkSocket socket)
    {
        _socket = socket;
    }

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    /// <exception cref="KernelException">There are too many descriptors, or no netfilter.</exception>
    public static ConntrackNetlink Open() => new(NetlinkSocket.Open(NetlinkProtocol.Netfilter));

    /// <summary>Opens a socket in a namespace, from outside.</summary>
    /// <exception cref="KernelException">The namespace could not be entered.</exception>
    public static ConntrackNetlink Open(NetworkNamespace networkNamespace) => networkNamespace.Run(Open);

    /// <summary>The connections that are meant; all of them without a filter. The kernel sifts by mark, address, protocol and port where it can.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<ConntrackEntry> List(ConntrackFilter? filter = null)
    {
        filter ??= new ConntrackFilter();
        NetlinkAnswer answer = Dump(filter, siftInKernel: true, out List<ConntrackEntry> entries);
        if (answer.Error is Errno.InvalidArgument or Errno.NotSupported)
        {
            answer = Dump(filter, siftInKernel: false, out entries); // before Linux 5.8
        }

        answer.ThrowIfFailed("list connections");
        entries.RemoveAll(entry => !filter.Matches(entry));
        return entries;
    }

    /// <summary>How many connections are tracked.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public long Count()
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        ConntrackMessages.Begin(ref request, ConntrackMessageType.GetStatistics, 0);
        List<uint> totals = [];
        _socket.Get(request, ConntrackMessages.CollectTotals, totals).ThrowIfFailed("count connections");
        return totals.Count > 0 ? totals[0] : 0;
    }

    /// <summary>Forgets a connection, this very one and no later one with the same tuples: its next packet is looked at like a first one. False where it is gone.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool Delete(ConntrackEntry entry)
    {
        NetlinkMessageWriter request = new(stackalloc byte[256]);
        ConntrackMessages.WriteDelete(ref request, entry);
        NetlinkAnswer answer = _socket.Request(request);
        if (answer.Error == Errno.NotFound)
        {
            return false;
        }

        answer.ThrowIfFailed($"forget {entry}");
        return true;
    }

    /// <summary>Forgets all connections that are meant, and gives their number.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public int Delete(ConntrackFilter filter)
    {
        IReadOnlyList<ConntrackEntry> entries = List(filter);
        NetlinkMessageWriter writer = new(stackalloc byte[1024]);
        int deleted = 0;
        try
        {
            for (int i = 0; i < entries.Count; i++)
            {
                ConntrackMessages.WriteDelete(ref writer, entries[i]);
                if (writer.Length > BatchBytes || i == entries.Count - 1)
                {
                    deleted += writer.MessageCount;
                    foreach (NetlinkBatchError error in _socket.Batch(writer))
                    {
                        deleted--;
                        if (error.Answer.Error != Errno.NotFound)
                        {
                            throw error.Answer.ToException("forget connections");
                        }
                    }

                    writer.Clear();
                }
            }

            return deleted;
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Makes connections known that no packet began, and gives their number. What is tracked already is left as it is; where the table is full, it ends.</summary>
    /// <param name="entries">The connections, of protocols whose state the kernel need not be told: UDP, say.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public int Create(IEnumerable<ConntrackEntry> entries)
    {
        NetlinkMessageWriter writer = new(stackalloc byte[1024]);
        int created = 0;
        try
        {
            foreach (ConntrackEntry entry in entries)
            {
                ConntrackMessages.WriteCreate(ref writer, entry);
                if (writer.Length > BatchBytes && !Send(ref writer, ref created))
                {
                    return created;
                }
            }

            if (writer.MessageCount > 0)
            {
                Send(ref writer, ref created);
            }

            return created;
        }
        finally
        {
            writer.Dispose();
        }

        // False: there is no room for more.
        bool Send(ref NetlinkMessageWriter writer, ref int created)
        {
            created += writer.MessageCount;
            bool full = false;
            foreach (NetlinkBatchError error in _socket.Batch(writer))
            {
                created--;
                full |= error.Answer.Error == Errno.OutOfMemory;
                if (error.Answer.Error is not (Errno.Exists or Errno.OutOfMemory))
                {
                    throw error.Answer.ToException("make connections known");
                }
            }

            writer.Clear();
            return !full;
        }
    }

    /// <summary>Forgets every connection of the namespace, or those that have a mark in the bits of a mask.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void Flush(uint mark = 0, uint mask = 0)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        ConntrackMessages.WriteFlush(ref request, mark, mask);
        _socket.Request(request).ThrowIfFailed("forget connections");
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => _socket.Dispose();

    private NetlinkAnswer Dump(ConntrackFilter filter, bool siftInKernel, out List<ConntrackEntry> entries)
    {
        NetlinkMessageWriter request = new(stackalloc byte[512]);
        ConntrackMessages.WriteList(ref request, filter, siftInKernel);
        return _socket.Dump(request, ConntrackMessages.Collect, out entries);
    }
}
