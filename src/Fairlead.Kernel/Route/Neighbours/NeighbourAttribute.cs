namespace Fairlead.Kernel.Route;

/// <summary>NDA_… (linux/neighbour.h).</summary>
internal static class NeighbourAttribute
{
    internal const ushort Destination = 1;
    internal const ushort LinkLayerAddress = 2;
    internal const ushort Vlan = 5;
    internal const ushort Port = 6;
    internal const ushort Vni = 7;
    internal const ushort OutputLink = 8;
    internal const ushort Master = 9;
    internal const ushort SourceVni = 11;
    internal const ushort Protocol = 12;
}

/// <summary>NTF_….</summary>
internal static class NeighbourFlag
{
    internal const byte Self = 0x02;
    internal const byte Master = 0x04;
    internal const byte Proxy = 0x08;
    internal const byte ExternallyLearned = 0x10;
    internal const byte Router = 0x80;
}
