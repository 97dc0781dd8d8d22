namespace Fairlead.Dns.Cluster;

/// <summary>Whose address it is: for names of pods, for the search path, and to say in the log who asked.</summary>
/// <param name="address">The address, in network byte order.</param>
/// <param name="ns">The pod's namespace.</param>
/// <param name="name">The pod's name.</param>
/// <param name="namespaceLabel">The namespace as a label.</param>
internal sealed class PodIdentity(byte[] address, string ns, string name, byte[] namespaceLabel) : WireKeyed(address, 0, address.Length)
{
    /// <summary>The pod's namespace.</summary>
    public string Namespace { get; } = ns;

    /// <summary>The pod's name.</summary>
    public string Name { get; } = name;

    /// <summary>The namespace as a label.</summary>
    public byte[] NamespaceLabel { get; } = namespaceLabel;
}

/// <summary>A namespace that exists, by its label.</summary>
internal sealed class NamespaceEntry(byte[] label, bool searchPathOff) : WireKeyed(label, 0, label.Length)
{
    /// <summary>Whether its pods get each step of their search path answered on its own.</summary>
    public bool SearchPathOff => searchPathOff;
}
