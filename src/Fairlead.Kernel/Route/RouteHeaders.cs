using System.Runtime.InteropServices;

namespace Fairlead.Kernel.Route;

/// <summary>struct ifinfomsg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkHeader
{
    internal const int Size = 16;

    public byte Family;
    public byte Padding;
    public ushort HardwareType;
    public int Index;
    public uint Flags;
    public uint ChangeMask;
}

/// <summary>struct ifaddrmsg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AddressHeader
{
    internal const int Size = 8;

    public byte Family;
    public byte PrefixLength;
    public byte Flags;
    public byte Scope;
    public int LinkIndex;
}

/// <summary>struct rtmsg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RouteHeader
{
    internal const int Size = 12;

    public byte Family;
    public byte DestinationLength;
    public byte SourceLength;
    public byte TypeOfService;
    public byte Table;
    public byte Protocol;
    public byte Scope;
    public byte Type;
    public uint Flags;
}

/// <summary>struct rtnexthop.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NextHopHeader
{
    internal const int Size = 8;

    public ushort Length;
    public byte Flags;
    public byte WeightMinusOne;
    public int LinkIndex;
}

/// <summary>struct ndmsg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NeighbourHeader
{
    internal const int Size = 12;

    public byte Family;
    public byte Padding1;
    public ushort Padding2;
    public int LinkIndex;
    public ushort State;
    public byte Flags;
    public byte Type;
}

/// <summary>struct fib_rule_hdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RuleHeader
{
    internal const int Size = 12;

    public byte Family;
    public byte DestinationLength;
    public byte SourceLength;
    public byte TypeOfService;
    public byte Table;
    public byte Reserved1;
    public byte Reserved2;
    public byte Action;
    public uint Flags;
}

/// <summary>struct tcmsg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TrafficHeader
{
    internal const int Size = 20;

    public byte Family;
    public byte Padding1;
    public ushort Padding2;
    public int LinkIndex;
    public uint Handle;
    public uint Parent;
    public uint Info;
}

/// <summary>struct ifa_cacheinfo.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AddressLifetimes
{
    public uint Preferred;
    public uint Valid;
    public uint Created;
    public uint Updated;
}
