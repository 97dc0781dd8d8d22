using System.Collections.Immutable;
using System.Net;
using Fairlead.Dns.Forwarding;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Corefile;

/// <summary>What each plugin's line adds to a server block. The larger ones have a reader of their own.</summary>
internal static class Plugins
{
    /// <summary>Those that change nothing here, and why.</summary>
    private static readonly Dictionary<string, string> Harmless = new(StringComparer.Ordinal)
    {
        ["cancel"] = "every question has an end here anyway",
        ["chaos"] = "questions of other classes than IN are refused",
        ["debug"] = "mistakes never stop the server here",
        ["dnstap"] = "`fairlead dns log` shows who asked what",
        ["header"] = "answers' flags are as the protocol wants them",
        ["k8s_event"] = "what is wrong stands in the log",
        ["metadata"] = "the log knows all of it anyway",
        ["minimal"] = "answers hold no more than they must anyway",
        ["multisocket"] = "there is a socket for each core anyway",
        ["nsid"] = "servers don't name themselves here",
        ["pprof"] = "dotnet-counters and dotnet-trace look into the process",
        ["root"] = "it is for plugins that read zone files",
        ["timeouts"] = "connections are closed after 10 idle seconds",
        ["trace"] = "`fairlead dns log` shows who asked what",
    };

    /// <summary>Those that would change answers, and what to do instead.</summary>
    private static readonly Dictionary<string, string> Missing = new(StringComparer.Ordinal)
    {
        ["auto"] = ForwardInstead,
        ["azure"] = ForwardInstead,
        ["clouddns"] = ForwardInstead,
        ["dns64"] = "let an upstream that does DNS64 answer, by forward",
        ["dnssec"] = "zones of a cluster aren't signed; leave it out",
        ["erratic"] = "it is for tests of CoreDNS; leave it out",
        ["etcd"] = ForwardInstead,
        ["federation"] = "it has left CoreDNS too; leave it out",
        ["file"] = ForwardInstead,
        ["geoip"] = ForwardInstead,
        ["grpc"] = "upstreams are spoken to over UDP, TCP and TLS: use forward",
        ["grpc_server"] = "the server answers over UDP and TCP only; leave it out",
        ["https"] = "the server answers over UDP and TCP only; leave it out",
        ["k8s_external"] = ForwardInstead,
        ["nomad"] = ForwardInstead,
        ["proxy"] = "it has left CoreDNS too: write forward, which takes the same addresses",
        ["quic"] = "the server answers over UDP and TCP only; leave it out",
        ["route53"] = ForwardInstead,
        ["secondary"] = ForwardInstead,
        ["sign"] = ForwardInstead,
        ["tls"] = "the server answers over UDP and TCP only; leave it out, and put what ends TLS in front of it",
        ["transfer"] = "zones aren't transferred; leave it out",
        ["tsig"] = "zones aren't transferred; leave it out",
        ["view"] = "leave it out, or have a server of its own for those clients",
        ["whoami"] = "leave it out",
    };

    private const string ForwardInstead = "forward the zone to a server that has it";

    private static readonly string[] Known =
    [
        "acl", "any", "autopath", "bind", "bufsize", "cache", "errors", "forward", "health", "hosts", "kubernetes", "loadbalance", "local", "log", "loop", "prometheus", "ready",
        "reload", "rewrite", "template",
    ];

    public static ServerBlock Read(CorefileSource source, ServerBlock server, Directive directive)
    {
        switch (directive.Name.Text)
        {
            case "acl":
                return server with { Access = server.Access.AddRange(AccessReader.Read(directive, server.Zones)) };
            case "any":
                return server with { MinimizesAny = true };
            case "autopath":
                return server with { Autopath = Autopath(source, directive, server.Zones) };
            case "bind":
                return server with { Bind = server.Bind.AddRange(Bind(directive)) };
            case "bufsize":
                directive.Flat();
                return server with { BufferSize = directive.Optional("a size in bytes")?.Integer("bufsize", 512, 4096) ?? 1232 };
            case "cache":
                return server with { Cache = CacheReader.Read(source, directive, server.Zones) };
            case "errors":
                return server with { Errors = LogReader.Errors(source, directive) };
            case "forward":
                return server with { Forwards = server.Forwards.Add(ForwardReader.Read(source, directive)) };
            case "health":
                return server with { Health = Health(directive) };
            case "hosts":
                return server with { Hosts = HostsReader.Read(directive, server.Zones) };
            case "kubernetes":
                return server with { Kubernetes = KubernetesReader.Read(source, directive, server.Zones) };
            case "loadbalance":
                return server with { ShufflesAnswers = Shuffles(source, directive) };
            case "local":
                return server with { AnswersLocalhost = true };
            case "log":
                return server with { Logs = server.Logs.Add(LogReader.Read(directive)) };
            case "loop":
                directive.Bare();
                directive.Flat();
                return server with { DetectsLoops = true };
            case "prometheus":
                directive.Flat();
                return server with { Prometheus = Endpoint(directive.Optional("an address"), "localhost:9153") };
            case "ready":
                return server with { Ready = Ready(source, directive) };
            case "reload":
                return server with { Reload = Reload(directive) };
            case "rewrite":
                return server with { Rewrites = server.Rewrites.Add(RewriteReader.Read(directive)) };
            case "template":
                return server with { Templates = server.Templates.Add(TemplateReader.Read(directive, server.Zones)) };
            default:
                return Foreign(source, server, directive);
        }
    }

    /// <summary>Zones after a plugin's name, or the block's.</summary>
    public static ImmutableArray<DnsName> ZonesOf(ReadOnlySpan<CorefileWord> words, ImmutableArray<DnsName> otherwise)
    {
        if (words.IsEmpty)
        {
            return otherwise;
        }

        ImmutableArray<DnsName>.Builder zones = ImmutableArray.CreateBuilder<DnsName>();
        foreach (CorefileWord word in words)
        {
            zones.AddRange(Zones.TryParse(word.Text) ?? throw word.Error($"'{word.Text}' names no zone: write a domain such as cluster.local, '.', or a range such as 10.0.0.0/24"));
        }

        return zones.ToImmutable();
    }

    private static ServerBlock Foreign(CorefileSource source, ServerBlock server, Directive directive)
    {
        string name = directive.Name.Text;
        if (Harmless.TryGetValue(name, out string? why))
        {
            source.Warnings.Add(directive.Name.Warning($"{name} is ignored: {why}"));
            return server;
        }

        if (Missing.TryGetValue(name, out string? instead))
        {
            throw directive.Name.Error($"the plugin {name} isn't supported: {instead}");
        }

        string near = Spelling.Nearest(name, Known) is { } nearest ? $"; did you mean '{nearest}'?" : $". There are {string.Join(", ", Known)}";
        throw directive.Name.Error($"there is no plugin '{name}'{near}");
    }

    private static AutopathOptions Autopath(CorefileSource source, Directive directive, ImmutableArray<DnsName> otherwise)
    {
        directive.Flat();
        if (directive.Arguments.IsEmpty)
        {
            throw directive.Error("say whose search path: '@kubernetes', or a file like /etc/resolv.conf");
        }

        CorefileWord from = directive.Arguments[^1];
        ImmutableArray<DnsName> zones = ZonesOf(directive.Arguments.AsSpan()[..^1], otherwise);
        if (from.Text == "@kubernetes")
        {
            return new(zones, []);
        }

        if (from.Text.StartsWith('@'))
        {
            throw from.Error($"autopath: only @kubernetes knows search paths, not '{from.Text}'");
        }

        return new(zones, ResolvConf.Read(source, from).Search);
    }

    private static IEnumerable<string> Bind(Directive directive)
    {
        foreach (Directive option in directive.Body)
        {
            throw directive.UnknownOption(option);
        }

        return directive.Arguments.IsEmpty ? throw directive.Error("name addresses or interfaces to listen on") : directive.Arguments.Select(a => a.Text);
    }

    private static HealthOptions Health(Directive directive)
    {
        TimeSpan lameDuck = TimeSpan.Zero;
        foreach (Directive option in directive.Body)
        {
            lameDuck = option.Name.Text == "lameduck" ? option.Single("a duration").Duration("lameduck") : throw directive.UnknownOption(option, "lameduck");
        }

        return new(Endpoint(directive.Optional("an address"), ":8080"), lameDuck);
    }

    private static IPEndPoint Ready(CorefileSource source, Directive directive)
    {
        foreach (Directive option in directive.Body)
        {
            if (option.Name.Text != "monitor")
            {
                throw directive.UnknownOption(option, "monitor");
            }

            source.Warnings.Add(option.Name.Warning("ready: monitor is ignored: readiness follows the cluster's state all the time"));
        }

        return Endpoint(directive.Optional("an address"), ":8181");
    }

    private static ReloadOptions Reload(Directive directive)
    {
        directive.Flat();
        ImmutableArray<CorefileWord> arguments = directive.Arguments;
        if (arguments.Length > 2)
        {
            throw directive.Error("takes an interval and a jitter, no more");
        }

        TimeSpan interval = arguments.Length > 0 ? arguments[0].Duration("reload's interval") : TimeSpan.FromSeconds(30);
        TimeSpan jitter = arguments.Length > 1 ? arguments[1].Duration("reload's jitter") : TimeSpan.FromSeconds(15);
        if (interval < TimeSpan.FromSeconds(2))
        {
            throw arguments[0].Error($"reload's interval is {arguments[0].Text}: at least 2s");
        }

        return new(interval, jitter < interval / 2 ? jitter : interval / 2);
    }

    private static bool Shuffles(CorefileSource source, Directive directive)
    {
        if (directive.Arguments is [{ Text: not "round_robin" } policy, ..])
        {
            source.Warnings.Add(policy.Warning($"loadbalance: {policy.Text} isn't supported; answers are in random order"));
        }

        return true;
    }

    private static IPEndPoint Endpoint(CorefileWord? word, string otherwise)
    {
        string text = word?.Text ?? otherwise;
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? text : text[..colon];
        IPAddress? address = host switch
        {
            "" => IPAddress.IPv6Any,
            "localhost" => IPAddress.Loopback,
            _ => IPAddress.TryParse(host, out IPAddress? parsed) ? parsed : null,
        };
        return colon >= 0 && address is not null && ushort.TryParse(text.AsSpan(colon + 1), out ushort port)
            ? new(address, port)
            : throw word!.Value.Error($"'{text}' is no address to listen on: write ':8080' or '127.0.0.1:8080'");
    }
}
