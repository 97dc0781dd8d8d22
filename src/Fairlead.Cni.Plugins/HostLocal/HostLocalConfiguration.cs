using System.Net;
using System.Text.Json.Nodes;

namespace Fairlead.Cni.Plugins.HostLocal;

/// <summary>The <c>ipam</c> object of host-local, checked.</summary>
internal sealed record HostLocalConfiguration
{
    public const string DefaultDataDirectory = "/var/lib/cni/networks";

    /// <summary>One address is given from each set; the ranges of a set are of one family.</summary>
    public required IReadOnlyList<IReadOnlyList<AddressRange>> RangeSets { get; init; }

    public required IReadOnlyList<CniRoute> Routes { get; init; }

    public required CniDns Dns { get; init; }

    public required string Directory { get; init; }

    /// <summary>The addresses that the container asks for, from CNI_ARGS, <c>args.cni.ips</c> and <c>runtimeConfig.ips</c>.</summary>
    public required IReadOnlyList<IPAddress> Requested { get; init; }

    public static HostLocalConfiguration Read(CniRequest request)
    {
        NetworkConfiguration network = request.Configuration;
        ConfigurationObject ipam = network.Ipam ?? throw network.Root.Invalid("ipam", "is missing");
        List<List<AddressRange>> sets = [];
        if (ipam.Has("subnet"))
        {
            sets.Add([AddressRange.Read(ipam)]);
        }

        ReadSets(ipam, "ranges", sets);
        ReadSets(network.RuntimeConfig, "ipRanges", sets);
        if (sets.Count == 0)
        {
            throw ipam.Invalid("ranges", "no range is given");
        }

        CheckSets(ipam, sets);
        if (!network.Version.HasResultLists && (sets.Count(set => set[0].Subnet.IsIPv6) > 1 || sets.Count(set => !set[0].Subnet.IsIPv6) > 1))
        {
            throw ipam.Invalid("ranges", $"CNI {network.Version} has no place for more than one address of a family");
        }

        string? resolvConf = ipam.GetString("resolvConf");
        return new HostLocalConfiguration
        {
            RangeSets = sets,
            Routes = ipam.GetRoutes("routes"),
            Dns = string.IsNullOrEmpty(resolvConf) ? new CniDns() : ResolvConf.Read(resolvConf),
            Directory = Path.Combine(ipam.GetString("dataDir") is { Length: > 0 } directory ? directory : DefaultDataDirectory, network.Name),
            Requested = ReadRequested(request),
        };
    }

    /// <summary>Only where the leases are: all that DEL may depend on, so that it succeeds whatever became of the rest.</summary>
    public static string ReadDirectory(NetworkConfiguration network) =>
        Path.Combine(network.Ipam?.GetString("dataDir") is { Length: > 0 } directory ? directory : DefaultDataDirectory, network.Name);

    private static void ReadSets(ConfigurationObject json, string key, List<List<AddressRange>> sets)
    {
        foreach (JsonNode? set in json.GetArray(key))
        {
            if (set is not JsonArray { Count: > 0 } ranges)
            {
                throw json.Invalid(key, "must be a list of lists of ranges, none of them empty");
            }

            sets.Add([.. ranges.Select(range => AddressRange.Read(new ConfigurationObject(range as JsonObject ?? throw json.Invalid(key, "a range must be an object"), key)))]);
        }
    }

    private static void CheckSets(ConfigurationObject ipam, List<List<AddressRange>> sets)
    {
        List<AddressRange> all = [];
        foreach (List<AddressRange> set in sets)
        {
            if (set.Any(range => range.Subnet.IsIPv6 != set[0].Subnet.IsIPv6))
            {
                throw ipam.Invalid("ranges", "the ranges of one set must be of one family");
            }

            foreach (AddressRange range in set)
            {
                if (all.Find(other => other.Subnet.IsIPv6 == range.Subnet.IsIPv6 && range.First <= other.Last && other.First <= range.Last) is { } clash)
                {
                    throw ipam.Invalid("ranges", $"{range.Subnet} overlaps {clash.Subnet}");
                }

                all.Add(range);
            }
        }
    }

    private static List<IPAddress> ReadRequested(CniRequest request)
    {
        List<IPAddress> requested = [];
        if (request.Arguments.Address is { } single)
        {
            requested.Add(single);
        }

        foreach (ConfigurationObject source in (ReadOnlySpan<ConfigurationObject>)[request.Configuration.Arguments, request.Configuration.RuntimeConfig])
        {
            foreach (string text in source.GetStrings("ips"))
            {
                int slash = text.IndexOf('/', StringComparison.Ordinal);
                IPAddress address = AddressPrefix.TryParseAddress(slash < 0 ? text : text[..slash], out IPAddress? parsed)
                    ? parsed
                    : throw source.Invalid("ips", $"\"{text}\" is not an address");
                if (!requested.Contains(address))
                {
                    requested.Add(address);
                }
            }
        }

        return requested;
    }
}
