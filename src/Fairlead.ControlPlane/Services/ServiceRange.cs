using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Fairlead.ControlPlane.Services;

/// <summary>A range of cluster IPs, of one family; knows addresses, not which of them are taken.</summary>
internal sealed class ServiceRange(IPNetwork network)
{
    /// <summary>As ipFamilies has it.</summary>
    public string Family { get; } = FamilyOf(network.BaseAddress);

    /// <summary>"IPv4" or "IPv6".</summary>
    public static string FamilyOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? "IPv4" : "IPv6";

    /// <summary>Whether an address of any family lies in it.</summary>
    public bool Contains(IPAddress address) => address.AddressFamily == network.BaseAddress.AddressFamily && network.Contains(address);

    /// <summary>
    /// A random free address, first from the upper band: the lower one (16 addresses at least) is left to those who ask for a certain
    /// address, as kube-apiserver does (KEP-3070). Null where all are taken.
    /// </summary>
    public string? NextFree(HashSet<string> taken)
    {
        var bits = (Family == "IPv4" ? 32 : 128) - network.PrefixLength;
        var size = bits >= 24 ? 1 << 24 : 1 << bits;
        var first = 1;
        var last = Family == "IPv4" ? size - 2 : size - 1;
        var reserved = Math.Min(Math.Max(16, size / 16), 256);
        var upper = last - reserved > first ? first + reserved : first;
        return Scan(upper, last) ?? Scan(first, upper - 1);

        string? Scan(int from, int to)
        {
            if (to < from)
            {
                return null;
            }

            var start = RandomNumberGenerator.GetInt32(from, to + 1);
            for (var i = 0; i <= to - from; i++)
            {
                var candidate = AddressAt(from + (start - from + i) % (to - from + 1));
                if (!taken.Contains(candidate))
                {
                    return candidate;
                }
            }

            return null;
        }
    }

    private string AddressAt(int offset)
    {
        var bytes = network.BaseAddress.GetAddressBytes();
        for (var i = bytes.Length - 1; i >= 0 && offset > 0; i--)
        {
            offset += bytes[i];
            bytes[i] = (byte)offset;
            offset >>= 8;
        }

        return new IPAddress(bytes).ToString();
    }
}
