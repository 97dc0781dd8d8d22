using System.Net;
using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Cni.Plugins.PortMap;

/// <summary>
/// Which connections a network's port mappings are for (<c>conditionsV4</c>, <c>conditionsV6</c>). The reference hands these words to iptables; those
/// that have a meaning without it are read here: addresses and interfaces, each possibly negated.
/// </summary>
internal sealed record PortConditions(ValueList<Expression> IPv4, ValueList<Expression> IPv6, string Id)
{
    /// <summary>Reads the network's conditions; <see cref="Id"/> is empty when there are none, and otherwise tells one list from another.</summary>
    /// <exception cref="CniException">A word that is not known here (code 2).</exception>
    public static PortConditions Read(ConfigurationObject root)
    {
        IReadOnlyList<string> four = root.GetStrings("conditionsV4"), six = root.GetStrings("conditionsV6");
        string id = four.Count + six.Count == 0 ? "" : $"-{Ownership.Hash($"{string.Join(' ', four)}|{string.Join(' ', six)}"):x16}";
        return new PortConditions(Read(root, "conditionsV4", four, ipv6: false), Read(root, "conditionsV6", six, ipv6: true), id);
    }

    private static ValueList<Expression> Read(ConfigurationObject root, string key, IReadOnlyList<string> words, bool ipv6)
    {
        List<Expression> expressions = [.. Match.Family(ipv6 ? TableFamily.Ipv6 : TableFamily.Ipv4)];
        bool negated = false;
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i] == "!")
            {
                negated = true;
                continue;
            }

            string word = words[i], value = i + 1 < words.Count ? words[++i] : throw root.Invalid(key, $"\"{word}\" has no value");
            expressions.AddRange(word switch
            {
                "-s" or "--source" or "--src" => Address(root, key, ipv6 ? Field.Ip6Source : Field.IpSource, value, ipv6, negated),
                "-d" or "--destination" or "--dst" => Address(root, key, ipv6 ? Field.Ip6Destination : Field.IpDestination, value, ipv6, negated),
                "-i" or "--in-interface" => Interface(Field.InputInterface, value, negated),
                _ => throw root.Unsupported(key, $"\"{word}\" is not known: only -s, -d and -i, each with or without \"!\""),
            });
            negated = false;
        }

        return [.. expressions];
    }

    private static ValueList<Expression> Address(ConfigurationObject root, string key, Field field, string text, bool ipv6, bool negated)
    {
        if (!AddressPrefix.TryParse(text.Contains('/') ? text : $"{text}/{(ipv6 ? 128 : 32)}", out AddressPrefix prefix) || prefix.IsIPv6 != ipv6)
        {
            throw root.Invalid(key, $"\"{text}\" is not {(ipv6 ? "an IPv6" : "an IPv4")} address or network");
        }

        IPNetwork network = new(prefix.Network.Address, prefix.PrefixLength);
        return negated ? Match.Outside(field, network) : Match.Within(field, network);
    }

    private static ValueList<Expression> Interface(Field field, string name, bool negated) =>
        name.EndsWith('+')
            ? negated ? Match.NotNamePrefix(field, name[..^1]) : Match.NamePrefix(field, name[..^1])
            : negated ? Match.NotEqual(field, Scalar.InterfaceName(name)) : Match.Equal(field, Scalar.InterfaceName(name));
}
