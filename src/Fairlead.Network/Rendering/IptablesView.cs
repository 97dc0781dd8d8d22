using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>
/// A plan as kube-proxy's iptables mode would write it: the KUBE-SERVICES, KUBE-SVC, KUBE-EXT, KUBE-SEP and KUBE-NODEPORTS chains that people learned to read. It is a view,
/// for eyes and for comparing with a kube-proxy node; nothing of it is in the kernel.
/// </summary>
public static class IptablesView
{
    /// <summary>The rules of one family as <c>iptables-save -t nat</c> and <c>-t filter</c> print them.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cluster">The objects that it was made from, for the names of ports.</param>
    /// <param name="settings">The node's settings, for the pods' range.</param>
    /// <param name="ipv6">The family.</param>
    public static string Write(NodePlan plan, ClusterState cluster, NodeSettings settings, bool ipv6 = false)
    {
        Writer writer = new(ipv6, settings.ClusterCidrs.Where(c => c.IsIPv6 == ipv6).Select(c => c.ToString()).FirstOrDefault());
        foreach ((ObjectKey key, ServicePlan service) in plan.Services.OrderBy(s => s.Key))
        {
            ServiceState? state = cluster.Services.GetValueOrDefault(key);
            foreach (IGrouping<string, FrontendPlan> port in service.Frontends.Where(f => f.Key.IsIPv6 == ipv6).GroupBy(f => PortName(state, f.Key)))
            {
                writer.Add(key, port.Key, [.. port], state?.ClusterIPs ?? []);
            }
        }

        return writer.ToString();
    }

    private static string PortName(ServiceState? state, FrontendKey frontend) => state?.Ports
        .FirstOrDefault(p => p.Protocol == frontend.Protocol && (frontend.IsNodePort ? p.NodePort : p.Port) == frontend.Port)?.Name ?? "";

    /// <summary>The first 16 characters of the base32 of a SHA-256: how kube-proxy names chains.</summary>
    private static string Hash(params ReadOnlySpan<string> parts)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(parts)));
        StringBuilder text = new(16);
        for (int bit = 0; bit < 80; bit += 5)
        {
            int pair = (digest[bit / 8] << 8) | digest[(bit / 8) + 1];
            text.Append(Alphabet[(pair >> (11 - (bit % 8))) & 31]);
        }

        return text.ToString();
    }

    private sealed class Writer(bool ipv6, string? pods)
    {
        private readonly SortedSet<string> chains = new(StringComparer.Ordinal) { "KUBE-MARK-MASQ", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-SERVICES" };
        private readonly StringBuilder services = new();
        private readonly StringBuilder nodePorts = new();
        private readonly StringBuilder perService = new();
        private readonly StringBuilder filter = new();

        public void Add(ObjectKey key, string portName, FrontendPlan[] frontends, ImmutableArray<NetAddress> clusterIPs)
        {
            string name = portName.Length > 0 ? $"{key}:{portName}" : key.ToString();
            string protocol = frontends[0].Key.Protocol.Word();
            string hash = Hash(name, protocol);
            bool needsExternal = false;
            FrontendPlan? widest = frontends.OrderByDescending(f => f.Endpoints.Length).First() is { Endpoints.IsEmpty: false } some ? some : null;
            foreach (FrontendPlan frontend in frontends)
            {
                bool isClusterIP = !frontend.Key.IsNodePort && clusterIPs.Contains(frontend.Key.Address);
                string what = isClusterIP ? "cluster IP" : frontend.Key.IsNodePort ? "node port" : "external IP or load balancer";
                string match = frontend.Key.IsNodePort
                    ? $"-p {protocol} -m comment --comment \"{name}\" -m {protocol} --dport {frontend.Key.Port}"
                    : $"-d {frontend.Key.Address}/{(ipv6 ? 128 : 32)} -p {protocol} -m comment --comment \"{name} {what}\" -m {protocol} --dport {frontend.Key.Port}";
                if (frontend.Treatment.Kind is TreatmentKind.Reject or TreatmentKind.Drop)
                {
                    string target = frontend.Treatment.Kind == TreatmentKind.Reject ? "REJECT" : "DROP";
                    filter.Append(CultureInfo.InvariantCulture, $"-A {(frontend.Key.IsNodePort ? "KUBE-EXTERNAL-SERVICES -m addrtype --dst-type LOCAL" : "KUBE-SERVICES")} {match} -j {target}\n");
                    continue;
                }

                needsExternal |= !isClusterIP;
                (frontend.Key.IsNodePort ? nodePorts : services).Append(CultureInfo.InvariantCulture,
                    $"-A {(frontend.Key.IsNodePort ? "KUBE-NODEPORTS" : "KUBE-SERVICES")} {match} -j {(isClusterIP ? "KUBE-SVC-" : "KUBE-EXT-")}{hash}\n");
                if (isClusterIP && pods is not null)
                {
                    perService.Append(CultureInfo.InvariantCulture, $"-A KUBE-SVC-{hash} ! -s {pods} {match} -j KUBE-MARK-MASQ\n");
                }
            }

            if (widest is null)
            {
                return;
            }

            if (needsExternal)
            {
                External(name, hash, frontends.First(f => f.Treatment.HasOwnChain && (f.Key.IsNodePort || !clusterIPs.Contains(f.Key.Address))));
            }

            Balance("KUBE-SVC-" + hash, name, protocol, widest.Endpoints, widest.Treatment.AffinitySeconds);
        }

        private void External(string name, string hash, FrontendPlan frontend)
        {
            string chain = "KUBE-EXT-" + hash;
            chains.Add(chain);
            if (frontend.Treatment.Kind != TreatmentKind.BalanceLocally)
            {
                perService.Append(CultureInfo.InvariantCulture, $"-A {chain} -m comment --comment \"masquerade traffic for {name} external destinations\" -j KUBE-MARK-MASQ\n-A {chain} -j KUBE-SVC-{hash}\n");
                return;
            }

            if (pods is not null)
            {
                perService.Append(CultureInfo.InvariantCulture, $"-A {chain} -s {pods} -m comment --comment \"pod traffic for {name} external destinations\" -j KUBE-SVC-{hash}\n");
            }

            perService.Append(CultureInfo.InvariantCulture, $"-A {chain} -m comment --comment \"route LOCAL traffic for {name} external destinations\" -m addrtype --src-type LOCAL -j KUBE-SVC-{hash}\n");
            if (!frontend.LocalEndpoints.IsEmpty)
            {
                perService.Append(CultureInfo.InvariantCulture, $"-A {chain} -j KUBE-SVL-{hash}\n");
                Balance("KUBE-SVL-" + hash, name, frontend.Key.Protocol.Word(), frontend.LocalEndpoints, frontend.Treatment.AffinitySeconds);
            }
        }

        private void Balance(string chain, string name, string protocol, ImmutableArray<EndpointAddress> endpoints, int affinitySeconds)
        {
            chains.Add(chain);
            foreach (EndpointAddress endpoint in affinitySeconds > 0 ? endpoints : [])
            {
                perService.Append(CultureInfo.InvariantCulture,
                    $"-A {chain} -m comment --comment \"{name} -> {endpoint}\" -m recent --name KUBE-SEP-{Hash(name, protocol, endpoint.ToString())} --rcheck --seconds {affinitySeconds} --reap -j KUBE-SEP-{Hash(name, protocol, endpoint.ToString())}\n");
            }

            for (int i = 0; i < endpoints.Length; i++)
            {
                string odds = i == endpoints.Length - 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" -m statistic --mode random --probability {1.0 / (endpoints.Length - i):f10}");
                string endpoint = "KUBE-SEP-" + Hash(name, protocol, endpoints[i].ToString());
                perService.Append(CultureInfo.InvariantCulture, $"-A {chain} -m comment --comment \"{name} -> {endpoints[i]}\"{odds} -j {endpoint}\n");
                if (!chains.Add(endpoint))
                {
                    continue;
                }

                string recent = affinitySeconds > 0 ? $" -m recent --name {endpoint} --set" : "";
                perService.Append(CultureInfo.InvariantCulture, $"-A {endpoint} -s {endpoints[i].Address}/{(ipv6 ? 128 : 32)} -m comment --comment \"{name}\" -j KUBE-MARK-MASQ\n");
                perService.Append(CultureInfo.InvariantCulture, $"-A {endpoint} -p {protocol} -m comment --comment \"{name}\"{recent} -m {protocol} -j DNAT --to-destination {endpoints[i]}\n");
            }
        }

        public override string ToString()
        {
            StringBuilder text = new("*nat\n");
            foreach (string chain in chains)
            {
                text.Append(CultureInfo.InvariantCulture, $":{chain} - [0:0]\n");
            }

            text.Append("-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n")
                .Append("-A OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n")
                .Append("-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING\n")
                .Append("-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n")
                .Append("-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN\n")
                .Append("-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0\n")
                .Append("-A KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\" -j MASQUERADE --random-fully\n")
                .Append(services)
                .Append("-A KUBE-SERVICES -m comment --comment \"kubernetes service nodeports; NOTE: this must be the last rule in this chain\" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\n")
                .Append(nodePorts)
                .Append(perService)
                .Append("COMMIT\n*filter\n:KUBE-EXTERNAL-SERVICES - [0:0]\n:KUBE-SERVICES - [0:0]\n")
                .Append(filter.ToString().Replace("-j REJECT", "-j REJECT --reject-with " + (ipv6 ? "icmp6-port-unreachable" : "icmp-port-unreachable"), StringComparison.Ordinal))
                .Append("COMMIT\n");
            return text.ToString();
        }
    }
}
