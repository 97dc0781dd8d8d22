using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Cli.Policies;

/// <summary>Really connects, from inside the pods: a refusal counts as arrived, because somebody answered.</summary>
internal static class Probes
{
    private const int Seconds = 2;

    /// <summary>What became of the connections of one pod, in order; null where its container has nothing to connect with (bash or nc).</summary>
    public static async Task<IReadOnlyList<bool?>> FromAsync(KubernetesClient client, ObjectKey pod, IReadOnlyList<NetAddress> destinations, ushort port, CancellationToken cancellationToken)
    {
        StringBuilder script = new();
        foreach (NetAddress destination in destinations)
        {
            script.Append(CultureInfo.InvariantCulture, $"probe {destination} {port} & ");
        }

        // All at once: each answers with its address and a word.
        string command = $$"""
            probe() {
              if command -v bash >/dev/null; then out=$(timeout {{Seconds}} bash -c "</dev/tcp/$1/$2" 2>&1); code=$?
              elif command -v nc >/dev/null; then out=$(nc -z -w {{Seconds}} "$1" "$2" 2>&1); code=$?
              else echo "$1 unable"; return; fi
              case "$code $out" in 0*|*refused*) echo "$1 arrived";; *) echo "$1 lost";; esac
            }
            {{script}} wait
            """;
        try
        {
            ExecResult result = await client.ExecAsync(pod, await ContainerOfAsync(client, pod, cancellationToken).ConfigureAwait(false), ["sh", "-c", command], cancellationToken).ConfigureAwait(false);
            Dictionary<string, string> words = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).Where(p => p.Length == 2)
                .GroupBy(p => p[0]).ToDictionary(g => g.Key, g => g.First()[1]);
            return [.. destinations.Select(d => words.GetValueOrDefault(d.ToString()) switch { "arrived" => true, "lost" => false, _ => (bool?)null })];
        }
        catch (Exception e) when (e is KubernetesException or HttpRequestException or IOException or WebSocketException)
        {
            Console.Error.WriteLine($"fairlead: can't probe from {pod}: {e.Message}");
            return [.. destinations.Select(_ => (bool?)null)];
        }
    }

    /// <summary>The container that kubectl would take: the one that the pod says, or its first.</summary>
    private static async Task<string?> ContainerOfAsync(KubernetesClient client, ObjectKey pod, CancellationToken cancellationToken)
    {
        Pod found = await client.GetAsync<Pod>(pod, cancellationToken).ConfigureAwait(false);
        return found.Metadata.Annotations.GetValueOrDefault("kubectl.kubernetes.io/default-container") ?? (found.Spec.Containers is [{ Name: var first }, ..] ? first : null);
    }
}
