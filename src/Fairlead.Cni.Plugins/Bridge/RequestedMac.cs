using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Bridge;

/// <summary>The hardware address that the container is to have: the runtime's, else <c>args.cni</c>'s, else CNI_ARGS', else the configuration's.</summary>
internal static class RequestedMac
{
    public static MacAddress? Read(CniRequest request)
    {
        NetworkConfiguration network = request.Configuration;
        foreach (ConfigurationObject source in (ReadOnlySpan<ConfigurationObject>)[network.RuntimeConfig, network.Arguments])
        {
            if (source.GetString("mac") is { Length: > 0 } text)
            {
                return Parse(source, text);
            }
        }

        return request.Arguments.Mac ?? (network.Root.GetString("mac") is { Length: > 0 } own ? Parse(network.Root, own) : null);
    }

    /// <summary>One that is random and locally administered, for links that are told none. Told one, udev leaves the link alone.</summary>
    public static MacAddress Random()
    {
        Span<byte> bytes = stackalloc byte[MacAddress.Size];
        System.Random.Shared.NextBytes(bytes);
        bytes[0] = (byte)((bytes[0] & 0xfe) | 0x02);
        return new MacAddress(bytes);
    }

    private static MacAddress Parse(ConfigurationObject source, string text) =>
        MacAddress.TryParse(text.Replace('-', ':'), null, out MacAddress mac) && mac.IsValidForLink ? mac : throw source.Invalid("mac", $"\"{text}\" is not a hardware address that a link can have");
}
