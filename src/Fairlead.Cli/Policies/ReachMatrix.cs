using Fairlead.Cli.Output;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Spectre.Console;

namespace Fairlead.Cli.Policies;

/// <summary>Which pod of a namespace reaches which, predicted from the objects, and beside it what really happens.</summary>
internal sealed class ReachMatrix(KubernetesClient client, ClusterState cluster, string ns, PortText port)
{
    private const string Arrives = "✓", Denied = "✗", Itself = "·", Differs = "!";

    public async Task<int> PrintAsync(bool probe, CancellationToken cancellationToken)
    {
        PodState[] pods = [.. cluster.Pods.Values.Where(p => p.Key.Namespace == ns && !p.Addresses.IsEmpty).OrderBy(p => p.Key)];
        if (pods.Length == 0)
        {
            Console.WriteLine($"there are no pods with addresses in namespace {ns}");
            return 0;
        }

        PolicyExplainer explainer = new(cluster);
        Table table = Tables.New([$"{ns} {port}", .. pods.Select(p => p.Key.Name)]);
        List<string> differences = [];
        IReadOnlyList<bool?>[] seen = probe
            ? await Task.WhenAll(pods.Select(p => Probes.FromAsync(client, p.Key, [.. pods.Select(d => d.Addresses[0])], port.Port, cancellationToken))).ConfigureAwait(false)
            : [];
        for (int row = 0; row < pods.Length; row++)
        {
            List<string> cells = [pods[row].Key.Name];
            for (int column = 0; column < pods.Length; column++)
            {
                PolicyVerdict? verdict = explainer.Decide(pods[row].Addresses[0], pods[column].Addresses[0], port.Protocol, port.Port);
                bool allowed = verdict?.IsAllowed ?? true;
                bool? really = probe ? seen[row][column] : allowed;
                bool differs = row != column && really is { } known && known != allowed;
                cells.Add(row == column ? Itself : (allowed ? Arrives : Denied) + (differs ? Differs : ""));
                if (differs)
                {
                    differences.Add($"{pods[row].Key} → {pods[column].Key}: {(really!.Value ? "arrives" : "doesn't arrive")}, but {verdict?.ToString() ?? "nothing forbids it"}");
                }
            }

            table.AddRow([.. cells.Select(Markup.Escape)]);
        }

        Tables.Write(table);
        if (probe)
        {
            int unable = seen.Sum(s => s.Count(r => r is null));
            Console.WriteLine((differences.Count == 0 ? "what was tried is what was predicted" : $"{differences.Count} differ ({Differs}):")
                + (unable > 0 ? $"; {unable} couldn't be tried (no bash and no nc in the container)" : ""));
            differences.ForEach(Console.WriteLine);
        }

        return differences.Count == 0 ? 0 : CommandLine.Failed;
    }
}
