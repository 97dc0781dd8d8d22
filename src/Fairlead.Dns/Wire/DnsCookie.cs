using System.Buffers.Binary;

namespace Fairlead.Dns.Wire;

/// <summary>
/// A COOKIE option (RFC 7873): eight bytes of the client, and what the server gave it before. Server cookies of other lengths than the
/// sixteen bytes of RFC 9018 are none of ours; they count as absent, which is what a server that restarted would say.
/// </summary>
public readonly record struct DnsCookie
{
    /// <summary>The option's number.</summary>
    public const ushort OptionCode = 10;

    /// <summary>Whether there is a cookie at all.</summary>
    public bool IsPresent { get; init; }

    /// <summary>The client's part.</summary>
    public ulong Client { get; init; }

    /// <summary>Whether the server's part is there, sixteen bytes long.</summary>
    public bool HasServer { get; init; }

    /// <summary>The server's part, first half: version, reserved, time.</summary>
    public ulong ServerTime { get; init; }

    /// <summary>The server's part, second half: a keyed hash.</summary>
    public ulong ServerHash { get; init; }

    /// <summary>How long the option's data is.</summary>
    public int Length => HasServer ? 24 : 8;

    /// <summary>Reads the option's data.</summary>
    /// <returns>False for a length that a cookie can't have: 8, or 16 to 40 (section 5.2.2).</returns>
    public static bool TryRead(ReadOnlySpan<byte> data, out DnsCookie cookie)
    {
        cookie = default;
        if (data.Length is not (8 or (>= 16 and <= 40)))
        {
            return false;
        }

        bool server = data.Length == 24;
        cookie = new()
        {
            IsPresent = true,
            Client = BinaryPrimitives.ReadUInt64BigEndian(data),
            HasServer = server,
            ServerTime = server ? BinaryPrimitives.ReadUInt64BigEndian(data[8..]) : 0,
            ServerHash = server ? BinaryPrimitives.ReadUInt64BigEndian(data[16..]) : 0,
        };
        return true;
    }

    /// <summary>Writes <see cref="Length"/> bytes.</summary>
    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, Client);
        if (HasServer)
        {
            BinaryPrimitives.WriteUInt64BigEndian(destination[8..], ServerTime);
            BinaryPrimitives.WriteUInt64BigEndian(destination[16..], ServerHash);
        }
    }
}
