namespace Fairlead.Kernel.Route;

/// <summary>IFA_… (linux/if_addr.h).</summary>
internal static class AddressAttribute
{
    internal const ushort Address = 1;
    internal const ushort Local = 2;
    internal const ushort Label = 3;
    internal const ushort Broadcast = 4;
    internal const ushort Lifetimes = 6;
    internal const ushort Flags = 8;
    internal const ushort RoutePriority = 9;
    internal const ushort Protocol = 11;
}
