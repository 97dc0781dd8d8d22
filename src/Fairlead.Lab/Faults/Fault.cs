using System.Text.Json.Serialization;
using Fairlead.Kernel;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>Something that a lab does to itself on purpose, and undoes to the letter. Data, kept in the lab's directory while it lasts.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(CutFault), "cut")]
[JsonDerivedType(typeof(PartitionFault), "partition")]
[JsonDerivedType(typeof(StopFault), "stop")]
[JsonDerivedType(typeof(BandwidthFault), "bandwidth")]
[JsonDerivedType(typeof(MtuFault), "mtu")]
[JsonDerivedType(typeof(DropFault), "drop")]
[JsonDerivedType(typeof(ChecksumFault), "checksum")]
[JsonDerivedType(typeof(FirewallFault), "firewall")]
[JsonDerivedType(typeof(ConntrackFault), "conntrack")]
public abstract record Fault
{
    private protected Fault()
    {
    }

    /// <summary>What it does, as the command line would be told it: <c>drop worker-1 10% --direction in</c>. Two faults are the same where this is.</summary>
    [JsonIgnore]
    public abstract string Text { get; }

    /// <summary>What can be done to it only once at a time, beside its kind; a second fault with the same is refused.</summary>
    [JsonIgnore]
    internal abstract string Place { get; }

    /// <summary>Throws unless it can be done to this lab.</summary>
    /// <exception cref="LabException">A host or number doesn't fit; the message names it.</exception>
    internal abstract void Validate(LabTopology topology);

    /// <summary>Does it. Done twice, it is there once.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    internal abstract void Apply(FaultScene scene);

    /// <summary>Undoes it, also where only a part was done or somebody else undid it.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    internal abstract void Undo(FaultScene scene);

    /// <summary>Whether it is done again to a host that comes back after a stop: true for what is wrong with its wire, false for what was in its memory.</summary>
    /// <param name="host">The host that comes back.</param>
    internal virtual bool OutlastsStopOf(string host) => true;

    /// <summary>A host that has a wire of its own.</summary>
    private protected static LabHost WiredHost(LabTopology topology, string host, string verb)
    {
        LabHost found = topology.Host(host);
        return found.Role != LabRole.Router
            ? found
            : throw new LabException($"{verb} {host}: the router hangs on every wire. Name the hosts at the other ends.");
    }
}
