using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

/// <summary>IP addresses on the wire: their bytes in network order, four or sixteen.</summary>
internal static class AddressBytes
{
    internal static byte FamilyOf(IPAddress address) => FamilyOf(address.AddressFamily);

    internal static byte FamilyOf(AddressFamily family) => family switch
    {
        AddressFamily.InterNetwork => Family.IPv4,
        AddressFamily.InterNetworkV6 => Family.IPv6,
        AddressFamily.Unspecified => Family.Unspecified,
        _ => throw new ArgumentException($"{family} is neither IPv4 nor IPv6", nameof(family)),
    };

    internal static int LengthOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? 16 : 4;

    internal static IPAddress Any(byte family) => family == Family.IPv6 ? IPAddress.IPv6Any : IPAddress.Any;

    internal static void WriteAddress(this ref NetlinkMessageWriter writer, ushort type, IPAddress address) =>
        address.TryWriteBytes(writer.ReserveAttribute(type, LengthOf(address)), out _);

    internal static IPAddress Read(ReadOnlySpan<byte> bytes) =>
        bytes.Length is 4 or 16 ? new IPAddress(bytes) : throw new InvalidDataException($"{bytes.Length} bytes where an IP address has 4 or 16");

    /// <summary>A prefix as the kernel gives it. IPv4 destinations may come with host bits set in nobody's kernel, but any bytes must give a value or an InvalidDataException.</summary>
    internal static IPNetwork ReadNetwork(ReadOnlySpan<byte> bytes, int length)
    {
        IPAddress address = Read(bytes);
        if (length > bytes.Length * 8)
        {
            throw new InvalidDataException($"a prefix of {length} bits on an address of {bytes.Length * 8}");
        }

        try
        {
            return new IPNetwork(address, length);
        }
        catch (ArgumentException)
        {
            throw new InvalidDataException($"{address}/{length} has bits set behind its prefix");
        }
    }
}
