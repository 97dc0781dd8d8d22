using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Fairlead.Kernel.Route;

namespace Fairlead.Network;

/// <summary>
/// What nodes tell one another about their tunnel ends, in flannel's words, so that flannel's nodes and ours understand each other; and in which mode they
/// are, in our own.
/// </summary>
/// <remarks>Source: flannel, Documentation/kubernetes.md ("Annotations") and what its kube subnet manager writes.</remarks>
public static class NodeAnnotations
{
    /// <summary>How the node sends to others: a <see cref="RoutingMode"/> in lower case.</summary>
    public const string Mode = "fairlead.dev/routing-mode";

    private const string Flannel = "flannel.alpha.coreos.com/";
    private const string BackendType = Flannel + "backend-type";
    private const string BackendData = Flannel + "backend-data";
    private const string BackendData6 = Flannel + "backend-v6-data";
    private const string PublicAddress = Flannel + "public-ip";
    private const string PublicAddress6 = Flannel + "public-ipv6";
    private const string SubnetManager = Flannel + "kube-subnet-manager";

    /// <summary>The node's tunnel end of one family of node addresses; null: it has none, or of another network.</summary>
    public static Vtep? ReadVtep(IReadOnlyDictionary<string, string> annotations, bool ipv6, uint id) =>
        annotations.GetValueOrDefault(BackendType) == "vxlan"
        && TryReadData(annotations.GetValueOrDefault(ipv6 ? BackendData6 : BackendData), id, out MacAddress mac)
        && NetAddress.TryParse(annotations.GetValueOrDefault(ipv6 ? PublicAddress6 : PublicAddress), out NetAddress address)
        && address.IsIPv6 == ipv6
            ? new(mac, address)
            : null;

    /// <summary>The mode that the node is in; null: no agent of ours says.</summary>
    public static RoutingMode? ReadMode(IReadOnlyDictionary<string, string> annotations) => annotations.GetValueOrDefault(Mode) switch
    {
        "direct" => RoutingMode.Direct,
        "vxlan" => RoutingMode.Vxlan,
        "none" => RoutingMode.None,
        _ => null,
    };

    /// <summary>What the node's annotations must say; a null value: they must not be there.</summary>
    public static ImmutableSortedDictionary<string, string?> Of(RoutingMode mode, uint id, ImmutableArray<PlannedOverlay> overlays)
    {
        Vtep? vtep = overlays.FirstOrDefault(o => !o.IsIPv6)?.Vtep, vtep6 = overlays.FirstOrDefault(o => o.IsIPv6)?.Vtep;
        bool any = !overlays.IsEmpty;
        return ImmutableSortedDictionary.CreateRange(
        [
            KeyValuePair.Create<string, string?>(Mode, mode switch { RoutingMode.Direct => "direct", RoutingMode.Vxlan => "vxlan", _ => "none" }),
            KeyValuePair.Create(BackendType, any ? "vxlan" : null),
            KeyValuePair.Create(SubnetManager, any ? "true" : null),
            KeyValuePair.Create(BackendData, Data(vtep, id)),
            KeyValuePair.Create(PublicAddress, vtep?.Address.ToString()),
            KeyValuePair.Create(BackendData6, Data(vtep6, id)),
            KeyValuePair.Create(PublicAddress6, vtep6?.Address.ToString()),
        ]);
    }

    private static string? Data(Vtep? vtep, uint id) =>
        vtep is { } end ? string.Create(CultureInfo.InvariantCulture, $$"""{"VNI":{{id}},"VtepMAC":"{{end.Mac}}"}""") : null;

    private static bool TryReadData(string? json, uint id, out MacAddress mac)
    {
        mac = default;
        if (string.IsNullOrEmpty(json))
        {
            return false;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;

            // Flannel before 0.12 left the VNI out: it was 1, as it is by default.
            return root.ValueKind == JsonValueKind.Object
                && (root.TryGetProperty("VNI", out JsonElement number) ? number.TryGetUInt32(out uint held) && held == id : id == 1)
                && root.TryGetProperty("VtepMAC", out JsonElement text) && text.ValueKind == JsonValueKind.String
                && MacAddress.TryParse(text.GetString(), CultureInfo.InvariantCulture, out mac);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
