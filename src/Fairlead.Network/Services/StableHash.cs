namespace Fairlead.Network;

/// <summary>FNV-1a: the same number on every node and after every restart, which .NET's own hashes are not.</summary>
internal static class StableHash
{
    private const uint Start = 2166136261;
    private const uint Prime = 16777619;

    /// <summary>Of numbers.</summary>
    public static uint Of(params ReadOnlySpan<uint> values)
    {
        uint hash = Start;
        foreach (uint value in values)
        {
            for (int shift = 0; shift < 32; shift += 8)
            {
                hash = unchecked((hash ^ ((value >> shift) & 0xff)) * Prime);
            }
        }

        return hash;
    }

    /// <summary>Of a text.</summary>
    public static uint Of(string text)
    {
        uint hash = Start;
        foreach (char value in text)
        {
            hash = unchecked((hash ^ value) * Prime);
        }

        return hash;
    }

    /// <summary>Of an endpoint; never 0.</summary>
    public static uint Of(EndpointAddress endpoint)
    {
        Span<byte> bytes = stackalloc byte[16];
        endpoint.Address.WriteTo(bytes);
        uint hash = Of(endpoint.Port);
        foreach (byte value in bytes[..endpoint.Address.Length])
        {
            hash = unchecked((hash ^ value) * Prime);
        }

        return hash == 0 ? 1 : hash;
    }
}
