using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Fairlead.Bench.Services;

/// <summary>The same Services as kube-proxy lays them out, loaded by the tools that it runs: iptables-restore and nft.</summary>
internal static class KubeProxyLayouts
{
    public static void Run(int services, int endpoints)
    {
        Load("nft, kube-proxy's layout", ["nft", "-f"], Nft(services, endpoints), services, endpoints);
        Load("iptables-restore, kube-proxy's layout", ["iptables-restore", "-n"], Iptables(services, endpoints), services, endpoints);
    }

    private static void Load(string name, string[] command, string rules, int services, int endpoints)
    {
        string ns = string.Create(CultureInfo.InvariantCulture, $"flbench{Environment.ProcessId}");
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, rules);
            Execute("ip", ["netns", "add", ns]);
            long started = Stopwatch.GetTimestamp();
            Execute("ip", ["netns", "exec", ns, .. command, file]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name} {services}x{endpoints}: {Stopwatch.GetElapsedTime(started).TotalMilliseconds:f0} ms from empty"));
        }
        finally
        {
            File.Delete(file);
            Execute("ip", ["netns", "delete", ns]);
        }
    }

    private static string Nft(int services, int endpoints)
    {
        StringBuilder text = new("table ip kube-proxy {\n map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; }\n");
        for (int s = 0; s < services; s++)
        {
            for (int e = 0; e < endpoints; e++)
            {
                string ip = GeneratedCluster.Address(200, (s * endpoints) + e).ToString();
                text.Append(CultureInfo.InvariantCulture, $" chain endpoint-{s}-{e} {{ ip saddr {ip} meta mark set mark or 0x4000\n meta l4proto tcp dnat to {ip}:8080\n }}\n");
            }

            string map = string.Join(", ", Enumerable.Range(0, endpoints).Select(e => $"{e} : goto endpoint-{s}-{e}"));
            text.Append(CultureInfo.InvariantCulture,
                $" chain service-{s} {{ ip daddr {GeneratedCluster.Address(32, s)} tcp dport 80 ip saddr != 10.200.0.0/13 meta mark set mark or 0x4000\n numgen random mod {endpoints} vmap {{ {map} }}\n }}\n");
        }

        text.Append(" chain services { ip daddr . meta l4proto . th dport vmap @service-ips\n }\n chain nat-prerouting { type nat hook prerouting priority -100; jump services\n }\n chain nat-output { type nat hook output priority -100; jump services\n }\n}\n");
        for (int s = 0; s < services; s++)
        {
            text.Append(CultureInfo.InvariantCulture, $"add element ip kube-proxy service-ips {{ {GeneratedCluster.Address(32, s)} . tcp . 80 : goto service-{s} }}\n");
        }

        return text.ToString();
    }

    private static string Iptables(int services, int endpoints)
    {
        StringBuilder chains = new("*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n");
        StringBuilder rules = new("-A PREROUTING -j KUBE-SERVICES\n-A OUTPUT -j KUBE-SERVICES\n-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000\n");
        for (int s = 0; s < services; s++)
        {
            chains.Append(CultureInfo.InvariantCulture, $":KUBE-SVC-{s:d16} - [0:0]\n");
            rules.Append(CultureInfo.InvariantCulture, $"-A KUBE-SERVICES -d {GeneratedCluster.Address(32, s)}/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-{s:d16}\n");
            rules.Append(CultureInfo.InvariantCulture, $"-A KUBE-SVC-{s:d16} ! -s 10.200.0.0/13 -d {GeneratedCluster.Address(32, s)}/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ\n");
            for (int e = 0; e < endpoints; e++)
            {
                int number = (s * endpoints) + e;
                string ip = GeneratedCluster.Address(200, number).ToString();
                string odds = e == endpoints - 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" -m statistic --mode random --probability {1.0 / (endpoints - e):f10}");
                chains.Append(CultureInfo.InvariantCulture, $":KUBE-SEP-{number:d16} - [0:0]\n");
                rules.Append(CultureInfo.InvariantCulture, $"-A KUBE-SVC-{s:d16}{odds} -j KUBE-SEP-{number:d16}\n");
                rules.Append(CultureInfo.InvariantCulture, $"-A KUBE-SEP-{number:d16} -s {ip}/32 -j KUBE-MARK-MASQ\n-A KUBE-SEP-{number:d16} -p tcp -m tcp -j DNAT --to-destination {ip}:8080\n");
            }
        }

        return chains.Append(rules).Append("COMMIT\n").ToString();
    }

    private static void Execute(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            Console.WriteLine($"  {program} {string.Join(' ', arguments)}: {error}");
        }
    }
}
