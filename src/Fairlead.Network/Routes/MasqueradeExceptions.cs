using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>
/// To where pods' packets keep their own address, as a cluster says it in the form of ip-masq-agent: the ConfigMap <c>ip-masq-agent</c> in kube-system, key <c>config</c>.
/// </summary>
/// <remarks>Source: kubernetes-sigs/ip-masq-agent, README ("Configuring the agent"). Its resyncInterval is checked, and otherwise not needed: changes are watched.</remarks>
public sealed record MasqueradeExceptions
{
    /// <summary>Where the ConfigMap is.</summary>
    public static ObjectKey ConfigMap { get; } = new("kube-system", "ip-masq-agent");

    /// <summary>Destinations that pods reach with their own address.</summary>
    public required ImmutableArray<NetPrefix> Cidrs { get; init; }

    /// <inheritdoc/>
    public bool Equals(MasqueradeExceptions? other) => other is not null && Cidrs.SequenceEqual(other.Cidrs);

    /// <inheritdoc/>
    public override int GetHashCode() => Cidrs.Length;

    /// <summary>Reads the ConfigMap.</summary>
    /// <exception cref="InvalidDataException">It can't be understood; the message names the key.</exception>
    public static MasqueradeExceptions Read(ConfigMap map)
    {
        if (!map.Data.TryGetValue("config", out string? text))
        {
            throw new InvalidDataException("it has no key \"config\"");
        }

        JsonNode? root = KubernetesYaml.ParseAll(text) is [var first, ..] ? first : null;
        if (root is not null and not JsonObject)
        {
            throw new InvalidDataException("config: it is neither a YAML mapping nor a JSON object");
        }

        JsonObject config = root as JsonObject ?? [];
        string interval = Text(config, "resyncInterval") ?? "60s";
        if (!interval.EndsWith('s') && !interval.EndsWith('m') && !interval.EndsWith('h'))
        {
            throw new InvalidDataException($"config: resyncInterval: \"{interval}\" is not a duration such as 60s");
        }

        ImmutableArray<NetPrefix>.Builder cidrs = ImmutableArray.CreateBuilder<NetPrefix>();
        foreach (JsonNode? entry in List(config, "nonMasqueradeCIDRs"))
        {
            string cidr = entry is JsonValue value && value.TryGetValue(out string? word) ? word : entry?.ToString() ?? "";
            cidrs.Add(NetPrefix.TryParse(cidr, out NetPrefix prefix) ? prefix : throw new InvalidDataException($"config: nonMasqueradeCIDRs: \"{cidr}\" is not a CIDR such as 10.0.0.0/8"));
        }

        // Whoever writes this file and doesn't say so keeps link-local destinations as they are.
        if (!Flag(config, "masqLinkLocal"))
        {
            cidrs.Add(NetPrefix.Parse("169.254.0.0/16"));
        }

        if (!Flag(config, "masqLinkLocalIPv6"))
        {
            cidrs.Add(NetPrefix.Parse("fe80::/10"));
        }

        return new() { Cidrs = cidrs.ToImmutable() };
    }

    private static JsonArray List(JsonObject config, string key) => config[key] switch
    {
        null => [],
        JsonArray array => array,
        _ => throw new InvalidDataException($"config: {key} is not a list"),
    };

    private static string? Text(JsonObject config, string key) => config[key] is { } node
        ? node is JsonValue value && value.TryGetValue(out string? text) ? text : Convert.ToString(node, CultureInfo.InvariantCulture)
        : null;

    private static bool Flag(JsonObject config, string key) => config[key] switch
    {
        null => false,
        JsonValue value when value.TryGetValue(out bool flag) => flag,
        var other => throw new InvalidDataException($"config: {key}: {other} is neither true nor false"),
    };
}
