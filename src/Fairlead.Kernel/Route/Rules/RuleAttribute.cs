namespace Fairlead.Kernel.Route;

/// <summary>FRA_… (linux/fib_rules.h).</summary>
internal static class RuleAttribute
{
    internal const ushort Destination = 1;
    internal const ushort Source = 2;
    internal const ushort InputLink = 3;
    internal const ushort Goto = 4;
    internal const ushort Priority = 6;
    internal const ushort Mark = 10;
    internal const ushort SuppressPrefixLength = 14;
    internal const ushort Table = 15;
    internal const ushort Mask = 16;
    internal const ushort OutputLink = 17;
    internal const ushort Protocol = 21;
    internal const ushort IpProtocol = 22;
    internal const ushort SourcePorts = 23;
    internal const ushort DestinationPorts = 24;
}
