using System.Collections.Frozen;
using System.Globalization;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Corefile;

/// <summary>Types, classes and codes by the names that people write (IANA, "Domain Name System (DNS) Parameters").</summary>
internal static class Mnemonics
{
    private static readonly FrozenDictionary<string, ushort> Types = new Dictionary<string, ushort>
    {
        ["A"] = 1, ["NS"] = 2, ["MD"] = 3, ["MF"] = 4, ["CNAME"] = 5, ["SOA"] = 6, ["MB"] = 7, ["MG"] = 8, ["MR"] = 9, ["NULL"] = 10, ["WKS"] = 11, ["PTR"] = 12,
        ["HINFO"] = 13, ["MINFO"] = 14, ["MX"] = 15, ["TXT"] = 16, ["RP"] = 17, ["AFSDB"] = 18, ["SIG"] = 24, ["KEY"] = 25, ["AAAA"] = 28, ["LOC"] = 29,
        ["SRV"] = 33, ["NAPTR"] = 35, ["KX"] = 36, ["CERT"] = 37, ["DNAME"] = 39, ["OPT"] = 41, ["APL"] = 42, ["DS"] = 43, ["SSHFP"] = 44, ["IPSECKEY"] = 45,
        ["RRSIG"] = 46, ["NSEC"] = 47, ["DNSKEY"] = 48, ["DHCID"] = 49, ["NSEC3"] = 50, ["NSEC3PARAM"] = 51, ["TLSA"] = 52, ["SMIMEA"] = 53, ["HIP"] = 55,
        ["CDS"] = 59, ["CDNSKEY"] = 60, ["OPENPGPKEY"] = 61, ["CSYNC"] = 62, ["ZONEMD"] = 63, ["SVCB"] = 64, ["HTTPS"] = 65, ["SPF"] = 99, ["EUI48"] = 108,
        ["EUI64"] = 109, ["TKEY"] = 249, ["TSIG"] = 250, ["IXFR"] = 251, ["AXFR"] = 252, ["ANY"] = 255, ["URI"] = 256, ["CAA"] = 257,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<ushort, string> Names = Types.ToFrozenDictionary(t => t.Value, t => t.Key);

    private static readonly string[] Codes =
        ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"];

    public static string NameOf(RecordType type) =>
        Names.TryGetValue((ushort)type, out string? name) ? name : string.Create(CultureInfo.InvariantCulture, $"TYPE{(ushort)type}");

    public static string NameOf(RecordClass recordClass) => (ushort)recordClass switch
    {
        1 => "IN",
        3 => "CH",
        4 => "HS",
        254 => "NONE",
        255 => "ANY",
        var other => string.Create(CultureInfo.InvariantCulture, $"CLASS{other}"),
    };

    public static string NameOf(ResponseCode code) => (int)code < Codes.Length ? Codes[(int)code] : code switch
    {
        ResponseCode.BadVersion => "BADVERS",
        ResponseCode.BadCookie => "BADCOOKIE",
        _ => string.Create(CultureInfo.InvariantCulture, $"RCODE{(ushort)code}"),
    };

    public static RecordType Type(CorefileWord word) =>
        Types.TryGetValue(word.Text, out ushort type)
        || (word.Text.StartsWith("TYPE", StringComparison.OrdinalIgnoreCase) && ushort.TryParse(word.Text.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out type))
            ? (RecordType)type
            : throw word.Error($"'{word.Text}' is no record type: write A, AAAA, SRV, … or TYPE65");

    public static RecordClass Class(CorefileWord word) => (RecordClass)(word.Text.ToUpperInvariant() switch
    {
        "IN" => 1,
        "CH" => 3,
        "HS" => 4,
        "ANY" => 255,
        _ => throw word.Error($"'{word.Text}' is no class: write IN, CH or HS"),
    });

    public static ResponseCode Code(CorefileWord word)
    {
        int code = Array.FindIndex(Codes, c => c.Equals(word.Text, StringComparison.OrdinalIgnoreCase));
        return code >= 0 ? (ResponseCode)code : throw word.Error($"'{word.Text}' is no response code: write one of {string.Join(", ", Codes)}");
    }
}
