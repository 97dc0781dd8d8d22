using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>A node without power: its processes and pods end at once, and what its kernel held is forgotten (links, rules, connections, mounts). What is on its disk stays.</summary>
/// <param name="Host">The host.</param>
public sealed record StopFault(string Host) : Fault
{
    /// <inheritdoc/>
    public override string Text => $"stop {Host}";

    internal override string Place => Host;

    internal override void Validate(LabTopology topology) => WiredHost(topology, Host, "stop");

    internal override bool OutlastsStopOf(string host) => host != Host;

    internal override void Apply(FaultScene scene) => new HostPower(scene.Topology, scene.Paths).Off(scene.Topology.Host(Host));

    internal override void Undo(FaultScene scene) => new HostPower(scene.Topology, scene.Paths).On(scene.Topology.Host(Host));
}
