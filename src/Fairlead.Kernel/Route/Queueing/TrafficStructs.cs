using System.Runtime.InteropServices;

namespace Fairlead.Kernel.Route;

/// <summary>struct tc_ratespec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RateSpecification
{
    /// <summary>TC_LINKLAYER_ETHERNET: the kernel computes with the rate itself and needs no table.</summary>
    internal const byte Ethernet = 1;

    public byte CellLog;
    public byte LinkLayer;
    public ushort Overhead;
    public short CellAlign;
    public ushort MinimumPacketUnit;
    public uint Rate;

    internal static RateSpecification Of(ulong bytesPerSecond) => new() { LinkLayer = Ethernet, Rate = (uint)Math.Min(bytesPerSecond, uint.MaxValue) };
}

/// <summary>struct tc_tbf_qopt.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TokenBucketParameters
{
    public RateSpecification Rate;
    public RateSpecification PeakRate;
    public uint Limit;
    public uint Buffer;
    public uint Mtu;
}

/// <summary>struct tc_htb_opt.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HtbParameters
{
    public RateSpecification Rate;
    public RateSpecification Ceiling;
    public uint Buffer;
    public uint CeilingBuffer;
    public uint Quantum;
    public uint Level;
    public uint Priority;
}

/// <summary>struct tc_htb_glob.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HtbGlobal
{
    public uint Version;
    public uint RateToQuantum;
    public uint DefaultClass;
    public uint Debug;
    public uint DirectPackets;
}

/// <summary>struct tc_u32_sel without its keys.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct U32Selector
{
    internal const int Size = 16;

    /// <summary>TC_U32_TERMINAL: a match ends the search.</summary>
    internal const byte Terminal = 1;

    public byte Flags;
    public byte OffsetShift;
    public byte KeyCount;
    public byte Padding;
    public ushort OffsetMaskBigEndian;
    public ushort Offset;
    public short OffsetOffset;
    public short HashOffset;
    public uint HashMaskBigEndian;
}

/// <summary>struct tc_u32_key.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct U32Key
{
    internal const int Size = 16;

    public uint MaskBigEndian;
    public uint ValueBigEndian;
    public int Offset;
    public int OffsetMask;
}

/// <summary>struct tc_mirred.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MirredParameters
{
    /// <summary>TCA_EGRESS_REDIR.</summary>
    internal const int EgressRedirect = 1;

    /// <summary>TC_ACT_STOLEN: whoever had the packet doesn't have it any more.</summary>
    internal const int Stolen = 4;

    public uint Index;
    public uint Capabilities;
    public int Action;
    public int ReferenceCount;
    public int BindCount;
    public int MirredAction;
    public int LinkIndex;
}
