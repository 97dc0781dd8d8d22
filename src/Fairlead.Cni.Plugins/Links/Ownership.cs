using System.Globalization;
using System.Text;

namespace Fairlead.Cni.Plugins.Links;

/// <summary>
/// How what we make on the host is recognised as an attachment's. The link's name follows from the attachment, so that DEL finds it without the
/// container's namespace; its alias says whose it is; and until it is whole it is in a group of its own, so that a later call sees what a killed one left.
/// </summary>
internal static class Ownership
{
    /// <summary>The upper half of the group numbers of links that are not whole yet.</summary>
    public const uint HalfMadeMark = 0x0fa1;


    /// <summary>The start of the names of hosts' ends.</summary>
    public const string VethPrefix = "veth";

    private const int LongestComment = 127; // NFTNL_UDATA_COMMENT_MAXLEN less the zero

    /// <summary>"veth" or another prefix of at most 4 characters, and 11 digits that follow from network, container and interface.</summary>
    public static string LinkName(string network, CniAttachment attachment, string prefix = VethPrefix) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}{Hash($"{network} {attachment.ContainerId} {attachment.InterfaceName}") & 0xfff_ffff_ffff:x11}");

    /// <summary>The group (IFLA_GROUP) of the network's links that are not whole yet.</summary>
    public static uint HalfMadeGroup(string network) => (HalfMadeMark << 16) | (uint)(Hash(network) & 0xffff);

    /// <summary>The start of the aliases of the network's links.</summary>
    public static string AliasPrefix(string network) => $"fairlead {network} ";

    /// <summary>IFLA_IFALIAS: "fairlead NETWORK CONTAINER INTERFACE".</summary>
    public static string Alias(string network, CniAttachment attachment) =>
        Shorten($"{AliasPrefix(network)}{attachment.ContainerId} {attachment.InterfaceName}", 255);

    /// <summary>The comment of nft elements: "NETWORK CONTAINER INTERFACE", long names by their hash.</summary>
    public static string Comment(string network, CniAttachment attachment)
    {
        string text = $"{network} {attachment.ContainerId} {attachment.InterfaceName}";
        return Encoding.UTF8.GetByteCount(text) <= LongestComment
            ? text
            : $"{CommentPrefix(network)}{Shorten(attachment.ContainerId, 64)} {attachment.InterfaceName}";
    }

    /// <summary>Whether a comment is one of the network's.</summary>
    public static bool IsOfNetwork(string? comment, string network) =>
        comment is not null && (comment.StartsWith($"{network} ", StringComparison.Ordinal) || comment.StartsWith(CommentPrefix(network), StringComparison.Ordinal));

    /// <summary>FNV-1a, 64 bits: the same on every machine and in every version, as names on disk and in the kernel must be.</summary>
    public static ulong Hash(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (byte part in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ part) * 1099511628211;
        }

        return hash ^ (hash >> 44);
    }

    private static string CommentPrefix(string network) => $"{Shorten(network, 40)} ";

    private static string Shorten(string text, int longest) =>
        text.Length <= longest ? text : string.Create(CultureInfo.InvariantCulture, $"{text[..(longest - 17)]}~{Hash(text):x16}");
}
