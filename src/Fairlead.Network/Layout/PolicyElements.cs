using Fairlead.Kernel.NfTables;

namespace Fairlead.Network.Layout;

/// <summary>How pods and peers are written as elements.</summary>
internal static class PolicyElements
{
    public static MapElement Class(NetAddress address, uint number) =>
        new(KernelNames.Of(KernelNames.PodClass, address.IsIPv6), Elements.Field(address), Data: Scalar.Number(number));

    /// <summary>Where a pod's packets are judged; without a chain they go on.</summary>
    public static MapElement Chain(NetAddress address, bool ingress, string? chain) => new(
        KernelNames.Of(ingress ? KernelNames.PolicyIngress : KernelNames.PolicyEgress, address.IsIPv6),
        Elements.Field(address),
        Verdict: chain is null ? Verdict.Return : Verdict.Goto(chain));

    public static MapElement Self(NetAddress address) =>
        new(KernelNames.Of(KernelNames.PolicySelf, address.IsIPv6), DataValue.Concat(Elements.Field(address), Elements.Field(address)));

    public static MapElement Peer(string set, uint number) => new(set, Scalar.Number(number));

    public static MapElement Port(string set, uint number, TransportProtocol protocol, ushort port) =>
        new(set, DataValue.Concat(Scalar.Number(number), Elements.Field(protocol), Scalar.Port(port)));

    public static MapElement Ports(string set, uint number, TransportProtocol protocol, ushort first, ushort last) => MapElement.Range(
        set,
        DataValue.Concat(Scalar.Number(number), Elements.Field(protocol), Scalar.Port(first)),
        DataValue.Concat(Scalar.Number(number), Elements.Field(protocol), Scalar.Port(last)));

    public static MapElement Ports(string set, TransportProtocol protocol, ushort first, ushort last) => MapElement.Range(
        set, DataValue.Concat(Elements.Field(protocol), Scalar.Port(first)), DataValue.Concat(Elements.Field(protocol), Scalar.Port(last)));

    public static MapElement Block(string set, NetAddress first, NetAddress last) => MapElement.Range(set, Elements.Field(first), Elements.Field(last));

    public static MapElement BlockPorts(string set, NetAddress first, NetAddress last, TransportProtocol protocol, ushort firstPort, ushort lastPort) => MapElement.Range(
        set,
        DataValue.Concat(Elements.Field(first), Elements.Field(protocol), Scalar.Port(firstPort)),
        DataValue.Concat(Elements.Field(last), Elements.Field(protocol), Scalar.Port(lastPort)));
}
