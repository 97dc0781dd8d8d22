using IPAddress = System.Net.IPAddress;
using System.Text;
using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>The three files under /etc that belong to the pod and not to its images: hosts, hostname, resolv.conf.</summary>
internal static class PodFiles
{
    /// <summary>The pod's host name: as it says, else its own name, cut to the 63 characters that uts namespaces allow.</summary>
    public static string HostName(Pod pod, string nodeName)
    {
        if (pod.Spec.HostNetwork)
        {
            return nodeName;
        }

        var name = pod.Spec.HostnameOverride is { Length: > 0 } over ? over : pod.Spec.Hostname is { Length: > 0 } given ? given : pod.Metadata.Name;
        return name.Length <= 63 ? name : name[..63].TrimEnd('-', '.');
    }

    /// <summary>The pod's domain, where it names a subdomain; else null.</summary>
    public static string? Domain(Pod pod, string clusterDomain) =>
        pod.Spec is { HostNetwork: false, Subdomain: { Length: > 0 } subdomain } ? $"{subdomain}.{pod.Metadata.Namespace}.svc.{clusterDomain}" : null;

    public static string Hosts(Pod pod, string hostName, string? domain, IReadOnlyList<string> addresses)
    {
        StringBuilder text = new("# Kubernetes-managed hosts file.\n");
        text.Append("127.0.0.1\tlocalhost\n");
        text.Append("::1\tlocalhost ip6-localhost ip6-loopback\n");
        text.Append("fe00::0\tip6-localnet\n");
        text.Append("fe00::0\tip6-mcastprefix\n");
        text.Append("fe00::1\tip6-allnodes\n");
        text.Append("fe00::2\tip6-allrouters\n");
        foreach (var address in addresses)
        {
            text.Append(address).Append('\t');
            if (domain is not null)
            {
                text.Append(hostName).Append('.').Append(domain).Append('\t');
            }

            text.Append(hostName).Append('\n');
        }

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
    public static string Resolver(Pod pod, IPAddress? clusterDns, string clusterDomain, string machineResolver)
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
