using System.Diagnostics;
using System.Globalization;

namespace Fairlead.Bench.Kernel;

/// <summary>Times an action, and prints the median and the 95th percentile in microseconds.</summary>
internal static class Measure
{
    internal static double Print(string what, int rounds, Action<int> action, Action<int>? after = null)
    {
        double[] times = new double[rounds];
        for (int i = -Math.Min(20, rounds); i < rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action(i);
            double elapsed = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            if (i >= 0)
            {
                times[i] = elapsed;
            }

            after?.Invoke(i);
        }

        Array.Sort(times);
        double median = times[rounds / 2];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-72} {median,10:n0} µs {times[rounds * 95 / 100],10:n0} µs"));
        return median;
    }

    internal static void Head(string title) => Console.WriteLine($"\n{title,-72} {"median",13} {"95 %",13}");
}
