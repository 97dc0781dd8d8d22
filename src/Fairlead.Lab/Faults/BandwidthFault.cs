using System.Globalization;
using Fairlead.Kernel.Route;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>A slow line: a token bucket at the end of the wire that sends. What waits longer than 50 ms is dropped.</summary>
/// <param name="Host">The host.</param>
/// <param name="BitsPerSecond">The rate.</param>
/// <param name="Direction">Which packets.</param>
public sealed record BandwidthFault(string Host, long BitsPerSecond, Direction Direction) : Fault
{
    private const uint LeastBurst = 32 * 1024;
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_burstTime = TimeSpan.FromMilliseconds(10);
    private static readonly TrafficHandle s_handle = new(0xfa, 0);

    /// <inheritdoc/>
    public override string Text => $"bandwidth {Host} {Rate(BitsPerSecond)}{Direction.Words()}";

    internal override string Place => Host;

    internal override void Validate(LabTopology topology)
    {
        WiredHost(topology, Host, "bandwidth");
        if (BitsPerSecond is < 8_000 or > 100_000_000_000)
        {
            throw new LabException($"bandwidth {Host} {Rate(BitsPerSecond)}: from 8kbit to 100gbit.");
        }
    }

    internal override void Apply(FaultScene scene)
    {
        if (Direction.Includes(Direction.In))
        {
            scene.OnLink(Host, routersEnd: true, Limit);
        }

        if (Direction.Includes(Direction.Out))
        {
            scene.OnLink(Host, routersEnd: false, Limit);
        }
    }

    internal override void Undo(FaultScene scene)
    {
        scene.OnLink(Host, routersEnd: true, Unlimit);
        scene.OnLink(Host, routersEnd: false, Unlimit);
    }

    private void Limit(RouteNetlink netlink, Link link)
    {
        var rate = (ulong)BitsPerSecond / 8;
        var burst = (uint)Math.Max(LeastBurst, rate * s_burstTime.TotalSeconds);
        var discipline = new QueueingDiscipline
        {
            LinkIndex = link.Index,
            Handle = s_handle,
            Kind = new TokenBucket { Rate = rate, Burst = burst, Limit = TokenBucket.LimitFor(rate, burst, s_longestWait) },
        };
        if (!netlink.AddDiscipline(discipline) && !netlink.ListDisciplines(link.Index).Any(IsOurs))
        {
            throw new LabException($"{Text}: another queueing discipline hangs at link {link.Name} already; 'tc qdisc del dev {link.Name} root' on that host removes it.");
        }
    }

    private static void Unlimit(RouteNetlink netlink, Link link)
    {
        foreach (QueueingDiscipline discipline in netlink.ListDisciplines(link.Index).Where(IsOurs))
        {
            netlink.DeleteDiscipline(discipline);
        }
    }

    private static bool IsOurs(QueueingDiscipline discipline) => discipline.Handle == s_handle && discipline.Kind is TokenBucket;

    private static string Rate(long bits) => bits switch
    {
        >= 1_000_000_000 when bits % 1_000_000_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{bits / 1_000_000_000}gbit"),
        >= 1_000_000 when bits % 1_000_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{bits / 1_000_000}mbit"),
        >= 1_000 when bits % 1_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{bits / 1_000}kbit"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bits}bit"),
    };
}
