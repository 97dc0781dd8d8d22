using System.Globalization;

namespace Fairlead.Agent.KernelState;

/// <summary>How many objects of each kind were changed.</summary>
internal readonly record struct NetworkChanges(int Links = 0, int Addresses = 0, int Routes = 0, int Neighbours = 0, int ForwardingEntries = 0, int Ports = 0, int Sysctls = 0)
{
    public int Total => Links + Addresses + Routes + Neighbours + ForwardingEntries + Ports + Sysctls;

    public static NetworkChanges operator +(NetworkChanges a, NetworkChanges b) => new(
        a.Links + b.Links, a.Addresses + b.Addresses, a.Routes + b.Routes, a.Neighbours + b.Neighbours, a.ForwardingEntries + b.ForwardingEntries, a.Ports + b.Ports, a.Sysctls + b.Sysctls);

    /// <summary>By kind, for metrics and people.</summary>
    public IEnumerable<(string Kind, string Plural, int Count)> ByKind() =>
    [
        ("link", "links", Links),
        ("address", "addresses", Addresses),
        ("route", "routes", Routes),
        ("neighbour", "neighbours", Neighbours),
        ("forwarding entry", "forwarding entries", ForwardingEntries),
        ("bridge port", "bridge ports", Ports),
        ("sysctl", "sysctls", Sysctls),
    ];

    /// <summary>"1 link, 2 routes"; nothing where nothing was changed.</summary>
    public override string ToString() =>
        string.Join(", ", ByKind().Where(k => k.Count > 0).Select(k => string.Create(CultureInfo.InvariantCulture, $"{k.Count} {(k.Count == 1 ? k.Kind : k.Plural)}")));
}
