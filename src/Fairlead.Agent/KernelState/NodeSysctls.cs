using Fairlead.Agent.Telemetry;
using Fairlead.Kernel;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.KernelState;

/// <summary>The switches of the node's kernel without which the network doesn't work.</summary>
internal static class NodeSysctls
{
    private const string RpFilter = "net.ipv4.conf.all.rp_filter";

    /// <summary>Sets what isn't as it should be, and says so.</summary>
    public static void Apply(bool ipv6, bool localhostNodePorts, ILogger logger)
    {
        // Pods' packets are forwarded between links.
        Set("net.ipv4.ip_forward", "1", logger);
        if (ipv6)
        {
            Set("net.ipv6.conf.all.forwarding", "1", logger);
        }

        // A pod that reaches a pod on the same bridge through a Service: the answer is a bridged frame, and must be translated back.
        if (Sysctl.Exists("net.bridge.bridge-nf-call-iptables"))
        {
            Set("net.bridge.bridge-nf-call-iptables", "1", logger);
            if (ipv6)
            {
                Set("net.bridge.bridge-nf-call-ip6tables", "1", logger);
            }
        }

        // A packet outside its TCP window would count as INVALID and go out untranslated, and the peer would answer it with a reset.
        Set("net.netfilter.nf_conntrack_tcp_be_liberal", "1", logger);

        // Strict reverse path filtering drops packets of connections whose ways there and back differ; loose (2) and off (0) don't.
        if (Sysctl.Exists(RpFilter) && Sysctl.Read(RpFilter) == "1")
        {
            Set(RpFilter, "2", logger);
        }

        if (localhostNodePorts)
        {
            Set("net.ipv4.conf.all.route_localnet", "1", logger);
        }
    }

    private static void Set(string name, string value, ILogger logger)
    {
        try
        {
            string before = Sysctl.Read(name);
            if (before != value)
            {
                Sysctl.Write(name, value);
                Log.SysctlSet(logger, name, before, value);
            }
        }
        catch (KernelException e)
        {
            Log.SysctlFailed(logger, name, value, e.Message);
        }
    }
}
