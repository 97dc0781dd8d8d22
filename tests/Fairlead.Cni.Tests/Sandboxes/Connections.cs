using System.Net;

namespace Fairlead.Cni.Tests.Sandboxes;

/// <summary>Real connections between namespaces, made with socat.</summary>
internal static class Connections
{
    /// <summary>
    /// Which address a client has for the server that it reaches; empty when it reaches none. The server listens on <paramref name="port"/> in its namespace; the client
    /// connects to <paramref name="target"/> ("192.0.2.1:8080", "[::1]:8080").
    /// </summary>
    public static string SeenBy(string serverNamespace, int port, string clientNamespace, string target, string protocol = "TCP")
    {
        string family = target.StartsWith('[') ? "6" : "4";
        string listen = $"{protocol}{family}-{(protocol == "UDP" ? "RECVFROM" : "LISTEN")}:{port}{(protocol == "UDP" ? "" : ",reuseaddr")}";
        string client = protocol == "UDP"
            ? $"(echo hello; sleep 0.4) | timeout 2 socat -t1 STDIO UDP{family}:{target}"
            : $"timeout 2 socat -u {protocol}{family}:{target} STDOUT";
        string ready = protocol == "UDP" ? "ss -Hlun" : protocol == "SCTP" ? "cat /proc/net/sctp/eps" : "ss -Hltn";
        string script = $$"""
            ip netns exec {{serverNamespace}} timeout 4 socat {{listen}} SYSTEM:'echo $SOCAT_PEERADDR' >/dev/null 2>&1 &
            server=$!
            for i in $(seq 40); do ip netns exec {{serverNamespace}} {{ready}} | grep -q '{{port}}' && break; sleep 0.02; done
            ip netns exec {{clientNamespace}} bash -c '{{client}}'
            kill $server 2>/dev/null; wait 2>/dev/null
            """;
        string seen = Shell.Bash(script).Output.Trim().Split('\n')[0].Trim('[', ']');
        return IPAddress.TryParse(seen, out IPAddress? address) ? address.ToString() : seen;
    }

    /// <summary>A link from a host to a container that plays the world outside: 192.0.2.0/24 and 2001:db8::/64, the host .1, the outside .2; the outside routes the pods' networks to the host.</summary>
    public static string Wire(string host, string outside) => Shell.Bash($"""
        set -e
        ip -n {host} link add uplink type veth peer name eth0 netns {outside}
        ip -n {host} address add 192.0.2.1/24 dev uplink; ip -n {host} -6 address add 2001:db8::1/64 dev uplink nodad; ip -n {host} link set uplink up
        ip -n {outside} address add 192.0.2.2/24 dev eth0; ip -n {outside} -6 address add 2001:db8::2/64 dev eth0 nodad; ip -n {outside} link set eth0 up
        ip -n {outside} route add 10.0.0.0/8 via 192.0.2.1; ip -n {outside} -6 route add fd00::/8 via 2001:db8::1
        """).Text.Trim();
}
