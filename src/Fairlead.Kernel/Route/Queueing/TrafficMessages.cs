using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

/// <summary>Writes and reads queueing disciplines, classes and filters.</summary>
internal static class TrafficMessages
{
    /// <summary>PSCHED_SHIFT: the scheduler's tick is 64 ns (/proc/net/psched).</summary>
    private const int NanosecondsPerTick = 64;

    private const uint HtbVersion = 3;
    private const uint HtbRateToQuantum = 10;

    internal static void Write(ref NetlinkMessageWriter writer, ushort type, NetlinkFlags flags, QueueingDiscipline discipline)
    {
        writer.BeginMessage(type, flags);
        writer.WriteStruct(new TrafficHeader
        {
            LinkIndex = discipline.LinkIndex,
            Handle = discipline.Handle.Value != 0 || discipline.Parent != TrafficHandle.Ingress ? discipline.Handle.Value : 0xffff0000,
            Parent = discipline.Parent.Value,
        });
        writer.WriteString(TrafficAttribute.Kind, discipline.Kind.Name);
        if (type == RouteMessageType.DeleteQueueingDiscipline)
        {
            return;
        }

        switch (discipline.Kind)
        {
            case TokenBucket bucket:
                NetlinkNest options = writer.BeginNested(TrafficAttribute.Options);
                writer.WriteStruct(TokenBucketAttribute.Parameters, new TokenBucketParameters
                {
                    Rate = RateSpecification.Of(bucket.Rate),
                    Limit = bucket.Limit,
                    Buffer = Ticks(bucket.Rate, bucket.Burst),
                });
                if (bucket.Rate >= uint.MaxValue)
                {
                    writer.WriteUInt64(TokenBucketAttribute.Rate64, bucket.Rate);
                }

                writer.WriteUInt32(TokenBucketAttribute.Burst, bucket.Burst);
                writer.EndNested(options);
                break;
            case HierarchicalTokenBucket bucket:
                NetlinkNest init = writer.BeginNested(TrafficAttribute.Options);
                writer.WriteStruct(HtbAttribute.Init, new HtbGlobal { Version = HtbVersion, RateToQuantum = HtbRateToQuantum, DefaultClass = bucket.DefaultClass });
                writer.EndNested(init);
                break;
        }
    }

    internal static void Write(ref NetlinkMessageWriter writer, ushort type, NetlinkFlags flags, TrafficClass traffic)
    {
        writer.BeginMessage(type, flags);
        writer.WriteStruct(new TrafficHeader { LinkIndex = traffic.LinkIndex, Handle = traffic.Handle.Value, Parent = traffic.Parent.Value });
        writer.WriteString(TrafficAttribute.Kind, "htb");
        if (type == RouteMessageType.DeleteTrafficClass)
        {
            return;
        }

        ulong ceiling = traffic.Ceiling ?? traffic.Rate;
        NetlinkNest options = writer.BeginNested(TrafficAttribute.Options);
        writer.WriteStruct(HtbAttribute.Parameters, new HtbParameters
        {
            Rate = RateSpecification.Of(traffic.Rate),
            Ceiling = RateSpecification.Of(ceiling),
            Buffer = Ticks(traffic.Rate, traffic.Burst),
            CeilingBuffer = Ticks(ceiling, traffic.Burst),
            Quantum = traffic.Quantum,
            Priority = traffic.Priority,
        });
        if (traffic.Rate >= uint.MaxValue)
        {
            writer.WriteUInt64(HtbAttribute.Rate64, traffic.Rate);
        }

        if (ceiling >= uint.MaxValue)
        {
            writer.WriteUInt64(HtbAttribute.Ceiling64, ceiling);
        }

        writer.EndNested(options);
    }

    internal static void Write(ref NetlinkMessageWriter writer, ushort type, NetlinkFlags flags, TrafficFilter filter)
    {
        writer.BeginMessage(type, flags);
        writer.WriteStruct(new TrafficHeader
        {
            LinkIndex = filter.LinkIndex,
            Parent = filter.Parent.Value,
            Info = ((uint)filter.Priority << 16) | (BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(filter.Protocol) : filter.Protocol),
        });
        writer.WriteString(TrafficAttribute.Kind, filter.Matches is null ? "matchall" : "u32");
        if (type == RouteMessageType.DeleteTrafficFilter)
        {
            return;
        }

        NetlinkNest options = writer.BeginNested(TrafficAttribute.Options);
        if (filter.ClassHandle is { } handle)
        {
            writer.WriteUInt32(filter.Matches is null ? FilterAttribute.MatchAllClassId : FilterAttribute.U32ClassId, handle.Value);
        }

        if (filter.Matches is { } matches)
        {
            WriteSelector(ref writer, matches);
        }

        if (filter.RedirectTo is { } target)
        {
            NetlinkNest actions = writer.BeginNested(filter.Matches is null ? FilterAttribute.MatchAllAction : FilterAttribute.U32Action);
            NetlinkNest first = writer.BeginNested(1);
            writer.WriteString(ActionAttribute.Kind, "mirred");
            NetlinkNest parameters = writer.BeginNested(ActionAttribute.Options);
            writer.WriteStruct(ActionAttribute.MirredParameters, new MirredParameters
            {
                Action = MirredParameters.Stolen,
                MirredAction = MirredParameters.EgressRedirect,
                LinkIndex = target,
            });
            writer.EndNested(parameters);
            writer.EndNested(first);
            writer.EndNested(actions);
        }

        writer.EndNested(options);
    }

    internal static void WriteList(ref NetlinkMessageWriter writer, ushort type, int linkIndex, TrafficHandle parent)
    {
        writer.BeginMessage(type, NetlinkFlags.None);
        writer.WriteStruct(new TrafficHeader { LinkIndex = linkIndex, Parent = parent.Value });
    }

    internal static void Collect(NetlinkMessage message, List<QueueingDiscipline> disciplines)
    {
        if (message.Type != RouteMessageType.NewQueueingDiscipline)
        {
            return;
        }

        TrafficHeader header = message.Header<TrafficHeader>();
        ReadOptions(message, out string kind, out NetlinkAttribute options);
        disciplines.Add(new QueueingDiscipline
        {
            LinkIndex = header.LinkIndex,
            Handle = new TrafficHandle(header.Handle),
            Parent = new TrafficHandle(header.Parent),
            Kind = kind switch
            {
                "tbf" => ReadTokenBucket(options.Nested),
                "htb" => new HierarchicalTokenBucket { DefaultClass = options.Nested.TryFind(HtbAttribute.Init, out NetlinkAttribute init) ? init.Struct<HtbGlobal>().DefaultClass : 0 },
                _ => new PlainDiscipline(kind),
            },
        });
    }

    internal static void Collect(NetlinkMessage message, List<TrafficClass> classes)
    {
        if (message.Type != RouteMessageType.NewTrafficClass)
        {
            return;
        }

        TrafficHeader header = message.Header<TrafficHeader>();
        ReadOptions(message, out string kind, out NetlinkAttribute options);
        if (kind == "htb" && options.Nested.TryFind(HtbAttribute.Parameters, out NetlinkAttribute attribute))
        {
            HtbParameters parameters = attribute.Struct<HtbParameters>();
            ulong rate = options.Nested.TryFind(HtbAttribute.Rate64, out NetlinkAttribute large) ? large.UInt64 : parameters.Rate.Rate;
            ulong ceiling = options.Nested.TryFind(HtbAttribute.Ceiling64, out large) ? large.UInt64 : parameters.Ceiling.Rate;
            classes.Add(new TrafficClass
            {
                LinkIndex = header.LinkIndex,
                Handle = new TrafficHandle(header.Handle),
                Parent = new TrafficHandle(header.Parent),
                Rate = rate,
                Ceiling = ceiling == rate ? null : ceiling,
                Burst = Bytes(ceiling, parameters.CeilingBuffer),
                Priority = parameters.Priority,
                Quantum = parameters.Quantum,
            });
        }
    }

    internal static void Collect(NetlinkMessage message, List<TrafficFilter> filters)
    {
        if (message.Type != RouteMessageType.NewTrafficFilter)
        {
            return;
        }

        TrafficHeader header = message.Header<TrafficHeader>();
        ReadOptions(message, out string kind, out NetlinkAttribute options);
        bool u32 = kind == "u32";
        List<U32Match>? matches = null;
        TrafficHandle? handle = null;
        int? target = null;
        foreach (NetlinkAttribute attribute in options.Nested)
        {
            // Class identifiers have number 1 in both kinds.
            if (attribute.Type == FilterAttribute.U32ClassId)
            {
                handle = new TrafficHandle(attribute.UInt32);
            }
            else if (attribute.Type == (u32 ? FilterAttribute.U32Action : FilterAttribute.MatchAllAction))
            {
                target = ReadRedirect(attribute.Nested);
            }
            else if (u32 && attribute.Type == FilterAttribute.U32Selector)
            {
                matches = ReadSelector(attribute);
            }
        }

        // A u32 lists its hash tables too, which match nothing themselves.
        if (u32 ? matches is not null : kind == "matchall" && header.Handle != 0)
        {
            ushort protocol = (ushort)header.Info;
            filters.Add(new TrafficFilter
            {
                LinkIndex = header.LinkIndex,
                Parent = new TrafficHandle(header.Parent),
                Priority = (ushort)(header.Info >> 16),
                Protocol = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(protocol) : protocol,
                Matches = matches,
                ClassHandle = handle,
                RedirectTo = target,
            });
        }
    }

    private static void WriteSelector(ref NetlinkMessageWriter writer, IReadOnlyList<U32Match> matches)
    {
        // A selector needs a key; one whose mask is empty matches everything.
        IReadOnlyList<U32Match> keys = matches.Count > 0 ? matches : [default];
        Span<byte> bytes = writer.ReserveAttribute(FilterAttribute.U32Selector, U32Selector.Size + (keys.Count * U32Key.Size));
        MemoryMarshal.Write(bytes, new U32Selector { Flags = U32Selector.Terminal, KeyCount = checked((byte)keys.Count) });
        for (int i = 0; i < keys.Count; i++)
        {
            Span<byte> key = bytes[(U32Selector.Size + (i * U32Key.Size))..];
            BinaryPrimitives.WriteUInt32BigEndian(key, keys[i].Mask);
            BinaryPrimitives.WriteUInt32BigEndian(key[4..], keys[i].Value & keys[i].Mask);
            MemoryMarshal.Write(key[8..], keys[i].Offset);
        }
    }

    private static List<U32Match> ReadSelector(NetlinkAttribute attribute)
    {
        U32Selector selector = attribute.Struct<U32Selector>();
        if (attribute.Value.Length < U32Selector.Size + (selector.KeyCount * U32Key.Size))
        {
            throw new InvalidDataException($"a u32 selector of {attribute.Value.Length} bytes says that it has {selector.KeyCount} keys");
        }

        List<U32Match> matches = [];
        for (int i = 0; i < selector.KeyCount; i++)
        {
            ReadOnlySpan<byte> key = attribute.Value[(U32Selector.Size + (i * U32Key.Size))..];
            U32Match match = new(BinaryPrimitives.ReadUInt32BigEndian(key[4..]), BinaryPrimitives.ReadUInt32BigEndian(key), MemoryMarshal.Read<int>(key[8..]));
            if (match.Mask != 0)
            {
                matches.Add(match);
            }
        }

        return matches;
    }

    private static int? ReadRedirect(NetlinkAttributeReader actions)
    {
        foreach (NetlinkAttribute action in actions)
        {
            if (action.Nested.TryFind(ActionAttribute.Kind, out NetlinkAttribute kind)
                && kind.String == "mirred"
                && action.Nested.TryFind(ActionAttribute.Options, out NetlinkAttribute options)
                && options.Nested.TryFind(ActionAttribute.MirredParameters, out NetlinkAttribute parameters)
                && parameters.Struct<MirredParameters>() is { MirredAction: MirredParameters.EgressRedirect } mirred)
            {
                return mirred.LinkIndex;
            }
        }

        return null;
    }

    private static TokenBucket ReadTokenBucket(NetlinkAttributeReader attributes)
    {
        TokenBucketParameters parameters = attributes.TryFind(TokenBucketAttribute.Parameters, out NetlinkAttribute attribute) ? attribute.Struct<TokenBucketParameters>() : default;
        ulong rate = attributes.TryFind(TokenBucketAttribute.Rate64, out NetlinkAttribute large) ? large.UInt64 : parameters.Rate.Rate;
        return new TokenBucket { Rate = rate, Burst = Bytes(rate, parameters.Buffer), Limit = parameters.Limit };
    }

    private static void ReadOptions(NetlinkMessage message, out string kind, out NetlinkAttribute options)
    {
        kind = "";
        options = default;
        foreach (NetlinkAttribute attribute in message.Attributes(TrafficHeader.Size))
        {
            switch (attribute.Type)
            {
                case TrafficAttribute.Kind: kind = attribute.String; break;
                case TrafficAttribute.Options: options = attribute; break;
            }
        }
    }

    /// <summary>How long <paramref name="bytes"/> take at <paramref name="rate"/>, in ticks.</summary>
    private static uint Ticks(ulong rate, uint bytes) =>
        rate == 0 ? 0 : (uint)Math.Min(bytes * (1e9 / NanosecondsPerTick) / rate, uint.MaxValue);

    private static uint Bytes(ulong rate, uint ticks) => (uint)Math.Min(Math.Round(ticks * (rate / (1e9 / NanosecondsPerTick))), uint.MaxValue);
}
