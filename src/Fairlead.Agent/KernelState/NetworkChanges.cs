namespace Fairlead.Agent.KernelState;

/// <summary>How many objects of each kind were changed.</summary>
internal readonly record struct NetworkChanges(int Links = 0, int Addresses = 0, int Routes = 0, int Neighbours = 0, int ForwardingEntries = 0, int Ports = 0)
{
    public int Total => Links + Addresses + Routes + Neighbours + ForwardingEntries + Ports;

    public static NetworkChanges operator +(NetworkChanges a, NetworkChanges b) => new(
        a.Links + b.Links, a.Addresses + b.Addresses, a.Routes + b.Routes, a.Neighbours + b.Neighbours, a.ForwardingEntries + b.ForwardingEntries, a.Ports + b.Ports);

    /// <summary>By kind, for metrics.</summary>
    public IEnumerable<(string Kind, int Count)> ByKind() =>
    [
        ("link", Links), ("address", Addresses), ("route", Routes), ("neighbour", Neighbours), ("forwarding-entry", ForwardingEntries), ("port", Ports),
    ];
}
