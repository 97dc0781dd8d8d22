using Fairlead.Kernel;

namespace Fairlead.TestSupport;

/// <summary>Namespaces for one test: made when asked for, gone when the test ends, and never the machine's own.</summary>
public sealed class Scratch : IDisposable
{
    private readonly List<NetworkNamespace> _namespaces = [];

    public Scratch()
    {
        RequireRoot.OrFail();
    }

    /// <summary>A fresh namespace without a name; its loopback link is down.</summary>
    public NetworkNamespace Namespace()
    {
        NetworkNamespace made = NetworkNamespace.Create();
        _namespaces.Add(made);
        return made;
    }

    /// <summary>Two fresh namespaces, say "host" and "pod".</summary>
    public (NetworkNamespace Host, NetworkNamespace Pod) Pair() => (Namespace(), Namespace());

    public void Dispose()
    {
        foreach (NetworkNamespace made in _namespaces)
        {
            made.Dispose();
        }
    }
}
