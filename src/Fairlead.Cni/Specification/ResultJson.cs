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

    /// <summary>Writes the result in the form of <paramref name="version"/>; what that version has no place for is left out.</summary>
    public static JsonObject Write(CniResult result, SpecificationVersion version)
    {
        JsonObject json = new() { ["cniVersion"] = version.ToString() };
        if (version.HasResultLists)
        {
            WriteLists(result, version, json);
        }
        else
        {
            WriteFamily(json, "ip4", result, ipv6: false);
            WriteFamily(json, "ip6", result, ipv6: true);
        }

        json["dns"] = WriteDns(result.Dns);
        foreach ((string key, JsonNode? value) in result.Unknown)
        {
            json[key] = value?.DeepClone();
        }

        return json;
    }

    private static void WriteLists(CniResult result, SpecificationVersion version, JsonObject json)
    {
        bool extended = version >= SpecificationVersion.V110;
        if (result.Interfaces.Count > 0)
        {
            JsonArray interfaces = [];
            foreach (CniInterface link in result.Interfaces)
            {
                JsonObject item = new() { ["name"] = link.Name };
                Put(item, "mac", link.Mac);
                if (extended)
                {
                    Put(item, "mtu", link.Mtu is > 0 ? link.Mtu : null);
                }

                Put(item, "sandbox", link.Sandbox);
                if (extended)
                {
                    Put(item, "socketPath", link.SocketPath);
                    Put(item, "pciID", link.PciId);
                }

                interfaces.Add((JsonNode)item);
            }

            json["interfaces"] = interfaces;
        }

        if (result.Addresses.Count > 0)
        {
            JsonArray addresses = [];
            foreach (CniAddress address in result.Addresses)
            {
                JsonObject item = [];
                if (version < SpecificationVersion.V100)
                {
                    item["version"] = address.Address.IsIPv6 ? "6" : "4";
                }

                Put(item, "interface", address.Interface);
                item["address"] = address.Address.ToString();
                Put(item, "gateway", address.Gateway?.ToString());
                addresses.Add((JsonNode)item);
            }

            json["ips"] = addresses;
        }

        if (result.Routes.Count > 0)
        {
            JsonArray routes = [];
            foreach (CniRoute route in result.Routes)
            {
                routes.Add((JsonNode)WriteRoute(route, extended));
            }

            json["routes"] = routes;
        }
    }

    private static JsonObject WriteRoute(CniRoute route, bool extended)
    {
        JsonObject item = new() { ["dst"] = route.Destination.ToString() };
        Put(item, "gw", route.Gateway?.ToString());
        if (extended)
        {
            Put(item, "mtu", route.Mtu);
            Put(item, "advmss", route.AdvertisedMss);
            Put(item, "priority", route.Priority);
            Put(item, "table", route.Table);
            Put(item, "scope", route.Scope);
        }

        return item;
    }

    private static void WriteFamily(JsonObject json, string key, CniResult result, bool ipv6)
    {
        foreach (CniAddress address in result.Addresses)
        {
            if (address.Address.IsIPv6 != ipv6)
            {
                continue;
            }

            JsonObject item = new() { ["ip"] = address.Address.ToString() };
            Put(item, "gateway", address.Gateway?.ToString());
            JsonArray routes = [];
            foreach (CniRoute route in result.Routes)
            {
                if (route.Destination.IsIPv6 == ipv6)
                {
                    routes.Add((JsonNode)WriteRoute(route, extended: false));
                }
            }

            if (routes.Count > 0)
            {
                item["routes"] = routes;
            }

            json[key] = item;
            return;
        }
    }

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

    private static JsonObject WriteDns(CniDns dns)
    {
        JsonObject json = [];
        PutAll(json, "nameservers", dns.Nameservers);
        Put(json, "domain", dns.Domain);
        PutAll(json, "search", dns.Search);
        PutAll(json, "options", dns.Options);
        return json;
    }

    private static void PutAll(JsonObject json, string key, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        JsonArray list = [];
        foreach (string value in values)
        {
            list.Add((JsonNode)JsonValue.Create(value));
        }

        json[key] = list;
    }

    private static void Put(JsonObject json, string key, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            json[key] = value;
        }
    }

    private static void Put(JsonObject json, string key, int? value)
    {
        if (value is { } number)
        {
            json[key] = number;
        }
    }
}
