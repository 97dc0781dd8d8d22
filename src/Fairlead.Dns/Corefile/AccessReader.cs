using System.Collections.Immutable;
using System.Net;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Corefile;

/// <summary>Reads <c>acl [ZONES…] { ACTION [type TYPE…] [net SOURCE…] }</c>.</summary>
internal static class AccessReader
{
    public static ImmutableArray<AccessRule> Read(Directive directive, ImmutableArray<DnsName> otherwise)
    {
        ImmutableArray<DnsName> zones = Plugins.ZonesOf(directive.Arguments.AsSpan(), otherwise);
        return directive.Body.IsEmpty
            ? throw directive.Error("has no rule: write some in braces, such as 'allow net 10.0.0.0/8' and 'block'")
            : [.. directive.Body.Select(rule => Rule(rule, zones))];
    }

    private static AccessRule Rule(Directive rule, ImmutableArray<DnsName> zones)
    {
        AccessAction action = rule.Name.Text switch
        {
            "allow" => AccessAction.Allow,
            "block" => AccessAction.Block,
            "filter" => AccessAction.Filter,
            "drop" => AccessAction.Drop,
            var other => throw rule.Name.Error($"acl has no action '{other}': write allow, block, filter or drop"),
        };
        ImmutableArray<RecordType>.Builder types = ImmutableArray.CreateBuilder<RecordType>();
        ImmutableArray<IPNetwork>.Builder networks = ImmutableArray.CreateBuilder<IPNetwork>();
        string section = "";
        foreach (CorefileWord word in rule.Arguments)
        {
            if (word.Text is "type" or "net")
            {
                section = word.Text;
            }
            else if (word.Text == "*" && section.Length > 0)
            {
                // All of them, which is what a section that isn't there says too.
            }
            else if (section == "type")
            {
                types.Add(Mnemonics.Type(word));
            }
            else if (section == "net")
            {
                networks.Add(Network(word));
            }
            else
            {
                throw word.Error($"'{word.Text}' stands before 'type' or 'net': write '{rule.Name.Text} type A net 10.0.0.0/8'");
            }
        }

        return new(zones, action, types.ToImmutable(), networks.ToImmutable());
    }

    private static IPNetwork Network(CorefileWord word)
    {
        if (IPAddress.TryParse(word.Text, out IPAddress? address))
        {
            return new(address, address.GetAddressBytes().Length * 8);
        }

        // Go takes 10.1.2.3/8 as 10.0.0.0/8, where .NET wants the host's bits to be zero.
        string[] parts = word.Text.Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out address) || !int.TryParse(parts[1], out int length) || length < 0)
        {
            throw word.Error($"'{word.Text}' is no range of addresses: write 10.0.0.0/8");
        }

        byte[] bytes = address.GetAddressBytes();
        if (length > bytes.Length * 8)
        {
            throw word.Error($"'{word.Text}' has a prefix of {length} bits; there are {bytes.Length * 8}");
        }

        for (int bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new(new IPAddress(bytes), length);
    }
}
