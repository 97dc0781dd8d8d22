using System.Globalization;
using System.Text;

namespace Fairlead.Network;

/// <summary>What becomes of a connection to a frontend.</summary>
public enum TreatmentKind : byte
{
    /// <summary>Answered with an ICMP error: nobody serves it anywhere.</summary>
    Reject = 0,

    /// <summary>Dropped: a traffic policy keeps it on this node, and here nobody serves it.</summary>
    Drop = 1,

    /// <summary>Sent to one of the endpoints; sources outside the pod network are masqueraded.</summary>
    Balance = 2,

    /// <summary>
    /// From outside to one of this node's own endpoints, with its source kept; from pods and from the node to any endpoint
    /// (external traffic policy Local).
    /// </summary>
    BalanceLocally = 3,
}

/// <summary>
/// The chain that a frontend's connections go through. All frontends with equal treatment share one chain: the chain
/// knows how many slots there are, the endpoint map knows what is in them.
/// </summary>
/// <param name="Kind">What becomes of connections.</param>
/// <param name="IsIPv6">The family.</param>
/// <param name="IsNodePort">Keyed by protocol and port alone.</param>
/// <param name="Endpoints">How many slots are filled, counted from 0.</param>
/// <param name="LocalEndpoints">How many of the local slots are filled, counted from <see cref="LocalSlotOffset"/>.</param>
/// <param name="AffinitySeconds">How long a client stays with its endpoint; 0: each connection for itself.</param>
/// <param name="IsGuarded">Only sources in the frontend's source ranges.</param>
public readonly record struct Treatment(
    TreatmentKind Kind, bool IsIPv6, bool IsNodePort, ushort Endpoints = 0, ushort LocalEndpoints = 0, int AffinitySeconds = 0, bool IsGuarded = false)
{
    /// <summary>The first slot of a frontend's local endpoints.</summary>
    public const int LocalSlotOffset = 0x10000;

    /// <summary>Whether it has a chain of its own; rejecting and dropping ones share one that is always there.</summary>
    public bool HasOwnChain => Kind is TreatmentKind.Balance or TreatmentKind.BalanceLocally;

    /// <summary>The treatment that pods and the node itself get where outsiders are kept local.</summary>
    public Treatment ForInsiders => this with { Kind = TreatmentKind.Balance, LocalEndpoints = 0, IsGuarded = false };

    /// <summary>
    /// The number under which the service map refers to this treatment. nft prints it as <c>major:minor</c>: <c>:0003</c> is three endpoints, <c>4002:0005</c>
    /// two local ones of five, <c>0001:</c> a rejection.
    /// </summary>
    public uint Code => this switch
    {
        { Kind: TreatmentKind.Reject } => 0x0001_0000,
        { Kind: TreatmentKind.Drop } => 0x0002_0000,
        { Kind: TreatmentKind.Balance, AffinitySeconds: 0 } => (IsGuarded ? 0x0003_0000u : 0) | Endpoints,
        { Kind: TreatmentKind.BalanceLocally, AffinitySeconds: 0, LocalEndpoints: < 0x1000 } =>
            0x4000_0000 | (IsGuarded ? 0x1000_0000u : 0) | ((uint)LocalEndpoints << 16) | Endpoints,

        // The rest doesn't fit: a hash. That two of a node's few such treatments share one is less likely than a broken disk.
        _ => 0x8000_0000 | StableHash.Of((uint)Kind, Endpoints, LocalEndpoints, (uint)AffinitySeconds, IsGuarded ? 1u : 0),
    };

    /// <summary>The name of its chain: <c>lb-3</c>, <c>lb6-2</c>, <c>nodeport-lb-1</c>, <c>local-2-of-5-sticky-10800-guarded</c>.</summary>
    public string ChainName
    {
        get
        {
            if (Kind is TreatmentKind.Reject or TreatmentKind.Drop)
            {
                return Kind == TreatmentKind.Reject ? Layout.KernelNames.RejectChain : Layout.KernelNames.DropChain;
            }

            string family = IsIPv6 ? "6" : "";
            StringBuilder name = new(IsNodePort ? "nodeport-" : "");
            name = Kind == TreatmentKind.Balance
                ? name.Append(CultureInfo.InvariantCulture, $"lb{family}-{Endpoints}")
                : name.Append(CultureInfo.InvariantCulture, $"local{family}-{LocalEndpoints}-of-{Endpoints}");
            if (AffinitySeconds > 0)
            {
                name.Append(CultureInfo.InvariantCulture, $"-sticky-{AffinitySeconds}");
            }

            return name.Append(IsGuarded ? "-guarded" : "").ToString();
        }
    }
}
