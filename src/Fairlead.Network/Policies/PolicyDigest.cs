using System.Globalization;

namespace Fairlead.Network;

/// <summary>
/// A short text for a set of policies in their revisions: who names the same holds the same, whatever order it came in. Said beside a resourceVersion, it also tells of
/// policies that were deleted.
/// </summary>
public static class PolicyDigest
{
    private const ulong Start = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>The text for these policies: 16 hexadecimal digits.</summary>
    public static string Of(IEnumerable<PolicyState> policies)
    {
        ulong sum = 0;
        foreach (PolicyState policy in policies)
        {
            // The sum doesn't ask for an order; each hash is FNV-1a of 64 bits.
            ulong hash = Hash(Hash(Hash(Start, policy.Key.Namespace), policy.Key.Name), policy.Revision);
            sum = unchecked(sum + hash);
        }

        return sum.ToString("x16", CultureInfo.InvariantCulture);
    }

    private static ulong Hash(ulong hash, string text)
    {
        foreach (char one in text)
        {
            hash = unchecked((hash ^ one) * Prime);
        }

        return unchecked((hash ^ '/') * Prime);
    }
}
