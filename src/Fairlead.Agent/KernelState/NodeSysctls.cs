using Fairlead.Agent.Telemetry;
using Fairlead.Kernel;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.KernelState;

/// <summary>The switches of the node's kernel without which the network doesn't work. The kernel tells nobody when they change: they are looked at.</summary>
internal sealed class NodeSysctls(bool localhostNodePorts, ILogger logger)
{
    private const string RpFilter = "rp_filter", Strict = "1", Loose = "2";
    private readonly HashSet<string> failed = [];
    private volatile Wanted[] wanted = [];

    /// <summary>What a parameter must be; with <see cref="If"/>: where it is that.</summary>
    private readonly record struct Wanted(string Name, string Value, string? If = null);

    /// <summary>Sets what isn't as it should be, and says how many weren't.</summary>
    /// <param name="ipv6">Whether pods have IPv6 addresses.</param>
    /// <param name="links">Links that packets of pods come in by, beside their own.</param>
    /// <param name="uplinks">Those that lead to other nodes.</param>
    public int Apply(bool ipv6, IEnumerable<string> links, IEnumerable<string> uplinks)
    {
        Wanted[] all = [.. List(ipv6, links, uplinks).Where(w => Sysctl.Exists(w.Name))];
        wanted = all;
        return all.Count(Set);
    }

    /// <summary>Whether all are still as they were set. Safe for any thread in the node's network namespace.</summary>
    public bool AreRight()
    {
        foreach (Wanted one in wanted)
        {
            if (IsWrong(one))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether packets that a bridge passes from port to port come to the forward hook, as policies between pods of one node need it.</summary>
    public static bool FiltersBridges(bool ipv6) => IsOn("net.bridge.bridge-nf-call-iptables") && (!ipv6 || IsOn("net.bridge.bridge-nf-call-ip6tables"));

    private static bool IsOn(string name) => Sysctl.Exists(name) && Sysctl.Read(name) == "1";

    private IEnumerable<Wanted> List(bool ipv6, IEnumerable<string> links, IEnumerable<string> uplinks)
    {
        // Pods' packets are forwarded between links.
        yield return new("net.ipv4.ip_forward", "1");
        if (ipv6)
        {
            // A node that forwards ignores router advertisements, and would lose its own way out, unless it is told to listen (ip-sysctl: accept_ra).
            foreach (string uplink in uplinks)
            {
                yield return new($"net/ipv6/conf/{uplink}/accept_ra", "2", If: "1");
            }

            yield return new("net.ipv6.conf.all.forwarding", "1");
        }

        // A pod that reaches a pod on the same bridge through a Service: the answer is a bridged frame, and must be translated back.
        yield return new("net.bridge.bridge-nf-call-iptables", "1");
        if (ipv6)
        {
            yield return new("net.bridge.bridge-nf-call-ip6tables", "1");
        }

        // A packet outside its TCP window would count as INVALID and go out untranslated, and the peer would answer it with a reset.
        yield return new("net.netfilter.nf_conntrack_tcp_be_liberal", "1");

        // Strict reverse path filtering drops packets of connections whose ways there and back differ; loose (2) and off (0) don't. The stricter of "all" and the
        // link's own counts, and a link gets that of "default" when it is made.
        yield return new($"net/ipv4/conf/all/{RpFilter}", Loose, If: Strict);
        foreach (string link in links.Concat(uplinks).Distinct())
        {
            yield return new($"net/ipv4/conf/{link}/{RpFilter}", Loose, If: Strict);
        }

        if (localhostNodePorts)
        {
            yield return new("net.ipv4.conf.all.route_localnet", "1");
        }
    }

    private static bool IsWrong(Wanted one)
    {
        try
        {
            string now = Sysctl.Read(one.Name);
            return one.If is null ? now != one.Value : now == one.If;
        }
        catch (KernelException)
        {
            return false; // its link is gone
        }
    }

    private bool Set(Wanted one)
    {
        if (!IsWrong(one) || failed.Contains(one.Name))
        {
            return false;
        }

        try
        {
            string before = Sysctl.Read(one.Name);
            Sysctl.Write(one.Name, one.Value);
            Log.SysctlSet(logger, one.Name, before, one.Value);
            return true;
        }
        catch (KernelException e)
        {
            // /proc/sys is read-only, as in a container without privileges: that doesn't change while it runs.
            failed.Add(one.Name);
            wanted = [.. wanted.Where(w => w.Name != one.Name)];
            Log.SysctlFailed(logger, one.Name, one.Value, e.Message);
            return false;
        }
    }
}
