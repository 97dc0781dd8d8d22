using System.Globalization;

namespace Fairlead.Bench.Lab;

/// <summary>A Deployment of many pods, at most a hundred to a node: from its creation until all are ready, what they cost, and until all are gone.</summary>
internal static class PodsBench
{
    private const int LeastNodes = 3;
    private const int PodsOfANode = 100;
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(IReadOnlyList<int> sizes)
    {
        Console.WriteLine("  pods  nodes  ready     first answer  gone      memory of all  CPU at rest, of all");
        foreach (int size in sizes)
        {
            int nodes = Math.Max(LeastNodes, (size + PodsOfANode - 1) / PodsOfANode);
            using BenchLab lab = BenchLab.Up(nodes);
            long start = TimeProvider.System.GetTimestamp();
            await lab.ServeAsync(size);
            await lab.FirstAnswerAsync();
            TimeSpan answer = TimeProvider.System.GetElapsedTime(start);
            await lab.WaitForPodsAsync(size);
            TimeSpan ready = TimeProvider.System.GetElapsedTime(start);
            Cost cost = await lab.MeasureAsync(s_rest);
            start = TimeProvider.System.GetTimestamp();
            await lab.StopServingAsync();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{size,6}  {nodes,5}  {ready.TotalSeconds,6:F1} s  {answer.TotalSeconds,8:F1} s  {TimeProvider.System.GetElapsedTime(start).TotalSeconds,8:F1} s  {cost.Bytes / 1e6,8:F0} MB     {cost.Cpu * 100,8:F2} %"));
        }
    }
}
