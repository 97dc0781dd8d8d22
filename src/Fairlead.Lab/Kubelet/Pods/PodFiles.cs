using IPAddress = System.Net.IPAddress;
using System.Text;
using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>The three files under /etc that belong to the pod and not to its images: hosts, hostname, resolv.conf.</summary>
internal static class PodFiles
{
    /// <summary>MAXNS of resolv.h: resolvers read no further.</summary>
    private const int MostServers = 3;

    /// <summary>
    /// The pod's host name: as it says, else its own name, cut to the 63 characters that a name may have; with <c>setHostnameAsFQDN</c>, the domain
    /// too, which has to fit into the 64 bytes of a uts namespace (uname(2)).
    /// </summary>
    public static string HostName(Pod pod, string nodeName, string clusterDomain)
    {
        if (pod.Spec.HostNetwork)
        {
            return nodeName;
        }

        if (pod.Spec.HostnameOverride is { Length: > 0 } over)
        {
            return over;
        }

        var name = ShortName(pod);
        return pod.Spec.SetHostnameAsFqdn == true && Domain(pod, clusterDomain) is { } domain ? $"{name}.{domain}" : name;
    }

    /// <summary>The pod's domain, where it names a subdomain; else null.</summary>
    public static string? Domain(Pod pod, string clusterDomain) =>
        pod.Spec is { HostNetwork: false, Subdomain: { Length: > 0 } subdomain } ? $"{subdomain}.{pod.Metadata.Namespace}.svc.{clusterDomain}" : null;

    /// <summary>A pod's own hosts file (hosts(5)).</summary>
    public static string Hosts(Pod pod, string? domain, IReadOnlyList<string> addresses)
    {
        StringBuilder text = new("# Kubernetes-managed hosts file.\n");
        text.Append("127.0.0.1\tlocalhost\n");
        text.Append("::1\tlocalhost ip6-localhost ip6-loopback\n");
        text.Append("fe00::0\tip6-localnet\n");
        text.Append("fe00::0\tip6-mcastprefix\n");
        text.Append("fe00::1\tip6-allnodes\n");
        text.Append("fe00::2\tip6-allrouters\n");
        var name = pod.Spec.HostnameOverride is { Length: > 0 } over ? over : ShortName(pod);
        foreach (var address in addresses)
        {
            text.Append(address).Append('\t');
            if (domain is not null)
            {
                text.Append(name).Append('.').Append(domain).Append('\t');
            }

            text.Append(name).Append('\n');
        }

        return Aliases(pod, text);
    }

    /// <summary>The hosts file of a pod in its node's network: the machine's own, and the name of the node, which the machine does not know.</summary>
    public static string NodeHosts(Pod pod, string machineHosts, string nodeName, IReadOnlyList<string> addresses)
    {
        StringBuilder text = new("# Kubernetes-managed hosts file (host network).\n");
        text.Append(machineHosts.TrimEnd('\n')).Append('\n');
        foreach (var address in addresses)
        {
            text.Append(address).Append('\t').Append(nodeName).Append('\n');
        }

        return Aliases(pod, text);
    }

    private static string ShortName(Pod pod)
    {
        var name = pod.Spec.Hostname is { Length: > 0 } given ? given : pod.Metadata.Name;
        return name.Length <= 63 ? name : name[..63].TrimEnd('-', '.');
    }

    private static string Aliases(Pod pod, StringBuilder text)
    {
        if (pod.Spec.HostAliases.Count > 0)
        {
            text.Append("\n# Entries added by HostAliases.\n");
            foreach (var alias in pod.Spec.HostAliases)
            {
                text.Append(alias.IP).Append('\t').AppendJoin('\t', alias.Hostnames).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>The resolver's configuration (resolv.conf(5)) by the pod's DNS policy.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="clusterDns">The cluster's DNS server; null where there is none.</param>
    /// <param name="clusterDomain">The cluster's domain.</param>
    /// <param name="machineResolver">The machine's own resolv.conf.</param>
    /// <param name="limited">Told what was left out.</param>
    public static string Resolver(Pod pod, IPAddress? clusterDns, string clusterDomain, string machineResolver, Action<string>? limited = null)
    {
        var policy = pod.Spec.DnsPolicy ?? "ClusterFirst";
        if (policy == "ClusterFirst" && (pod.Spec.HostNetwork || clusterDns is null))
        {
            policy = "Default";
        }

        List<string> servers = [], searches = [], options = [];
        switch (policy)
        {
            case "None":
                break;
            case "Default":
                Read(machineResolver, servers, searches, options);
                break;
            default:
                servers.Add(clusterDns?.ToString() ?? "127.0.0.1");
                searches.AddRange([$"{pod.Metadata.Namespace}.svc.{clusterDomain}", $"svc.{clusterDomain}", clusterDomain]);
                List<string> unused = [], machineSearches = [];
                Read(machineResolver, unused, machineSearches, unused);
                searches.AddRange(machineSearches);
                options.Add("ndots:5");
                break;
        }

        if (pod.Spec.DnsConfig is { } config)
        {
            servers.AddRange(config.Nameservers);
            searches.AddRange(config.Searches);
            foreach (var option in config.Options)
            {
                options.RemoveAll(o => o.Split(':')[0] == option.Name);
                options.Add(option.Value is { Length: > 0 } value ? $"{option.Name}:{value}" : option.Name ?? "");
            }
        }

        if (servers.Distinct().Count() > MostServers)
        {
            servers = [.. servers.Distinct().Take(MostServers)];
            limited?.Invoke($"Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: {string.Join(' ', servers)}");
        }

        StringBuilder text = new();
        if (searches.Count > 0)
        {
            text.Append("search ").AppendJoin(' ', searches.Distinct()).Append('\n');
        }

        foreach (var server in servers.Distinct())
        {
            text.Append("nameserver ").Append(server).Append('\n');
        }

        if (options.Count > 0)
        {
            text.Append("options ").AppendJoin(' ', options).Append('\n');
        }

        return text.ToString();
    }

    private static void Read(string resolver, List<string> servers, List<string> searches, List<string> options)
    {
        foreach (var line in resolver.Split('\n'))
        {
            var words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            switch (words)
            {
                case ["nameserver", var server, ..]:
                    servers.Add(server);
                    break;
                case ["search" or "domain", .. var domains]:
                    searches.Clear();
                    searches.AddRange(domains);
                    break;
                case ["options", .. var some]:
                    options.AddRange(some);
                    break;
                default:
                    break;
            }
        }
    }
}
