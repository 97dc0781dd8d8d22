using System.Globalization;
using System.Net;
using Fairlead.Kernel;
using Fairlead.Kernel.Conntrack;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>A node's table of connections is full: nothing new gets through ("nf_conntrack: table full, dropping packet"), what is established goes on.</summary>
/// <param name="Host">The host.</param>
/// <param name="Free">How many entries stay free.</param>
public sealed record ConntrackFault(string Host, int Free) : Fault
{
    /// <summary>A connection costs the kernel some 300 bytes; a machine that allows for more than this is not filled up by us.</summary>
    private const int Most = 1_000_000;
    private const uint Mark = 0xfa170000;
    private const uint MarkMask = 0xffff0000;
    private const uint OneDay = 86_400;
    private const string Limit = "net/netfilter/nf_conntrack_max";

    /// <inheritdoc/>
    public override string Text => $"conntrack {Host}{(Free == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" --free {Free}"))}";

    internal override string Place => Host;

    internal override void Validate(LabTopology topology)
    {
        topology.Host(Host);
        int limit = int.Parse(Sysctl.Read(Limit), CultureInfo.InvariantCulture);
        if (limit > Most)
        {
            throw new LabException($"conntrack {Host}: this machine's nf_conntrack_max is {limit}; filling so large a table would take {limit * 300L / 1_000_000} MB of the kernel's memory. 'sysctl net.netfilter.nf_conntrack_max=262144' makes it smaller.");
        }

        if (Free < 0 || Free >= limit)
        {
            throw new LabException($"conntrack {Host} --free {Free}: between 0 and nf_conntrack_max, which is {limit}.");
        }
    }

    internal override bool OutlastsStopOf(string host) => host != Host;

    internal override void Apply(FaultScene scene) => scene.In(Host, () =>
    {
        int limit = int.Parse(Sysctl.Read(Limit), CultureInfo.InvariantCulture);
        using ConntrackNetlink conntrack = ConntrackNetlink.Open();
        long missing = limit - Free - conntrack.Count();
        return missing <= 0 ? 0 : conntrack.Create(Enumerable.Range(0, (int)missing).Select(Entry));
    });

    internal override void Undo(FaultScene scene) => scene.In(Host, () =>
    {
        using ConntrackNetlink conntrack = ConntrackNetlink.Open();
        conntrack.Flush(Mark, MarkMask);
        return true;
    });

    /// <summary>Connections between addresses of the range for benchmarks (RFC 2544), which no lab uses. Assured ones: those the kernel doesn't throw out when it needs room.</summary>
    private static ConntrackEntry Entry(int number)
    {
        var source = new IPAddress([198, 18, (byte)(number >> 24), (byte)(number >> 16)]);
        var destination = new IPAddress([198, 19, 0, (byte)(number >> 14 & 3)]);
        var sourcePort = (ushort)(1024 + (number & 0x3fff));
        var sent = new ConntrackTuple(source, destination, TransportProtocol.Udp, sourcePort, 9);
        return new ConntrackEntry
        {
            Original = sent,
            Reply = new ConntrackTuple(destination, source, TransportProtocol.Udp, 9, sourcePort),
            Status = ConntrackStatus.Confirmed | ConntrackStatus.Assured | ConntrackStatus.SeenReply,
            Mark = Mark,
            TimeoutSeconds = OneDay,
        };
    }
}
