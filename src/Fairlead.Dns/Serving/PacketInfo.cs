using Fairlead.Dns.Serving.Native;

namespace Fairlead.Dns.Serving;

/// <summary>Control messages that say at which of its addresses a socket was asked (ip(7) and ipv6(7): IP_PKTINFO, IPV6_PKTINFO).</summary>
internal static unsafe class PacketInfo
{
    /// <summary>Turns what came with a datagram into what makes its answer come from the same address; gives its length, 0 for none.</summary>
    public static nuint ToReply(byte* control, nuint length)
    {
        if (length < (nuint)sizeof(LibC.ControlHeader))
        {
            return 0;
        }

        LibC.ControlHeader* header = (LibC.ControlHeader*)control;
        int* data = (int*)(control + sizeof(LibC.ControlHeader));
        switch (header->Level, header->Type)
        {
            case (LibC.SolIP, LibC.IPPacketInfo):
                // struct in_pktinfo: link, address to send from, address asked. The route decides the link.
                data[0] = 0;
                data[1] = data[2];
                return Align(header->Length);
            case (LibC.SolIPv6, LibC.IPv6PacketInfo):
                // struct in6_pktinfo: address, link. A link-local address needs its link.
                byte* address = (byte*)data;
                if (!(address[0] == 0xfe && (address[1] & 0xc0) == 0x80))
                {
                    data[4] = 0;
                }

                return Align(header->Length);
            default:
                return 0;
        }
    }

    private static nuint Align(nuint length) => (length + (nuint)sizeof(nuint) - 1) & ~((nuint)sizeof(nuint) - 1);
}
