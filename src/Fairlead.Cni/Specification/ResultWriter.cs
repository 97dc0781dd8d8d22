using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Cni;

/// <summary>Writes results in each version's form.</summary>
internal static class ResultWriter
{
    /// <summary>Writes the result in the form of <paramref name="version"/>; what that version has no place for is left out.</summary>
    public static void Write(Utf8JsonWriter writer, CniResult result, SpecificationVersion version)
    {
        writer.WriteStartObject();
        writer.WriteString("cniVersion", version.ToString());
        if (version.HasResultLists)
        {
            WriteInterfaces(writer, result, version);
            WriteAddresses(writer, result, version);
            WriteRoutes(writer, result.Routes, version);
        }
        else
        {
            WriteFamily(writer, "ip4", result, version, ipv6: false);
            WriteFamily(writer, "ip6", result, version, ipv6: true);
        }

        WriteDns(writer, result.Dns);
        foreach ((string key, JsonNode? value) in result.Unknown)
        {
            writer.WritePropertyName(key);
            if (value is null)
            {
                writer.WriteNullValue();
            }
            else
            {
                value.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteInterfaces(Utf8JsonWriter writer, CniResult result, SpecificationVersion version)
    {
        if (result.Interfaces.Count == 0)
        {
            return;
        }

        bool extended = version >= SpecificationVersion.V110;
        writer.WriteStartArray("interfaces");
        foreach (CniInterface link in result.Interfaces)
        {
            writer.WriteStartObject();
            writer.WriteString("name", link.Name);
            WriteText(writer, "mac", link.Mac);
            WriteNumber(writer, "mtu", extended && link.Mtu is > 0 ? link.Mtu : null);
            WriteText(writer, "sandbox", link.Sandbox);
            WriteText(writer, "socketPath", extended ? link.SocketPath : null);
            WriteText(writer, "pciID", extended ? link.PciId : null);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteAddresses(Utf8JsonWriter writer, CniResult result, SpecificationVersion version)
    {
        if (result.Addresses.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("ips");
        foreach (CniAddress address in result.Addresses)
        {
            writer.WriteStartObject();
            if (version < SpecificationVersion.V100)
            {
                writer.WriteString("version", address.Address.IsIPv6 ? "6" : "4");
            }

            WriteNumber(writer, "interface", address.Interface);
            writer.WriteString("address", address.Address.ToString());
            WriteText(writer, "gateway", address.Gateway?.ToString());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteRoutes(Utf8JsonWriter writer, ICollection<CniRoute> routes, SpecificationVersion version)
    {
        if (routes.Count == 0)
        {
            return;
        }

        bool extended = version >= SpecificationVersion.V110;
        writer.WriteStartArray("routes");
        foreach (CniRoute route in routes)
        {
            writer.WriteStartObject();
            writer.WriteString("dst", route.Destination.ToString());
            WriteText(writer, "gw", route.Gateway?.ToString());
            WriteNumber(writer, "mtu", extended ? route.Mtu : null);
            WriteNumber(writer, "advmss", extended ? route.AdvertisedMss : null);
            WriteNumber(writer, "priority", extended ? route.Priority : null);
            WriteNumber(writer, "table", extended ? route.Table : null);
            WriteNumber(writer, "scope", extended ? route.Scope : null);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>Before 0.3.0 a result had one address per family: the first.</summary>
    private static void WriteFamily(Utf8JsonWriter writer, string key, CniResult result, SpecificationVersion version, bool ipv6)
    {
        foreach (CniAddress address in result.Addresses)
        {
            if (address.Address.IsIPv6 == ipv6)
            {
                writer.WriteStartObject(key);
                writer.WriteString("ip", address.Address.ToString());
                WriteText(writer, "gateway", address.Gateway?.ToString());
                WriteRoutes(writer, result.Routes.Where(route => route.Destination.IsIPv6 == ipv6).ToList(), version);
                writer.WriteEndObject();
                return;
            }
        }
    }

    private static void WriteDns(Utf8JsonWriter writer, CniDns dns)
    {
        writer.WriteStartObject("dns");
        WriteTexts(writer, "nameservers", dns.Nameservers);
        WriteText(writer, "domain", dns.Domain);
        WriteTexts(writer, "search", dns.Search);
        WriteTexts(writer, "options", dns.Options);
        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string key, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(key);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter writer, string key, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            writer.WriteString(key, value);
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, string key, int? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(key, number);
        }
    }
}
