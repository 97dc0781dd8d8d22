using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Bandwidth;

/// <summary>
/// bandwidth: limits what the container receives (a token bucket on the host's end of its link) and what it sends (the host's end hands what comes in
/// to an ifb link, which has a token bucket of its own). Neither can be changed from inside.
/// </summary>
internal sealed class BandwidthPlugin : CniPlugin
{
    private const string IfbPrefix = "bwp";

    /// <summary>How long a packet may wait in the bucket's queue before it is dropped.</summary>
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(25);

    private static readonly TrafficHandle IngressHandle = new(0xffff, 0);

    public override string Name => "bandwidth";

    public override CniResult Add(CniRequest request)
    {
        CniResult result = request.RequirePreviousResult();
        Limits limits = Limits.Read(request);
        if (limits.IsEmpty)
        {
            return result;
        }

        using RouteNetlink host = RouteNetlink.Open();
        Link end = FindHostEnd(host, request) ?? throw request.Configuration.Root.Invalid("prevResult", $"{request.InterfaceName} has no other end on the host");
        Undo undo = new();
        try
        {
            if (limits.Ingress is { } ingress)
            {
                QueueingDiscipline bucket = BucketOn(end.Index, ingress);
                host.ReplaceDiscipline(bucket);
                undo.Push(() => host.DeleteDiscipline(bucket));
            }

            if (limits.Egress is { } egress)
            {
                result.Interfaces.Add(LimitEgress(host, request, end, egress, undo));
            }

            return result;
        }
        catch
        {
            undo.Run();
            throw;
        }
    }

    /// <summary>What hangs on the host's end goes with it; the ifb link is ours to remove.</summary>
    public override void Delete(CniRequest request)
    {
        using RouteNetlink host = RouteNetlink.Open();
        host.DeleteLink(IfbName(request));
    }

    public override void Check(CniRequest request)
    {
        request.RequirePreviousResult();
        Limits limits = Limits.Read(request);
        if (limits.IsEmpty)
        {
            return;
        }

        using RouteNetlink host = RouteNetlink.Open();
        Link end = FindHostEnd(host, request) ?? throw ContainerLink.Failed($"{request.InterfaceName} has no other end on the host");
        if (limits.Ingress is { } ingress)
        {
            CheckBucket(host, end, ingress);
        }

        if (limits.Egress is { } egress)
        {
            Link ifb = host.FindLink(IfbName(request)) ?? throw ContainerLink.Failed($"the ifb link {IfbName(request)} is gone");
            CheckBucket(host, ifb, egress);
            if (!host.ListFilters(end.Index, IngressHandle).Any(filter => filter.RedirectTo == ifb.Index))
            {
                throw ContainerLink.Failed($"{end.Name} does not hand its packets to {ifb.Name}");
            }
        }
    }

    public override void CollectGarbage(CniRequest request) => HostLinks.CollectGarbage(request, IfbPrefix);

    private static CniInterface LimitEgress(RouteNetlink host, CniRequest request, Link end, Limit egress, Undo undo)
    {
        string name = IfbName(request);
        host.DeleteLink(name); // what an ADD left that was killed
        int ifb = host.AddLink(
            new LinkOptions { Name = name, Mtu = end.Mtu, Up = true, Alias = Ownership.Alias(request.Configuration.Name, request.Attachment) }, PlainKind.Ifb);
        undo.Push(() => host.DeleteLink(ifb));
        host.ReplaceDiscipline(BucketOn(ifb, egress));

        QueueingDiscipline incoming = new() { LinkIndex = end.Index, Kind = PlainDiscipline.Ingress, Parent = TrafficHandle.Ingress, Handle = IngressHandle };
        host.DeleteDiscipline(incoming);
        host.AddDiscipline(incoming);
        undo.Push(() => host.DeleteDiscipline(incoming));
        host.AddFilter(new TrafficFilter { LinkIndex = end.Index, Parent = IngressHandle, Priority = 1, RedirectTo = ifb });
        return new CniInterface { Name = name, Mac = host.FindLink(ifb)?.MacAddress?.ToString(), Mtu = (int)end.Mtu };
    }

    private static QueueingDiscipline BucketOn(int link, Limit limit) => new()
    {
        LinkIndex = link,
        Handle = new TrafficHandle(1, 0),
        Kind = new TokenBucket { Rate = limit.BytesPerSecond, Burst = limit.BurstBytes, Limit = TokenBucket.LimitFor(limit.BytesPerSecond, limit.BurstBytes, Latency) },
    };

    private static void CheckBucket(RouteNetlink host, Link link, Limit limit)
    {
        TokenBucket? bucket = host.ListDisciplines(link.Index).Select(discipline => discipline.Kind).OfType<TokenBucket>().FirstOrDefault();
        if (bucket is null)
        {
            throw ContainerLink.Failed($"{link.Name} has no token bucket");
        }

        if (bucket.Rate != limit.BytesPerSecond)
        {
            throw ContainerLink.Failed($"{link.Name} lets {bucket.Rate * 8} bits a second through, not {limit.BytesPerSecond * 8}");
        }
    }

    /// <summary>The other end of the container's link, which the kernel knows whoever made it.</summary>
    private static Link? FindHostEnd(RouteNetlink host, CniRequest request)
    {
        using NetworkNamespace container = ContainerNamespace.Open(request);
        using RouteNetlink inside = RouteNetlink.Open(container);
        return inside.FindLink(request.InterfaceName)?.ParentIndex is { } peer && host.FindLink(peer) is { Kind: VethKind } end ? end : null;
    }

    private static string IfbName(CniRequest request) => Ownership.LinkName(request.Configuration.Name, request.Attachment, IfbPrefix);

    private sealed record Limit(ulong BytesPerSecond, uint BurstBytes);

    private sealed record Limits(Limit? Ingress, Limit? Egress)
    {
        public bool IsEmpty => Ingress is null && Egress is null;

        /// <summary>The runtime's values (<c>runtimeConfig.bandwidth</c>) come before the configuration's.</summary>
        public static Limits Read(CniRequest request)
        {
            ConfigurationObject source = request.Configuration.RuntimeConfig.GetObject("bandwidth") ?? request.Configuration.Root;
            return source.GetArray("shapedSubnets").Count + source.GetArray("unshapedSubnets").Count > 0
                ? throw source.Unsupported("shapedSubnets", "limits for some subnets only are not supported")
                : new Limits(Read(source, "ingressRate", "ingressBurst"), Read(source, "egressRate", "egressBurst"));
        }

        /// <summary>Bits on the outside, bytes in the kernel. Rate and burst come together or not at all.</summary>
        private static Limit? Read(ConfigurationObject source, string rateKey, string burstKey)
        {
            ulong rate = source.GetUnsigned(rateKey) ?? 0, burst = source.GetUnsigned(burstKey) ?? 0;
            return (rate, burst) switch
            {
                (0, 0) => null,
                (0, _) => throw source.Invalid(rateKey, $"must be given with {burstKey}"),
                (_, 0) => throw source.Invalid(burstKey, $"must be given with {rateKey}"),
                _ when rate < 8 => throw source.Invalid(rateKey, $"{rate} bits a second are less than one byte"),
                _ when burst / 8 is 0 or > int.MaxValue => throw source.Invalid(burstKey, $"{burst} bits are not between 1 byte and {int.MaxValue} bytes"),
                _ => new Limit(rate / 8, (uint)(burst / 8)),
            };
        }
    }
}
