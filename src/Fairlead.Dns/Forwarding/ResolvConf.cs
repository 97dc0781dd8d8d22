using System.Collections.Immutable;
using System.Net;
using Fairlead.Dns.Corefile;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Forwarding;

/// <summary>What a file like /etc/resolv.conf says (resolv.conf(5)).</summary>
/// <param name="NameServers">The servers, in order.</param>
/// <param name="Search">The search path.</param>
internal sealed record ResolvConf(ImmutableArray<IPAddress> NameServers, ImmutableArray<DnsName> Search)
{
    /// <summary>systemd-resolved's own list of upstreams, as opposed to its stub (systemd-resolved.service(8)).</summary>
    public const string ResolvedUpstreams = "/run/systemd/resolve/resolv.conf";

    private static readonly IPAddress[] ResolvedStubs = [IPAddress.Parse("127.0.0.53"), IPAddress.Parse("127.0.0.54")];

    /// <summary>Reads a file that a Corefile names. The stub of systemd-resolved is passed by: asked from here, it may well ask us back.</summary>
    public static ResolvConf Read(CorefileSource source, CorefileWord word)
    {
        string path = word.FullPath;
        ResolvConf conf = Parse(source.Read(path, word));
        if (conf.NameServers.Any(ResolvedStubs.Contains) && File.Exists(ResolvedUpstreams))
        {
            source.Warnings.Add(word.Warning($"{path} names the stub of systemd-resolved; its upstreams in {ResolvedUpstreams} are asked instead"));
            conf = Parse(source.Read(ResolvedUpstreams, word)) with { Search = conf.Search };
        }

        if (conf.NameServers.IsEmpty)
        {
            source.Warnings.Add(word.Warning($"{path} names no server: other names than the cluster's get SERVFAIL"));
        }

        return conf;
    }

    public static ResolvConf Parse(string text)
    {
        ImmutableArray<IPAddress>.Builder servers = ImmutableArray.CreateBuilder<IPAddress>();
        ImmutableArray<DnsName> search = [];
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["nameserver", var address, ..] when IPAddress.TryParse(address, out IPAddress? server):
                    if (!servers.Contains(server))
                    {
                        servers.Add(server);
                    }

                    break;
                case ["search" or "domain", .. var names]:
                    search = [.. names.SelectMany(n => Zones.TryParse(n) ?? [])];
                    break;
            }
        }

        return new(servers.ToImmutable(), search);
    }
}
