using Fairlead.Network;

namespace Fairlead.Dns.Serving;

/// <summary>
/// Bounds what a lie about the sender's address can do: answers of up to three times their question go out always (as in RFC 9000 section 8), what is beyond comes out
/// of a budget for each second and address. Where that is spent, the answer is "ask again over TCP", which a liar's victim doesn't do and a client does. Nothing is dropped.
/// </summary>
/// <remarks>Addresses share budgets by a keyed hash: memory is fixed, and no flood of addresses makes room for more.</remarks>
internal sealed class AmplificationLimit(int bytesPerSecond)
{
    private const int Slots = 4096;
    private const int FreeFactor = 3;

    private readonly int[] _used = new int[Slots];
    private readonly uint[] _second = new uint[Slots];

    /// <summary>Whether the answer may go as it is. One thread only.</summary>
    public bool Allows(NetAddress client, int requestLength, int responseLength, uint now)
    {
        int beyond = responseLength - (FreeFactor * requestLength);
        if (beyond <= 0)
        {
            return true;
        }

        int slot = (int)((uint)client.GetHashCode() * 0x9e3779b1u >> 20) & (Slots - 1);
        if (_second[slot] != now)
        {
            _second[slot] = now;
            _used[slot] = 0;
        }

        if (_used[slot] + beyond > bytesPerSecond)
        {
            return false;
        }

        _used[slot] += beyond;
        return true;
    }
}
