using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>A connection between two pods that other policies would open or close.</summary>
/// <param name="Source">The pod that sends.</param>
/// <param name="Destination">The pod that receives.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port.</param>
/// <param name="Before">What decides now; null: nothing.</param>
/// <param name="After">What would decide.</param>
public sealed record PolicyDifference(PodState Source, PodState Destination, TransportProtocol Protocol, ushort Port, PolicyVerdict? Before, PolicyVerdict? After)
{
    /// <summary>What changed policies do to the pods that they, as they are or as they would be, are about. Ports: those that the pods name and that the policies speak of.</summary>
    /// <param name="now">The cluster.</param>
    /// <param name="changed">Policies that are new, or are in the place of those of their names.</param>
    public static IEnumerable<PolicyDifference> Between(ClusterState now, IReadOnlyList<PolicyState> changed)
    {
        ClusterState then = now.With([], [], changed);
        PolicyExplainer before = new(now), after = new(then);
        PolicyState[] concerned = [.. changed, .. changed.Select(p => now.Policies.GetValueOrDefault(p.Key)).OfType<PolicyState>()];
        (TransportProtocol, ushort)[] spoken = [.. concerned.SelectMany(p => p.Ingress.Concat(p.Egress)).SelectMany(r => r.Ports.IsDefault ? [] : r.Ports)
            .Where(p => p is { Name: null, Protocol: not null, First: > 0 }).SelectMany(p => ((TransportProtocol, ushort)[])[(p.Protocol!.Value, p.First), (p.Protocol!.Value, p.Last)])];
        HashSet<ObjectKey> subjects = [.. now.Pods.Values.Where(pod => concerned.Any(p => p.Subject.Matches(pod.Key.Namespace, now.LabelsOf(pod.Key.Namespace), pod.Labels))).Select(p => p.Key)];
        PodState[] pods = [.. now.Pods.Values.Where(p => !p.Addresses.IsEmpty).OrderBy(p => p.Key)];
        foreach (PodState source in pods)
        {
            foreach (PodState destination in pods.Where(d => d != source && (subjects.Contains(source.Key) || subjects.Contains(d.Key))))
            {
                NetAddress to = destination.Addresses.FirstOrDefault(a => a.IsIPv6 == source.Addresses[0].IsIPv6, destination.Addresses[0]);
                foreach ((TransportProtocol protocol, ushort port) in destination.Ports.Select(p => (p.Protocol, p.Port)).Concat(spoken).Append((TransportProtocol.Tcp, (ushort)80)).Distinct())
                {
                    PolicyVerdict? old = before.Decide(source.Addresses[0], to, protocol, port), would = after.Decide(source.Addresses[0], to, protocol, port);
                    if ((old?.IsAllowed ?? true) != (would?.IsAllowed ?? true))
                    {
                        yield return new(source, destination, protocol, port, old, would);
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(After?.IsAllowed ?? true ? "opens " : "closes")} {Source.Key} → {Destination.Key} {Protocol.ToString().ToUpperInvariant()} {Port}: {After}";
}
