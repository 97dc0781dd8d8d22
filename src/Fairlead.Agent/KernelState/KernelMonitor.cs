using Fairlead.Agent.Telemetry;
using Fairlead.Kernel;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables;
using Fairlead.Network.Layout;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.KernelState;

/// <summary>What of ours somebody else touched.</summary>
[Flags]
internal enum KernelPart
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The nf_tables table.</summary>
    Table = 1,

    /// <summary>Routes, or links and addresses that routes depend on.</summary>
    Routes = 2,

    /// <summary>Both.</summary>
    All = Table | Routes,
}

/// <summary>Listens to what the kernel says about changes, and reports those that touch ours and that we didn't make.</summary>
internal sealed class KernelMonitor : IDisposable
{
    private const int NfTablesGroup = 7; // NFNLGRP_NFTABLES
    private const ushort NfTablesSubsystem = 10; // NFNL_SUBSYS_NFTABLES
    private const ushort NewGeneration = 15; // NFT_MSG_NEWGEN
    private const int FamilyHeader = 4; // struct nfgenmsg
    private const ushort TableName = 1; // NFTA_*_TABLE, the same in all of our objects' messages
    private const ushort ProcessName = 3; // NFTA_GEN_PROC_NAME
    private const ushort ProcessId = 2; // NFTA_GEN_PROC_PID
    private const int LinkGroup = 1, AddressGroup4 = 5, RouteGroup4 = 7, AddressGroup6 = 9, RouteGroup6 = 11; // RTNLGRP_*
    private const ushort NewRoute = 24, DeleteRoute = 25;
    private const int BigBatch = 2000;

    private readonly NetlinkSocket tables = NetlinkSocket.Open(NetlinkProtocol.Netfilter);
    private readonly NetlinkSocket routing = NetlinkSocket.Open(NetlinkProtocol.Route);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<uint> generation;
    private readonly Action<KernelPart, string> report;
    private readonly ILogger logger;
    private readonly List<Thread> threads = [];
    private uint ownTables;
    private uint ownRoutes;
    private bool oursTouched;

    private KernelMonitor(Func<uint> generation, Action<KernelPart, string> report, ILogger logger) =>
        (this.generation, this.report, this.logger) = (generation, report, logger);

    /// <summary>Begins to listen, in the calling thread's network namespace.</summary>
    public static KernelMonitor Start(uint ownTables, uint ownRoutes, Func<uint> generation, Action<KernelPart, string> report, ILogger logger)
    {
        KernelMonitor monitor = new(generation, report, logger) { ownTables = ownTables, ownRoutes = ownRoutes };
        monitor.tables.SetReceiveCapacity(4 << 20);
        monitor.tables.Subscribe(NfTablesGroup);
        foreach (int group in (int[])[LinkGroup, AddressGroup4, RouteGroup4, AddressGroup6, RouteGroup6])
        {
            monitor.routing.Subscribe(group);
        }

        monitor.Listen("nf_tables events", monitor.tables, monitor.ReadTables);
        monitor.Listen("rtnetlink events", monitor.routing, monitor.ReadRouting);
        return monitor;
    }

    /// <summary>
    /// Commits a transaction. A big one is committed with the ears closed, because telling us of each of 100,000 elements would cost the kernel as
    /// much as adding them; that nobody else committed meanwhile is seen by the generation number.
    /// </summary>
    public TimeSpan Commit(Transaction transaction, Func<TimeSpan> commit)
    {
        if (transaction.Operations.Sum(o => o is ElementOperation elements ? elements.Elements.Count : 1) < BigBatch)
        {
            return commit();
        }

        tables.Unsubscribe(NfTablesGroup);
        uint before = generation();
        try
        {
            return commit();
        }
        finally
        {
            tables.Subscribe(NfTablesGroup);
            if (generation() - before > 1)
            {
                report(KernelPart.Table, "somebody");
            }
        }
    }

    private void Listen(string name, NetlinkSocket socket, Action<NetlinkMessageReader> read)
    {
        Thread thread = new(() =>
        {
            try
            {
                while (!stop.IsCancellationRequested)
                {
                    switch (socket.Receive(out NetlinkMessageReader messages, Timeout.InfiniteTimeSpan, stop.Token))
                    {
                        case NetlinkReceiveStatus.Received:
                            read(messages);
                            break;
                        case NetlinkReceiveStatus.Overrun:
                            report(KernelPart.All, "more than can be listened to");
                            break;
                    }
                }
            }
            catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException)
            {
            }
            catch (KernelException e)
            {
                // The timer's audits go on.
                Log.MonitorFailed(logger, name, e.Message);
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        threads.Add(thread);
    }

    private void ReadTables(NetlinkMessageReader messages)
    {
        foreach (NetlinkMessage message in messages)
        {
            if (message.Type >> 8 != NfTablesSubsystem || message.PortId == ownTables)
            {
                continue;
            }

            if ((message.Type & 0xff) != NewGeneration)
            {
                // What others write into their own tables is none of our business.
                oursTouched |= message.Payload.Length > 0 && message.Payload[0] == (byte)KernelNames.Table.Family
                    && message.Attributes(FamilyHeader).TryFind(TableName, out NetlinkAttribute table) && table.String == KernelNames.Table.Name;
            }
            else if (oursTouched)
            {
                // The kernel closes each transaction's messages with one that names its author.
                oursTouched = false;
                NetlinkAttributeReader attributes = message.Attributes(FamilyHeader);
                report(KernelPart.Table, attributes.TryFind(ProcessName, out NetlinkAttribute name) && attributes.TryFind(ProcessId, out NetlinkAttribute id)
                    ? $"{name.String} (process {id.UInt32BigEndian})"
                    : "somebody");
            }
        }
    }

    private void ReadRouting(NetlinkMessageReader messages)
    {
        foreach (NetlinkMessage message in messages)
        {
            bool route = message.Type is NewRoute or DeleteRoute;

            // rtm_protocol is the sixth byte of struct rtmsg.
            if (message.PortId == ownRoutes || (route && (message.Payload.Length < 6 || message.Payload[5] != KernelNames.RouteProtocol)))
            {
                continue;
            }

            report(KernelPart.Routes, route ? "somebody" : "a link or address that changed");
            return;
        }
    }

    public void Dispose()
    {
        stop.Cancel();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        tables.Dispose();
        routing.Dispose();
        stop.Dispose();
    }
}
