using System.Text.Json.Nodes;

namespace Fairlead.Cni;

/// <summary>Results as JSON: reads every version's form, writes the form of the version asked for.</summary>
public static class ResultJson
{
    /// <summary>Reads a result; which form it has is seen from its keys, as plugins of others do not always name their version.</summary>
    /// <exception cref="CniException">A key has the wrong type or an address is none (code 6 or 7).</exception>
    public static CniResult Read(ConfigurationObject json)
    {
        CniResult result = new() { Dns = json.GetDns("dns") };
        if (json.Has("ip4") || json.Has("ip6"))
        {
            ReadFamily(json.GetObject("ip4"), result);
            ReadFamily(json.GetObject("ip6"), result);
        }

        foreach (ConfigurationObject link in json.GetObjects("interfaces"))
        {
            result.Interfaces.Add(new CniInterface
            {
                Name = link.GetString("name") ?? "",
                Mac = link.GetString("mac"),
                Mtu = link.GetInteger("mtu"),
                Sandbox = link.GetString("sandbox"),
                SocketPath = link.GetString("socketPath"),
                PciId = link.GetString("pciID"),
            });
        }

        foreach (ConfigurationObject address in json.GetObjects("ips"))
        {
            result.Addresses.Add(new CniAddress
            {
                Address = address.GetPrefix("address") ?? throw address.Invalid("address", "is missing"),
                Gateway = address.GetAddress("gateway"),
                Interface = address.GetInteger("interface"),
            });
        }

        foreach (CniRoute route in json.GetRoutes("routes"))
        {
            result.Routes.Add(route);
        }

        foreach ((string key, JsonNode? value) in json.Json)
        {
            if (key is not ("cniVersion" or "interfaces" or "ips" or "routes" or "dns" or "ip4" or "ip6"))
            {
                result.Unknown[key] = value?.DeepClone();
            }
        }

        return result;
    }

    /// <summary>Gives the result in the form of <paramref name="version"/>; what that version has no place for is left out.</summary>
    public static JsonObject Write(CniResult result, SpecificationVersion version) =>
        JsonNode.Parse(SpecificationJson.Write(writer => ResultWriter.Write(writer, result, version)))!.AsObject();

    private static void ReadFamily(ConfigurationObject? family, CniResult result)
    {
        if (family is null)
        {
            return;
        }

        result.Addresses.Add(new CniAddress
        {
            Address = family.GetPrefix("ip") ?? throw family.Invalid("ip", "is missing"),
            Gateway = family.GetAddress("gateway"),
        });
        foreach (CniRoute route in family.GetRoutes("routes"))
        {
            result.Routes.Add(route);
        }
    }
}
