using System.Net;

namespace Fairlead.Cni.Plugins.Static;

/// <summary>static: gives the addresses that the configuration, CNI_ARGS or the runtime name; remembers nothing.</summary>
internal sealed class StaticPlugin : CniPlugin
{
    public override string Name => "static";

    public override CniResult Add(CniRequest request) => Read(request);

    public override void Delete(CniRequest request)
    {
    }

    public override void Check(CniRequest request)
    {
        CniResult wanted = Read(request);
        CniResult previous = request.RequirePreviousResult();
        foreach (CniAddress address in wanted.Addresses)
        {
            if (!previous.Addresses.Any(other => other.Address == address.Address))
            {
                throw new CniException(CniErrorCode.CheckFailed, $"static: {address.Address} is not in the container's result");
            }
        }
    }

    /// <summary>The runtime's addresses come before <c>args.cni</c>'s, those before CNI_ARGS', and those before the configuration's.</summary>
    private static CniResult Read(CniRequest request)
    {
        NetworkConfiguration network = request.Configuration;
        ConfigurationObject ipam = network.Ipam ?? throw network.Root.Invalid("ipam", "is missing");
        CniResult result = new() { Dns = ipam.GetDns("dns") };
        if (network.RuntimeConfig.Has("ips"))
        {
            AddAll(network.RuntimeConfig, result);
        }
        else if (network.Arguments.Has("ips"))
        {
            AddAll(network.Arguments, result);
        }
        else if (request.Arguments.Values.TryGetValue("IP", out string? list) && list.Length > 0)
        {
            IPAddress[] gateways = [.. (request.Arguments.Values.GetValueOrDefault("GATEWAY") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(text =>
                AddressPrefix.TryParseAddress(text, out IPAddress? gateway) ? gateway : throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_ARGS: GATEWAY={text} is not an address"))];
            foreach (string text in list.Split(','))
            {
                AddressPrefix prefix = AddressPrefix.TryParse(text, out AddressPrefix parsed)
                    ? parsed
                    : throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_ARGS: IP={text} is not an address with a prefix length");
                result.Addresses.Add(new CniAddress { Address = prefix, Gateway = Array.Find(gateways, prefix.Contains) });
            }
        }
        else
        {
            foreach (ConfigurationObject address in ipam.GetObjects("addresses"))
            {
                result.Addresses.Add(new CniAddress
                {
                    Address = address.GetPrefix("address") ?? throw address.Invalid("address", "is missing"),
                    Gateway = address.GetAddress("gateway"),
                });
            }
        }

        if (!network.Version.HasResultLists && (result.Addresses.Count(address => address.Address.IsIPv6) > 1 || result.Addresses.Count(address => !address.Address.IsIPv6) > 1))
        {
            throw ipam.Invalid("addresses", $"CNI {network.Version} has no place for more than one address of a family");
        }

        foreach (CniRoute route in ipam.GetRoutes("routes"))
        {
            result.Routes.Add(route);
        }

        return result;
    }

    private static void AddAll(ConfigurationObject source, CniResult result)
    {
        foreach (string text in source.GetStrings("ips"))
        {
            result.Addresses.Add(new CniAddress
            {
                Address = AddressPrefix.TryParse(text, out AddressPrefix prefix) ? prefix : throw source.Invalid("ips", $"\"{text}\" is not an address with a prefix length"),
            });
        }
    }
}
