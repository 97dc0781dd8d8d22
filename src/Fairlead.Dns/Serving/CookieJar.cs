using System.Buffers.Binary;
using System.Security.Cryptography;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Serving;

/// <summary>
/// Server cookies (RFC 7873, made as RFC 9018 says): a client that shows one has received an answer at its address before, so the address is no lie.
/// </summary>
internal sealed class CookieJar
{
    private const ulong Version = 1UL << 56;
    private const uint LongestSeconds = 3600;
    private const uint SkewSeconds = 300;
    private const uint RenewAfterSeconds = 1800;

    private readonly SipHash _hash;

    /// <summary>A jar with a key of its own: cookies of another server, or of this one before a restart, are good for nothing and are replaced.</summary>
    public CookieJar()
        : this(RandomNumberGenerator.GetBytes(16))
    {
    }

    internal CookieJar(ReadOnlySpan<byte> key) =>
        _hash = new(BinaryPrimitives.ReadUInt64LittleEndian(key), BinaryPrimitives.ReadUInt64LittleEndian(key[8..]));

    /// <summary>Whether a cookie is one that we gave to this client within the last hour.</summary>
    public bool IsOurs(in DnsCookie cookie, NetAddress client, uint now)
    {
        uint given = (uint)cookie.ServerTime;
        int age = unchecked((int)(now - given));
        return cookie.HasServer && cookie.ServerTime >> 32 == Version >> 32 && age <= LongestSeconds && age >= -(int)SkewSeconds
            && cookie.ServerHash == Hash(cookie.Client, cookie.ServerTime, client);
    }

    /// <summary>The cookie for an answer: the client's own while it is fresh, a new one otherwise.</summary>
    public DnsCookie Reply(in DnsCookie cookie, bool isOurs, NetAddress client, uint now)
    {
        if (isOurs && unchecked((int)(now - (uint)cookie.ServerTime)) < RenewAfterSeconds)
        {
            return cookie;
        }

        ulong time = Version | now;
        return cookie with { HasServer = true, ServerTime = time, ServerHash = Hash(cookie.Client, time, client) };
    }

    private ulong Hash(ulong clientCookie, ulong time, NetAddress client)
    {
        Span<byte> input = stackalloc byte[32];
        BinaryPrimitives.WriteUInt64BigEndian(input, clientCookie);
        BinaryPrimitives.WriteUInt64BigEndian(input[8..], time);
        client.WriteTo(input[16..]);
        return BinaryPrimitives.ReverseEndianness(_hash.Of(input[..(16 + client.Length)]));
    }
}
