namespace Fairlead.Kernel.Route;

/// <summary>TCA_… (linux/rtnetlink.h, linux/pkt_sched.h, linux/pkt_cls.h, linux/tc_act/tc_mirred.h).</summary>
internal static class TrafficAttribute
{
    internal const ushort Kind = 1;
    internal const ushort Options = 2;
}

/// <summary>TCA_TBF_….</summary>
internal static class TokenBucketAttribute
{
    internal const ushort Parameters = 1;
    internal const ushort Rate64 = 4;
    internal const ushort Burst = 6;
}

/// <summary>TCA_HTB_….</summary>
internal static class HtbAttribute
{
    internal const ushort Parameters = 1;
    internal const ushort Init = 2;
    internal const ushort Rate64 = 6;
    internal const ushort Ceiling64 = 7;
}

/// <summary>TCA_U32_… and TCA_MATCHALL_….</summary>
internal static class FilterAttribute
{
    internal const ushort U32ClassId = 1;
    internal const ushort U32Selector = 5;
    internal const ushort U32Action = 7;
    internal const ushort MatchAllClassId = 1;
    internal const ushort MatchAllAction = 2;
}

/// <summary>TCA_ACT_… and TCA_MIRRED_….</summary>
internal static class ActionAttribute
{
    internal const ushort Kind = 1;
    internal const ushort Options = 2;
    internal const ushort MirredParameters = 2;
}
