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

    /// <summary>Routes, or links, addresses and neighbours that routes depend on.</summary>
    Routes = 2,

    /// <summary>Pods' links.</summary>
    Ports = 4,

    /// <summary>Sysctls.</summary>
    Sysctls = 8,

    /// <summary>Other programs' nf_tables tables.</summary>
    OtherTables = 16,

    /// <summary>All of them.</summary>
    All = Table | Routes | Ports | Sysctls | OtherTables,
}

/// <summary>Listens to what the kernel says about changes, and reports those that touch ours and that we didn't make.</summary>
internal sealed class KernelMonitor : IDisposable
{
    private const int NfTablesGroup = 7; // NFNLGRP_NFTABLES
    private const ushort NfTablesSubsystem = 10; // NFNL_SUBSYS_NFTABLES
    private const ushort NewGeneration = 15; // NFT_MSG_NEWGEN
    private const ushort NewTable = 0, DeleteTable = 2, NewChain = 3, DeleteChain = 5, NewRule = 6, DeleteRule = 8; // NFT_MSG_*
    private const int FamilyHeader = 4; // struct nfgenmsg
    private const ushort TableName = 1; // NFTA_*_TABLE, the same in all of our objects' messages
    private const ushort ProcessName = 3; // NFTA_GEN_PROC_NAME
    private const ushort ProcessId = 2; // NFTA_GEN_PROC_PID
    private const int LinkGroup = 1, NeighbourGroup = 3, AddressGroup4 = 5, RouteGroup4 = 7, AddressGroup6 = 9, RouteGroup6 = 11; // RTNLGRP_*
    private const ushort NewLink = 16, DeleteLink = 17, NewAddress = 20, DeleteAddress = 21, NewRoute = 24, DeleteRoute = 25, NewNeighbour = 28, DeleteNeighbour = 29; // RTM_*
    private const byte LinkScope = 253; // RT_SCOPE_LINK
    private const int LinkHeader = 16; // struct ifinfomsg
    private const ushort LinkInfo = 18, LinkKindName = 1; // IFLA_LINKINFO, IFLA_INFO_KIND
    private const int BigBatch = 2000;
    private static readonly TimeSpan SysctlInterval = TimeSpan.FromMilliseconds(250);

    private readonly NetlinkSocket tables = NetlinkSocket.Open(NetlinkProtocol.Netfilter);
    private readonly NetlinkSocket routing = NetlinkSocket.Open(NetlinkProtocol.Route);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<uint> generation;
    private readonly NodeNetwork network;
    private readonly Action<KernelPart, string> report;
    private readonly ILogger logger;
    private readonly List<Thread> threads = [];
    private uint ownTables;
    private bool oursTouched;
    private bool othersTouched;

    private KernelMonitor(NodeNetwork network, Func<uint> generation, Action<KernelPart, string> report, ILogger logger) =>
        (this.network, this.generation, this.report, this.logger) = (network, generation, report, logger);

    /// <summary>Begins to listen, in the calling thread's network namespace.</summary>
    public static KernelMonitor Start(
        uint ownTables, NodeNetwork network, NodeSysctls? sysctls, Func<uint> generation, Action<KernelPart, string> report, ILogger logger)
    {
        KernelMonitor monitor = new(network, generation, report, logger) { ownTables = ownTables };
        monitor.tables.SetReceiveCapacity(4 << 20);
        monitor.tables.Subscribe(NfTablesGroup);
        foreach (int group in (int[])[LinkGroup, NeighbourGroup, AddressGroup4, RouteGroup4, AddressGroup6, RouteGroup6])
        {
            monitor.routing.Subscribe(group);
        }

        if (sysctls is not null)
        {
            monitor.Watch(sysctls);
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

    /// <summary>Looks at sysctls again and again, on a thread that, like the caller's, is in the node's network namespace.</summary>
    private void Watch(NodeSysctls sysctls)
    {
        Thread thread = new(() =>
        {
            while (!stop.Token.WaitHandle.WaitOne(SysctlInterval))
            {
                if (!sysctls.AreRight())
                {
                    report(KernelPart.Sysctls, "somebody");
                }
            }
        })
        {
            IsBackground = true,
            Name = "sysctls",
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
                bool ours = message.Payload.Length > 0 && message.Payload[0] == (byte)KernelNames.Table.Family
                    && message.Attributes(FamilyHeader).TryFind(TableName, out NetlinkAttribute table) && table.String == KernelNames.Table.Name;
                oursTouched |= ours;

                // What others write into their own tables is none of our business, unless it keeps pods' packets away.
                othersTouched |= !ours && (message.Type & 0xff) is NewTable or DeleteTable or NewChain or DeleteChain or NewRule or DeleteRule;
                continue;
            }

            if (othersTouched)
            {
                othersTouched = false;
                report(KernelPart.OtherTables, "somebody");
            }

            if (oursTouched)
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
        KernelPart touched = KernelPart.None;
        uint author = 0;
        foreach (NetlinkMessage message in messages)
        {
            KernelPart part = message.PortId == network.PortId ? KernelPart.None : PartOf(message);
            touched |= part;
            author = part != KernelPart.None && message.PortId != 0 ? message.PortId : author;
        }

        if (touched != KernelPart.None)
        {
            report(touched, author == 0 ? "the kernel" : NetlinkAuthor.Name(author));
        }
    }

    private KernelPart PartOf(NetlinkMessage message) => message.Type switch
    {
        // rtm_protocol is the sixth byte of struct rtmsg.
        NewRoute or DeleteRoute => message.Payload.Length >= 6 && message.Payload[5] == KernelNames.RouteProtocol ? KernelPart.Routes : KernelPart.None,

        // The neighbours of other links change all the time, and are nobody's.
        NewNeighbour or DeleteNeighbour => network.IsOverlay(IndexOf(message)) ? KernelPart.Routes : KernelPart.None,

        // Pods come and go by veth pairs, which no route of ours names. A message of another family (the first byte) is a bridge's about a port.
        NewLink or DeleteLink => message.Payload.Length < LinkHeader || message.Payload[0] != 0 || (IsVeth(message) && !network.IsUplink(IndexOf(message)))
            ? KernelPart.Ports
            : KernelPart.Routes | KernelPart.Ports,

        // A link-local address (ifa_scope) comes with every pod's link, and no way to another node hangs on it.
        NewAddress or DeleteAddress when message.Payload.Length >= 8 && message.Payload[3] == LinkScope && !network.IsOverlay(IndexOf(message)) => KernelPart.None,
        _ => KernelPart.Routes | KernelPart.Ports,
    };

    /// <summary>ifi_index, ifa_index and ndm_ifindex all follow four bytes.</summary>
    private static int IndexOf(NetlinkMessage message) => message.Payload.Length >= 8 ? BitConverter.ToInt32(message.Payload[4..8]) : 0;

    private static bool IsVeth(NetlinkMessage message) =>
        message.Attributes(LinkHeader).TryFind(LinkInfo, out NetlinkAttribute info) && info.Nested.TryFind(LinkKindName, out NetlinkAttribute kind) && kind.String == "veth";

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
