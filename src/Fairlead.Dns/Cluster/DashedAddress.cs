using Fairlead.Network;
using System.Net;
using System.Net.Sockets;

namespace Fairlead.Dns.Cluster;

/// <summary>Addresses inside names of pods: 10-200-0-5, fd00--5.</summary>
internal static class DashedAddress
{
    private const int LongestIPv6 = 39;

    /// <summary>Reads a label without its length.</summary>
    public static bool TryRead(ReadOnlySpan<byte> label, out NetAddress address)
    {
        address = default;
        if (label.Length > LongestIPv6 || label.IsEmpty)
        {
            return false;
        }

        if (TryReadIPv4(label, out address))
        {
            return true;
        }

        Span<char> text = stackalloc char[LongestIPv6];
        for (int i = 0; i < label.Length; i++)
        {
            if (label[i] is not ((byte)'-' or (>= (byte)'0' and <= (byte)'9') or (>= (byte)'a' and <= (byte)'f')))
            {
                return false;
            }

            text[i] = label[i] == '-' ? ':' : (char)label[i];
        }

        // The framework's parser allocates the address; questions for names of pods with IPv6 addresses are few.
        if (!text[..label.Length].Contains(':') || !IPAddress.TryParse(text[..label.Length], out IPAddress? parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        address = NetAddress.From(parsed);
        return true;
    }

    private static bool TryReadIPv4(ReadOnlySpan<byte> label, out NetAddress address)
    {
        address = default;
        Span<byte> octets = stackalloc byte[4];
        int count = 0;
        foreach (Range part in label.Split((byte)'-'))
        {
            if (count == 4 || !DecimalOctet.TryRead(label[part], out octets[count]))
            {
                return false;
            }

            count++;
        }

        if (count != 4)
        {
            return false;
        }

        address = NetAddress.Read(octets);
        return true;
    }
}

/// <summary>0 to 255 as people write it: no sign, no leading zero.</summary>
internal static class DecimalOctet
{
    public static bool TryRead(ReadOnlySpan<byte> text, out byte value)
    {
        value = 0;
        if (text.Length is 0 or > 3 || (text.Length > 1 && text[0] == '0'))
        {
            return false;
        }

        int number = 0;
        foreach (byte digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            number = (number * 10) + (digit - '0');
        }

        value = (byte)number;
        return number <= byte.MaxValue;
    }
}
