namespace Fairlead.Cni;

/// <summary>What GC names an attachment by: a container and the interface in it.</summary>
public readonly record struct CniAttachment(string ContainerId, string InterfaceName);
