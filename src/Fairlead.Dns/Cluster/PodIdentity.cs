using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>Whose address it is: for names of pods, for the search path, and to say in the log who asked.</summary>
internal sealed class PodIdentity : IWireKeyed
{
    private readonly byte[] _key;

    public PodIdentity(NetAddress address, string ns, string name, byte[] namespaceLabel)
    {
        _key = new byte[address.Length];
        address.WriteTo(_key);
        Namespace = ns;
        Name = name;
        NamespaceLabel = namespaceLabel;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => _key;

    /// <summary>The pod's namespace.</summary>
    public string Namespace { get; }

    /// <summary>The pod's name.</summary>
    public string Name { get; }

    /// <summary>The namespace as a label.</summary>
    public byte[] NamespaceLabel { get; }
}

/// <summary>A namespace that exists, by its label.</summary>
internal sealed class NamespaceEntry(byte[] label, bool searchPathOff) : IWireKeyed
{
    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => label;

    /// <summary>Whether its pods get each step of their search path answered on its own.</summary>
    public bool SearchPathOff => searchPathOff;
}
