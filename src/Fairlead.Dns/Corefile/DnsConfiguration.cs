using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Fairlead.Dns.Caching;
using Fairlead.Dns.Corefile;
using Fairlead.Dns.Forwarding;
using Fairlead.Dns.Hosts;
using Fairlead.Dns.Rewriting;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns;

/// <summary>What a Corefile says, checked and complete: nothing of it can fail later but the network.</summary>
public sealed record DnsConfiguration
{
    private const int StandardPort = 53;

    /// <summary>The server blocks; one whose keys name several ports is several.</summary>
    public required ImmutableArray<ServerBlock> Servers { get; init; }

    /// <summary>SHA-512 over the files it came from, in hexadecimal; it changes when a reload would change something.</summary>
    public required string Hash { get; init; }

    /// <summary>What was accepted and has no effect.</summary>
    public ImmutableArray<CorefileWarning> Warnings { get; init; } = [];

    /// <summary>Reads a Corefile with its imports.</summary>
    /// <param name="path">The file.</param>
    /// <param name="environment">Gives the variables' values; null: the process's own.</param>
    /// <exception cref="CorefileException">Something in it can't be followed; the message names file, line and the way out.</exception>
    public static DnsConfiguration Load(string path, Func<string, string?>? environment = null)
    {
        using CorefileSource source = new(environment ?? Environment.GetEnvironmentVariable);
        return Read(source, path);
    }

    /// <summary>Reads a Corefile that is no file.</summary>
    /// <param name="text">The Corefile.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="environment">Gives the variables' values; null: the process's own.</param>
    /// <exception cref="CorefileException">Something in it can't be followed.</exception>
    public static DnsConfiguration Parse(string text, string name, Func<string, string?>? environment = null)
    {
        using CorefileSource source = new(environment ?? Environment.GetEnvironmentVariable) { Text = text };
        return Read(source, name);
    }

    private static DnsConfiguration Read(CorefileSource source, string path)
    {
        ImmutableArray<ServerBlock> servers = ServerBlockReader.Read(source, CorefileParser.Parse(source, path));
        return servers.IsEmpty
            ? throw new CorefileException(path, 0, "there is no server block: begin with '.:53 {'")
            : new() { Servers = OnStandardPort(source, servers), Hash = source.Hash, Warnings = [.. source.Warnings] };
    }

    /// <summary>
    /// Where no block is for port 53, a Service stands before the server that the file was written for, and leads port 53 to another (OpenShift's 5353): the blocks of that one
    /// are meant.
    /// </summary>
    private static ImmutableArray<ServerBlock> OnStandardPort(CorefileSource source, ImmutableArray<ServerBlock> servers)
    {
        if (servers.Any(s => s.Port == StandardPort))
        {
            return servers;
        }

        ServerBlock main = servers.FirstOrDefault(s => s.Kubernetes is not null) ?? servers[0];
        source.Warnings.Add(new(main.File, main.Line, $"no server block is for port {StandardPort}: those for port {main.Port} answer there"));
        return [.. servers.Select(s => s.Port == main.Port ? s with { Port = StandardPort } : s)];
    }

    /// <summary>The server block that answers a name on a port: the one with the longest zone that holds it; null where none does.</summary>
    /// <param name="name">A whole name, lower-cased.</param>
    /// <param name="port">The port that was asked.</param>
    public ServerBlock? Find(ReadOnlySpan<byte> name, int port)
    {
        (ServerBlock? found, int longest) = (null, -1);
        foreach (ServerBlock server in Servers)
        {
            if (server.Port != port)
            {
                continue;
            }

            foreach (DnsName zone in server.Zones)
            {
                if (zone.LabelCount > longest && NameBytes.IsWithin(name, zone.Wire))
                {
                    (found, longest) = (server, zone.LabelCount);
                }
            }
        }

        return found;
    }
}

/// <summary>One server block: whom it answers, and what each of its plugins does. A plugin that isn't named is null, empty or false.</summary>
public sealed record ServerBlock
{
    /// <summary>The zones that it answers.</summary>
    public required ImmutableArray<DnsName> Zones { get; init; }

    /// <summary>The port on which it answers, UDP and TCP.</summary>
    public required int Port { get; init; }

    /// <summary>Addresses or names of interfaces to listen on; empty: where the server is told to (<c>bind</c>).</summary>
    public ImmutableArray<string> Bind { get; init; } = [];

    /// <summary>The cluster's zones (<c>kubernetes</c>).</summary>
    public KubernetesOptions? Kubernetes { get; init; }

    /// <summary>Addresses from files like /etc/hosts (<c>hosts</c>).</summary>
    public HostsOptions? Hosts { get; init; }

    /// <summary>Where other names are asked, in order; the first whose domain holds the name is taken (<c>forward</c>).</summary>
    public ImmutableArray<ForwardOptions> Forwards { get; init; } = [];

    /// <summary>How answers are kept (<c>cache</c>).</summary>
    public CacheOptions? Cache { get; init; }

    /// <summary>How questions and answers are changed, in order (<c>rewrite</c>).</summary>
    public ImmutableArray<RewriteRule> Rewrites { get; init; } = [];

    /// <summary>Fixed answers, in order (<c>template</c>).</summary>
    public ImmutableArray<TemplateRule> Templates { get; init; } = [];

    /// <summary>Who may ask, in order; the first that fits decides (<c>acl</c>).</summary>
    public ImmutableArray<AccessRule> Access { get; init; } = [];

    /// <summary>Which queries are logged (<c>log</c>).</summary>
    public ImmutableArray<LogOptions> Logs { get; init; } = [];

    /// <summary>How errors are logged (<c>errors</c>).</summary>
    public ErrorsOptions? Errors { get; init; }

    /// <summary>Where liveness is served (<c>health</c>).</summary>
    public HealthOptions? Health { get; init; }

    /// <summary>Where readiness is served (<c>ready</c>).</summary>
    public IPEndPoint? Ready { get; init; }

    /// <summary>Where metrics are served (<c>prometheus</c>).</summary>
    public IPEndPoint? Prometheus { get; init; }

    /// <summary>Whether a query that comes back from an upstream is looked for at start (<c>loop</c>).</summary>
    public bool DetectsLoops { get; init; }

    /// <summary>How often the Corefile is looked at (<c>reload</c>).</summary>
    public ReloadOptions? Reload { get; init; }

    /// <summary>Whether the search path is walked for clients (<c>autopath</c>).</summary>
    public AutopathOptions? Autopath { get; init; }

    /// <summary>Whether addresses of an answer are given in changing order (<c>loadbalance</c>).</summary>
    public bool ShufflesAnswers { get; init; }

    /// <summary>The largest UDP answer, whatever the client says it takes; null: 1232 (<c>bufsize</c>).</summary>
    public int? BufferSize { get; init; }

    /// <summary>Whether ANY is answered with HINFO alone (<c>any</c>, RFC 8482).</summary>
    public bool MinimizesAny { get; init; }

    /// <summary>Whether names of the machine itself (localhost and 127.in-addr.arpa) are answered here (<c>local</c>).</summary>
    public bool AnswersLocalhost { get; init; }

    /// <summary>The names of all plugins that the block has, in their order.</summary>
    public ImmutableArray<string> Plugins { get; init; } = [];

    /// <summary>The file in which the block begins.</summary>
    public string File { get; init; } = "";

    /// <summary>The line at which it begins.</summary>
    public int Line { get; init; }

    /// <summary>Where in the Corefile the block begins, as <c>file:line</c>.</summary>
    public string Source => string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}");

    /// <summary>The block as CoreDNS's metrics name it: <c>dns://:53</c>.</summary>
    public string ServerLabel => string.Create(CultureInfo.InvariantCulture, $"dns://{(Bind.Length > 0 ? Bind[0] : "")}:{Port}");
}
