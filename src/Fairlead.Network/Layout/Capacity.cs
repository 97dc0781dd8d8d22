using System.Numerics;

namespace Fairlead.Network.Layout;

/// <summary>
/// How many elements the big maps have room for. The kernel makes their hash tables once, of this size, which halves the
/// time to fill them; a plan that outgrows its capacity makes the table anew, atomically, with twice as much.
/// </summary>
/// <param name="Services4">IPv4 frontends.</param>
/// <param name="Endpoints4">IPv4 endpoint slots.</param>
/// <param name="Services6">IPv6 frontends.</param>
/// <param name="Endpoints6">IPv6 endpoint slots.</param>
/// <param name="Affinities">Clients that stay with an endpoint, in each of four maps.</param>
public sealed record Capacity(int Services4, int Endpoints4, int Services6, int Endpoints6, int Affinities = 65536)
{
    private const int Least = 4096;

    /// <summary>Room for these numbers twice over.</summary>
    public static Capacity For(int services4, int endpoints4, int services6, int endpoints6) =>
        new(Round(services4), Round(endpoints4), Round(services6), Round(endpoints6));

    /// <summary>Whether so many fit.</summary>
    public bool Holds(int services4, int endpoints4, int services6, int endpoints6) =>
        services4 <= Services4 && endpoints4 <= Endpoints4 && services6 <= Services6 && endpoints6 <= Endpoints6;

    private static int Round(int count) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(Least, count * 2));
}
