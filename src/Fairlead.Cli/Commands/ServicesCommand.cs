using System.CommandLine;
using Fairlead.Cli.Output;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead services</c>: the Services as this node's kernel holds them.</summary>
internal static class ServicesCommand
{
    public static Command Create()
    {
        Argument<string?> service = new("service") { Description = "One Service (NAMESPACE/NAME, or NAME in any namespace); without it all.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> ns = new("--namespace", "-n") { Description = "Only Services of this namespace." };
        Option<bool> iptables = new("--as-iptables") { Description = "As kube-proxy's iptables mode would write them: KUBE-SERVICES, KUBE-SVC, KUBE-SEP, KUBE-NODEPORTS." };
        Option<bool> ipv6 = new("--ipv6") { Description = "With --as-iptables: the rules of IPv6." };
        Option<string> socket = AgentSocket.Option();
        Command command = new("services", "The Services as this node's kernel holds them: addresses, endpoints, affinity, policy, and why one is rejected.") { service, ns, iptables, ipv6, socket };
        command.SetAction((parsed, cancellationToken) => AgentSocket.PrintAsync(
            parsed.GetValue(socket)!,
            parsed.GetValue(iptables)
                ? $"/services/iptables{(parsed.GetValue(ipv6) ? "?ipv6=1" : "")}"
                : $"/services?service={Uri.EscapeDataString(parsed.GetValue(service) ?? "")}&namespace={Uri.EscapeDataString(parsed.GetValue(ns) ?? "")}",
            cancellationToken));
        return command;
    }
}
