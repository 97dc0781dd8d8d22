using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using Fairlead.Dns.Forwarding;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Corefile;

/// <summary>Reads <c>forward FROM TO… { … }</c>.</summary>
internal static class ForwardReader
{
    /// <summary>CoreDNS's bound.</summary>
    private const int MostUpstreams = 15;

    public static ForwardOptions Read(CorefileSource source, Directive directive)
    {
        if (directive.Arguments.Length < 2)
        {
            throw directive.Error("takes FROM TO…, as in 'forward . /etc/resolv.conf' or 'forward example.org 10.0.0.53'");
        }

        CorefileWord from = directive.Arguments[0];
        ImmutableArray<UpstreamAddress>.Builder upstreams = ImmutableArray.CreateBuilder<UpstreamAddress>();
        foreach (CorefileWord to in directive.Arguments.AsSpan()[1..])
        {
            upstreams.AddRange(Upstreams(source, to));
        }

        if (upstreams.Count > MostUpstreams)
        {
            throw directive.Error($"{upstreams.Count} upstreams; {MostUpstreams} is the most");
        }

        ForwardOptions options = new() { From = Plugins.ZonesOf([from], []), Upstreams = upstreams.ToImmutable() };
        foreach (Directive option in directive.Body)
        {
            options = Option(source, directive, option, options);
        }

        if (options.Tls.ServerName is not null && options.Upstreams.Any(u => u.ServerName is not null))
        {
            throw directive.Error("tls_servername and a name behind '%' exclude each other: leave one out");
        }

        return options;
    }

    private static IEnumerable<UpstreamAddress> Upstreams(CorefileSource source, CorefileWord word)
    {
        string text = word.Text;
        bool tls = false;
        if (text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme)
        {
            string transport = text[..scheme].ToLowerInvariant();
            tls = transport switch
            {
                "dns" => false,
                "tls" => true,
                _ => throw word.Error($"'{word.Text}': upstreams are spoken to over UDP, TCP and TLS (tls://), not {transport}"),
            };
            text = text[(scheme + 3)..];
        }
        else if (text.Contains('/') || (!IPAddress.TryParse(text, out _) && File.Exists(word.FullPath)))
        {
            return ResolvConf.Read(source, word).NameServers.Select(address => new UpstreamAddress(new(address, 53)));
        }

        string? serverName = null;
        int port = tls ? 853 : 53;
        if (tls && text.IndexOf('%') is >= 0 and var percent)
        {
            string name = text[(percent + 1)..];
            text = text[..percent];
            if (name.LastIndexOf(':') is >= 0 and var colon)
            {
                text += name[colon..];
                name = name[..colon];
            }

            serverName = name;
        }

        return IPAddress.TryParse(text.Trim('[', ']'), out IPAddress? bare)
            ? [new(new(bare, port), tls, serverName)]
            : IPEndPoint.TryParse(text, out IPEndPoint? endpoint) && endpoint.Port != 0
                ? [new(endpoint, tls, serverName)]
                : throw word.Error($"'{word.Text}' is no upstream: write an address (10.0.0.53, [fd00::53]:5353), tls://ADDRESS, or a file like /etc/resolv.conf");
    }

    private static ForwardOptions Option(CorefileSource source, Directive directive, Directive option, ForwardOptions options)
    {
        option.Flat();
        ImmutableArray<CorefileWord> arguments = option.Arguments;
        switch (option.Name.Text)
        {
            case "except":
                return arguments.IsEmpty
                    ? throw option.Error("name the domains that aren't forwarded")
                    : options with { Except = options.Except.AddRange(Plugins.ZonesOf(arguments.AsSpan(), [])) };
            case "force_tcp":
                option.Bare();
                return options with { Protocol = UpstreamProtocol.ForceTcp };
            case "prefer_udp":
                option.Bare();
                return options.Protocol == UpstreamProtocol.ForceTcp ? options : options with { Protocol = UpstreamProtocol.PreferUdp };
            case "policy":
                CorefileWord policy = option.Single("random, round_robin or sequential");
                return options with
                {
                    Policy = policy.Text switch
                    {
                        "random" => UpstreamPolicy.Random,
                        "round_robin" => UpstreamPolicy.RoundRobin,
                        "sequential" => UpstreamPolicy.Sequential,
                        _ => throw policy.Error($"policy is '{policy.Text}': write random, round_robin or sequential"),
                    },
                };
            case "max_fails":
                return options with { MaximumFailures = option.Single("a number").Integer("max_fails") };
            case "max_concurrent":
                return options with { MaximumConcurrent = option.Single("a number").Integer("max_concurrent") };
            case "max_connect_attempts":
                return options with { MaximumAttempts = option.Single("a number").Integer("max_connect_attempts") };
            case "expire":
                return options with { Expire = option.Single("a duration").Duration("expire") };
            case "health_check":
                return options with { HealthCheck = Health(option) };
            case "tls":
                return options with { Tls = Tls(option, options.Tls) };
            case "tls_servername":
                return options with { Tls = options.Tls with { ServerName = option.Single("a name").Text } };
            case "failover":
                return options with { FailoverCodes = Codes(option) };
            case "next":
                return options with { NextCodes = Codes(option) };
            case "failfast_all_unhealthy_upstreams":
                option.Bare();
                return options with { FailsFast = true };
            case "max_idle_conns" or "max_age" or "doh_method":
                source.Warnings.Add(option.Name.Warning($"forward: {option.Name.Text} is ignored: a few connections carry all questions to an upstream at once"));
                return options;
            default:
                throw directive.UnknownOption(
                    option, "except", "force_tcp", "prefer_udp", "policy", "max_fails", "max_concurrent", "max_connect_attempts", "expire", "health_check", "tls", "tls_servername",
                    "failover", "next", "failfast_all_unhealthy_upstreams");
        }
    }

    private static HealthProbe Health(Directive option)
    {
        if (option.Arguments.IsEmpty)
        {
            throw option.Error("takes DURATION [no_rec] [domain NAME]");
        }

        HealthProbe probe = new(option.Arguments[0].Duration("health_check"), RecursionDesired: true, DnsName.Root);
        for (ImmutableArray<CorefileWord> rest = option.Arguments[1..]; !rest.IsEmpty;)
        {
            switch (rest)
            {
                case [{ Text: "no_rec" }, .. var after]:
                    (probe, rest) = (probe with { RecursionDesired = false }, after);
                    break;
                case [{ Text: "domain" }, var name, .. var after]:
                    (probe, rest) = (probe with { Domain = Plugins.ZonesOf([name], [])[0] }, after);
                    break;
                default:
                    throw rest[0].Error($"health_check knows no_rec and domain NAME, not '{rest[0].Text}'");
            }
        }

        return probe;
    }

    private static UpstreamTls Tls(Directive option, UpstreamTls tls)
    {
        foreach (CorefileWord file in option.Arguments)
        {
            if (!File.Exists(file.FullPath))
            {
                throw file.Error($"tls: there is no file {file.FullPath}");
            }
        }

        UpstreamTls read = option.Arguments switch
        {
            [] => tls,
            [var authorities] => tls with { Authorities = authorities.FullPath },
            [var certificate, var key] => tls with { Certificate = certificate.FullPath, Key = key.FullPath },
            [var certificate, var key, var authorities] => tls with { Certificate = certificate.FullPath, Key = key.FullPath, Authorities = authorities.FullPath },
            _ => throw option.Error("takes no file, CA, CERT KEY, or CERT KEY CA"),
        };
        try
        {
            using UpstreamIdentity identity = new(read);
            return read;
        }
        catch (CryptographicException e)
        {
            throw option.Error($"{string.Join(' ', option.Arguments)}: {e.Message}");
        }
    }

    private static ImmutableArray<ResponseCode> Codes(Directive option) => option.Arguments.IsEmpty
        ? throw option.Error("name response codes, such as SERVFAIL REFUSED")
        : [.. option.Arguments.Select(Mnemonics.Code)];
}
