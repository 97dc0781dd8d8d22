using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Fairlead.ControlPlane.Schema;

namespace Fairlead.ControlPlane.Resources.Custom;

/// <summary>The formats of strings that schemas of custom kinds may name (apiextensions-apiserver, validation/formats.go); others are no constraint.</summary>
internal static class StringFormats
{
    public static bool IsValid(string format, string text) => format switch
    {
        "ipv4" => IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork && text.Count(c => c == '.') == 3,
        "ipv6" => IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6,
        "cidr" => text.IndexOf('/') is > 0 and var slash && IPAddress.TryParse(text.AsSpan(0, slash), out var address)
            && byte.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128),
        "mac" => PhysicalAddress.TryParse(text, out _),
        "uuid" or "uuid3" or "uuid4" or "uuid5" => Guid.TryParseExact(text, "D", out _),
        "byte" => Base64.IsValid(text),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "date-time" or "datetime" => GoTime.Normalize(text, micro: false, out _) is null,
        "duration" => GoTime.ParseDuration(text, out _) is null,
        "uri" => Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out _),
        "hostname" => Uri.CheckHostName(text) != UriHostNameType.Unknown,
        _ => true,
    };
}
