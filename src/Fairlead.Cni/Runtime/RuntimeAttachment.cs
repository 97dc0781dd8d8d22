using System.Text.Json.Nodes;

namespace Fairlead.Cni;

/// <summary>A container's interface as the runtime knows it: what to pass to ADD, and again to CHECK and DEL.</summary>
public sealed record RuntimeAttachment
{
    /// <summary>The container's (the pod sandbox's) id.</summary>
    public required string ContainerId { get; init; }

    /// <summary>The path of its network namespace; empty for DEL when it is gone.</summary>
    public required string NetworkNamespace { get; init; }

    /// <summary>The interface's name in it.</summary>
    public string InterfaceName { get; init; } = "eth0";

    /// <summary>The pairs of <c>CNI_ARGS</c>, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Arguments { get; init; } = [];

    /// <summary>Values for capabilities (portMappings, bandwidth, …); each plugin gets those that its <c>capabilities</c> names.</summary>
    public JsonObject? CapabilityArguments { get; init; }

    /// <summary>The attachment in GC's terms.</summary>
    public CniAttachment Attachment => new(ContainerId, InterfaceName);
}
