namespace Fairlead.Dns.Cluster;

/// <summary>A port that has a name of its own, or none.</summary>
internal readonly record struct NamedPort(string? Name, string? Protocol, ushort Port)
{
    private const int Slots = 1024;

    private static readonly NamedPort[]?[] Known = new NamedPort[]?[Slots];

    /// <summary>Ports as others have them: most Services and slices of a cluster have one of few lists. The memory of them is of fixed size; a collision costs an array, nothing else.</summary>
    public static NamedPort[] Share(NamedPort[] ports)
    {
        HashCode hash = default;
        foreach (NamedPort port in ports)
        {
            hash.Add(port);
        }

        ref NamedPort[]? known = ref Known[hash.ToHashCode() & (Slots - 1)];
        NamedPort[]? same = known;
        return same is not null && same.AsSpan().SequenceEqual(ports) ? same : known = ports;
    }
}
