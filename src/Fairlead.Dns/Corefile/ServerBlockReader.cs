using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Corefile;

/// <summary>From the grammar to the meaning: which zones and ports a block answers, and what its plugins do there.</summary>
internal static class ServerBlockReader
{
    private static readonly string[] OtherTransports = ["tls", "https", "https3", "grpc", "quic", "unix"];

    public static ImmutableArray<ServerBlock> Read(CorefileSource source, ImmutableArray<CorefileBlock> blocks)
    {
        ImmutableArray<ServerBlock>.Builder servers = ImmutableArray.CreateBuilder<ServerBlock>();
        Dictionary<(DnsName Zone, int Port, string Bind), CorefileWord> taken = [];
        foreach (CorefileBlock block in blocks)
        {
            foreach (IGrouping<int, (DnsName Zone, int Port, CorefileWord Word)> keys in block.Keys.SelectMany(Keys).GroupBy(k => k.Port))
            {
                ServerBlock server = ReadBlock(source, block, [.. keys.Select(k => k.Zone).Distinct()], keys.Key);
                foreach ((DnsName zone, int port, CorefileWord word) in keys)
                {
                    foreach (string bind in server.Bind.DefaultIfEmpty(""))
                    {
                        if (!taken.TryAdd((zone, port, bind), word) && taken[(zone, port, bind)] != word)
                        {
                            CorefileWord other = taken[(zone, port, bind)];
                            throw word.Error($"'{word.Text}' on port {port} is answered by the block at {other.File}:{other.Line} already: merge them");
                        }
                    }
                }

                servers.Add(server);
            }
        }

        return servers.ToImmutable();
    }

    /// <summary>The zones and the port of a key such as <c>.</c>, <c>dns://example.org:1053</c>, <c>10.0.0.0/24</c>.</summary>
    private static IEnumerable<(DnsName Zone, int Port, CorefileWord Word)> Keys(CorefileWord word)
    {
        string text = word.Text;
        int port = 53;
        if (text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme)
        {
            string transport = text[..scheme].ToLowerInvariant();
            text = text[(scheme + 3)..];
            if (transport != "dns")
            {
                throw word.Error(OtherTransports.Contains(transport)
                    ? $"'{word.Text}': the server answers over UDP and TCP only; write dns://{text}, and put what ends TLS in front of it"
                    : $"'{word.Text}': there is no transport '{transport}'; write dns://{text}");
            }
        }

        if (text.LastIndexOf(':') is >= 0 and var colon)
        {
            string number = text[(colon + 1)..];
            text = text[..colon];
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is 0 or > 65535)
            {
                throw word.Error($"'{word.Text}': '{number}' is no port; give 1 to 65535, as in '.:53'");
            }
        }

        ImmutableArray<DnsName> zones = Zones.TryParse(text.Length == 0 ? "." : text)
            ?? throw word.Error($"'{word.Text}' names no zone: write a domain such as cluster.local, '.', or a range such as 10.0.0.0/24");
        return zones.Select(zone => (zone, port, word));
    }

    private static ServerBlock ReadBlock(CorefileSource source, CorefileBlock block, ImmutableArray<DnsName> zones, int port)
    {
        ServerBlock server = new() { Zones = zones, Port = port, File = block.Keys[0].File, Line = block.Keys[0].Line };
        HashSet<string> seen = [];
        foreach (Directive directive in block.Directives)
        {
            string name = directive.Name.Text;
            if (!seen.Add(name) && name is not ("forward" or "rewrite" or "log" or "template" or "acl" or "bind"))
            {
                throw directive.Name.Error($"{name} stands in this server block already; once is all it can");
            }

            server = Plugins.Read(source, server, directive);
        }

        // Some may stand there several times.
        return server with { Plugins = [.. block.Directives.Select(d => d.Name.Text).Distinct()] };
    }
}
