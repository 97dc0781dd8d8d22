using System.Globalization;

namespace Fairlead.Bench.Lab;

/// <summary>From the start of <c>lab up</c> to nodes that are Ready, and to the first request that a Service answers; then what the lab costs while nothing happens.</summary>
internal static class UpBench
{
    private const int Runs = 3;
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(IReadOnlyList<int> sizes)
    {
        Console.WriteLine("nodes  ready       first answer  down    memory of all  of a node  CPU at rest, of all  of a node");
        foreach (int size in sizes)
        {
            List<(TimeSpan Ready, TimeSpan Answer, TimeSpan Down)> times = [];
            Cost cost = default;
            for (int run = 0; run < Runs; run++)
            {
                long start = TimeProvider.System.GetTimestamp();
                BenchLab lab = BenchLab.Up(size);
                TimeSpan ready = TimeProvider.System.GetElapsedTime(start);
                await lab.ServeAsync(replicas: 1);
                await lab.FirstAnswerAsync();
                TimeSpan answer = TimeProvider.System.GetElapsedTime(start);
                if (run == Runs - 1)
                {
                    cost = await lab.MeasureAsync(s_rest);
                }

                start = TimeProvider.System.GetTimestamp();
                lab.Dispose();
                times.Add((ready, answer, TimeProvider.System.GetElapsedTime(start)));
            }

            (TimeSpan Ready, TimeSpan Answer, TimeSpan Down) median = times.OrderBy(time => time.Answer).ElementAt(Runs / 2);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{size,5}  {median.Ready.TotalSeconds,6:F2} s    {median.Answer.TotalSeconds,6:F2} s    {median.Down.TotalSeconds,6:F2} s  {cost.Bytes / 1e6,8:F0} MB   {cost.NodeBytes / 1e6,6:F1} MB   {cost.Cpu * 100,8:F2} %        {cost.NodeCpu * 100,8:F3} %"));
        }
    }
}
