using Fairlead.Cni.Plugins.Links;
using Fairlead.Cni.Plugins.Masquerade;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Bridge;

/// <summary>The bridge plugin's keys, checked.</summary>
internal sealed record BridgeConfiguration
{
    public required string Bridge { get; init; }

    public required bool IsGateway { get; init; }

    public required bool IsDefaultGateway { get; init; }

    public required bool ForceAddress { get; init; }

    public required bool Masquerade { get; init; }

    /// <summary>Destinations beside the pod's own subnet whose traffic keeps the pod's address.</summary>
    public required IReadOnlyList<AddressPrefix> NonMasquerade { get; init; }

    public required int? Mtu { get; init; }

    public required bool Hairpin { get; init; }

    public required bool Promiscuous { get; init; }

    public required int Vlan { get; init; }

    public required bool PortIsolation { get; init; }

    public required bool DisableContainerInterface { get; init; }

    public required bool DuplicateAddressDetection { get; init; }

    public required MacAddress? Mac { get; init; }

    public static BridgeConfiguration Read(CniRequest request)
    {
        ConfigurationObject root = request.Configuration.Root;
        string bridge = root.GetString("bridge") is { Length: > 0 } name ? name : "cni0";
        bool isDefaultGateway = root.GetBoolean("isDefaultGateway");
        BridgeConfiguration configuration = new()
        {
            Bridge = CniNames.IsInterfaceName(bridge) ? bridge : throw root.Invalid("bridge", $"\"{bridge}\" is not an interface name"),
            IsGateway = root.GetBoolean("isGateway") || isDefaultGateway,
            IsDefaultGateway = isDefaultGateway,
            ForceAddress = root.GetBoolean("forceAddress"),
            Masquerade = root.GetBoolean("ipMasq"),
            NonMasquerade = MasqueradeKeys.ReadNonMasquerade(root),
            Mtu = RequestedMtu.Read(root),
            Hairpin = root.GetBoolean("hairpinMode"),
            Promiscuous = root.GetBoolean("promiscMode"),
            Vlan = root.GetInteger("vlan") ?? 0,
            PortIsolation = root.GetBoolean("portIsolation"),
            DisableContainerInterface = root.GetBoolean("disableContainerInterface"),
            DuplicateAddressDetection = root.GetBoolean("enabledad"),
            Mac = RequestedMac.Read(request),
        };
        MasqueradeKeys.CheckBackend(root);
        return configuration.Vlan is < 0 or > 4094 ? throw root.Invalid("vlan", $"{configuration.Vlan} is not a VLAN (0 to 4094)")
            : configuration.Hairpin && configuration.Promiscuous ? throw root.Invalid("hairpinMode", "cannot set hairpin mode and promiscuous mode at the same time")
            : root.GetArray("vlanTrunk").Count > 0 ? throw root.Unsupported("vlanTrunk", "VLAN trunks are not supported")
            : root.GetBoolean("macspoofchk") ? throw root.Unsupported("macspoofchk", "checking hardware addresses is not supported")
            : configuration.DisableContainerInterface && request.Configuration.Ipam is { Json.Count: > 0 }
                ? throw root.Invalid("disableContainerInterface", "cannot use IPAM when the container's interface is disabled")
            : configuration;
    }
}
