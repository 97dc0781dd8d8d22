using System.Globalization;
using Fairlead.Kernel.NfTables;

namespace Fairlead.Network.Layout;

/// <summary>The names of all that the agent puts into a node's kernel, in one place.</summary>
public static class KernelNames
{
    /// <summary>The agent's table: <c>inet fairlead</c>.</summary>
    public static TableId Table { get; } = TableId.Inet("fairlead");

    /// <summary>rtnetlink's protocol number of our routes (RTA_PROTOCOL).</summary>
    public const byte RouteProtocol = 72;

    /// <summary>The alias by which links of ours are known.</summary>
    public const string LinkAlias = "fairlead";

    /// <summary>The VXLAN link for tunnels over one family of node addresses: <c>fairlead.1</c>, <c>fairlead-v6.1</c>.</summary>
    public static string OverlayLink(uint id, bool ipv6) => string.Create(CultureInfo.InvariantCulture, $"fairlead{(ipv6 ? "-v6" : "")}.{id}");

    /// <summary>The bit of a packet's mark that asks postrouting for masquerade; it is cleared there.</summary>
    public const uint MasqueradeMark = 0x1000;

    /// <summary>Destinations of packets that arrive.</summary>
    public const string PreroutingChain = "nat-prerouting";

    /// <summary>Destinations of packets that this node sends.</summary>
    public const string OutputChain = "nat-output";

    /// <summary>Sources of packets that leave.</summary>
    public const string PostroutingChain = "nat-postrouting";

    /// <summary>Which frontend a new connection is for.</summary>
    public const string ServicesChain = "services";

    /// <summary>Refuses: TCP with a reset, all else with an ICMP error.</summary>
    public const string RejectChain = "reject";

    /// <summary>Drops.</summary>
    public const string DropChain = "drop";

    /// <summary>A set or map of one family: <c>service4</c>, <c>service6</c>.</summary>
    public static string Of(string name, bool ipv6) => name + (ipv6 ? "6" : "4");

    /// <summary>address . protocol . port → the number of its treatment: how many endpoints, and in what manner.</summary>
    public const string Service = "service";

    /// <summary>address . protocol . port . slot → endpoint.</summary>
    public const string Endpoint = "endpoint";

    /// <summary>What <see cref="Service"/> gives → the chain.</summary>
    public const string Treatment = "treatment";

    /// <summary>protocol . port → as <see cref="Service"/>, for ports on the node's own addresses.</summary>
    public const string NodePort = "nodeport";

    /// <summary>protocol . port . slot → endpoint.</summary>
    public const string NodePortEndpoint = "nodeport-endpoint";

    /// <summary>As <see cref="Treatment"/>, for node ports.</summary>
    public const string NodePortTreatment = "nodeport-treatment";

    /// <summary>client . address . protocol . port → the number of the endpoint that the client stays with; filled by packets.</summary>
    public const string Affinity = "affinity";

    /// <summary>client . protocol . port → the number of the endpoint that the client stays with.</summary>
    public const string NodePortAffinity = "nodeport-affinity";

    /// <summary>address . protocol . port . slot → the number of the endpoint in that slot, where clients stay with theirs.</summary>
    public const string Identity = "identity";

    /// <summary>protocol . port . slot → the number of the endpoint in that slot.</summary>
    public const string NodePortIdentity = "nodeport-identity";

    /// <summary>address . protocol . port . number → endpoint: who lives, so that a stale affinity leads nowhere.</summary>
    public const string Alive = "alive";

    /// <summary>protocol . port . number → endpoint.</summary>
    public const string NodePortAlive = "nodeport-alive";

    /// <summary>address . protocol . port . source range: who may come in.</summary>
    public const string SourceRange = "source-range";

    /// <summary>protocol . port . source range.</summary>
    public const string NodePortSourceRange = "nodeport-source-range";

    /// <summary>endpoint . endpoint, for this node's endpoints: connections that return to where they started.</summary>
    public const string Hairpin = "hairpin";

    /// <summary>The pods of the cluster.</summary>
    public const string Pods = "pods";

    /// <summary>The pods of this node.</summary>
    public const string LocalPods = "local-pods";

    /// <summary>Destinations that pods reach with their own address.</summary>
    public const string NoMasquerade = "no-masquerade";

    /// <summary>Addresses of this node on which node ports answer.</summary>
    public const string NodePortAddresses = "nodeport-addresses";

    /// <summary>Ranges of cluster IPs.</summary>
    public const string ServiceCidrs = "service-cidrs";

    /// <summary>Forwarded packets, asked about policies.</summary>
    public const string PolicyChain = "policy-forward";

    /// <summary>What this node's pods send.</summary>
    public const string PolicyEgressChain = "policy-egress";

    /// <summary>What this node's pods receive.</summary>
    public const string PolicyIngressChain = "policy-ingress";

    /// <summary>Reports and drops what a pod may not send.</summary>
    public const string DeniedEgressChain = "policy-denied-egress";

    /// <summary>Reports and drops what a pod may not receive.</summary>
    public const string DeniedIngressChain = "policy-denied-ingress";

    /// <summary>Reports what a policy under audit would not let a pod send.</summary>
    public const string AuditedEgressChain = "policy-audited-egress";

    /// <summary>Reports what a policy under audit would not let a pod receive.</summary>
    public const string AuditedIngressChain = "policy-audited-ingress";

    /// <summary>Reports and drops packets of an address in this node's range that no known pod has.</summary>
    public const string UnknownPodChain = "policy-unknown-pod";

    /// <summary>What is reported before a packet that a pod may not receive.</summary>
    public const string IngressPrefix = "ingress";

    /// <summary>What is reported before a packet that a pod may not send.</summary>
    public const string EgressPrefix = "egress";

    /// <summary>What is reported before a packet of a pod that isn't known.</summary>
    public const string UnknownPrefix = "unknown";

    /// <summary>What stands before the direction where the packet goes on nevertheless.</summary>
    public const string AuditPrefix = "audit-";

    /// <summary>The NFLOG group to which denied packets are reported.</summary>
    public const ushort PolicyLogGroup = 7272;

    /// <summary>address → the number of the class of pods to which policies do the same; all pods of the cluster.</summary>
    public const string PodClass = "pod-class";

    /// <summary>address of a pod of this node → the chain that says what it may send.</summary>
    public const string PolicyEgress = "policy-egress-of";

    /// <summary>address of a pod of this node → the chain that says what it may receive.</summary>
    public const string PolicyIngress = "policy-ingress-of";

    /// <summary>address . address of pods of this node under a policy: what a pod sends to itself.</summary>
    public const string PolicySelf = "policy-self";

    /// <summary>The addresses of this node's pods, where there are policies: who isn't known there is kept out.</summary>
    public const string PolicyGuarded = "policy-guarded";
}
