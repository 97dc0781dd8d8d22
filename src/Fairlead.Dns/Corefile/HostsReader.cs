using System.Collections.Immutable;
using System.Net;
using Fairlead.Dns.Hosts;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Corefile;

/// <summary>Reads <c>hosts [FILE [ZONES…]] { … }</c>: options, and lines that are hosts themselves.</summary>
internal static class HostsReader
{
    public static HostsOptions Read(Directive directive, ImmutableArray<DnsName> otherwise)
    {
        ImmutableArray<CorefileWord> arguments = directive.Arguments;
        HostsOptions options = new() { Zones = Plugins.ZonesOf(arguments.IsEmpty ? [] : arguments.AsSpan()[1..], otherwise) };
        if (!arguments.IsEmpty)
        {
            options = options with { Path = arguments[0].FullPath };
        }

        ImmutableArray<string>.Builder lines = ImmutableArray.CreateBuilder<string>();
        foreach (Directive option in directive.Body)
        {
            option.Flat();
            switch (option.Name.Text)
            {
                case "ttl":
                    options = options with { Ttl = (uint)option.Single("seconds").Integer("ttl", 0, 86400 * 7) };
                    break;
                case "no_reverse":
                    option.Bare();
                    options = options with { NoReverse = true };
                    break;
                case "reload":
                    options = options with { Reload = option.Single("a duration").Duration("reload") };
                    break;
                case "fallthrough":
                    options = options with { Fallthrough = new(Plugins.ZonesOf(option.Arguments.AsSpan(), options.Zones)) };
                    break;
                default:
                    lines.Add(Line(directive, option));
                    break;
            }
        }

        return options with { Lines = lines.ToImmutable() };
    }

    private static string Line(Directive directive, Directive option)
    {
        if (!IPAddress.TryParse(option.Name.Text, out _))
        {
            throw directive.UnknownOption(option, "ttl", "no_reverse", "reload", "fallthrough", "an address with its names, as in /etc/hosts");
        }

        return option.Arguments.IsEmpty
            ? throw option.Name.Error($"hosts: {option.Name.Text} has no name beside it")
            : $"{option.Name.Text} {string.Join(' ', option.Arguments.Select(a => a.Text))}";
    }
}
