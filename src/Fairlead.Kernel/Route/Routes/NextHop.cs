using System.Collections;
using System.Globalization;
using System.Net;

namespace Fairlead.Kernel.Route;

/// <summary>One way of a route that has several.</summary>
public sealed record NextHop
{
    /// <summary>RTA_GATEWAY.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>The link.</summary>
    public int? LinkIndex { get; init; }

    /// <summary>Its share of the flows, 1 to 256.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>RTNH_F_….</summary>
    public RouteFlags Flags { get; init; }

    /// <summary>"nexthop via 10.240.0.21 dev 2 weight 1".</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"nexthop{(Gateway is null ? "" : $" via {Gateway}")}{(LinkIndex is null ? "" : $" dev {LinkIndex}")} weight {Weight}");
}

/// <summary>Next hops in order; compares by value, unlike a list. The default value has none.</summary>
public readonly struct NextHopList : IReadOnlyList<NextHop>, IEquatable<NextHopList>
{
    private readonly NextHop[]? _hops;

    /// <summary>Copies the hops.</summary>
    public NextHopList(params IEnumerable<NextHop> hops)
    {
        _hops = [.. hops];
    }

    /// <inheritdoc/>
    public int Count => _hops?.Length ?? 0;

    /// <inheritdoc/>
    public NextHop this[int index] => (_hops ?? [])[index];

    /// <summary>Compares hop by hop.</summary>
    public static bool operator ==(NextHopList left, NextHopList right) => left.Equals(right);

    /// <summary>Compares hop by hop.</summary>
    public static bool operator !=(NextHopList left, NextHopList right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(NextHopList other) => (_hops ?? []).AsSpan().SequenceEqual(other._hops ?? []);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NextHopList other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (NextHop hop in _hops ?? [])
        {
            hash.Add(hop);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public IEnumerator<NextHop> GetEnumerator() => ((IEnumerable<NextHop>)(_hops ?? [])).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The hops, one behind the other.</summary>
    public override string ToString() => string.Join(' ', _hops ?? []);
}
