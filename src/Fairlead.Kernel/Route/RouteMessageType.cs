namespace Fairlead.Kernel.Route;

/// <summary>RTM_… (linux/rtnetlink.h).</summary>
internal static class RouteMessageType
{
    internal const ushort NewLink = 16;
    internal const ushort DeleteLink = 17;
    internal const ushort GetLink = 18;
    internal const ushort SetLink = 19;
    internal const ushort NewAddress = 20;
    internal const ushort DeleteAddress = 21;
    internal const ushort GetAddress = 22;
    internal const ushort NewRoute = 24;
    internal const ushort DeleteRoute = 25;
    internal const ushort GetRoute = 26;
    internal const ushort NewNeighbour = 28;
    internal const ushort DeleteNeighbour = 29;
    internal const ushort GetNeighbour = 30;
    internal const ushort NewRule = 32;
    internal const ushort DeleteRule = 33;
    internal const ushort GetRule = 34;
    internal const ushort NewQueueingDiscipline = 36;
    internal const ushort DeleteQueueingDiscipline = 37;
    internal const ushort GetQueueingDiscipline = 38;
    internal const ushort NewTrafficClass = 40;
    internal const ushort DeleteTrafficClass = 41;
    internal const ushort GetTrafficClass = 42;
    internal const ushort NewTrafficFilter = 44;
    internal const ushort DeleteTrafficFilter = 45;
    internal const ushort GetTrafficFilter = 46;
    internal const ushort NewNamespaceId = 88;
    internal const ushort GetNamespaceId = 90;
}

/// <summary>AF_… as netlink's one-byte family fields hold them.</summary>
internal static class Family
{
    internal const byte Unspecified = 0;
    internal const byte IPv4 = 2;
    internal const byte Bridge = 7;
    internal const byte IPv6 = 10;
}
