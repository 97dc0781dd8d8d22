using System.Diagnostics;
using Fairlead.Bench.ControlPlane;

// dotnet run -c Release --project bench/Fairlead.Bench.ControlPlane -- creates|fanout|list|memory|all
// The server is the executable that ships, in a process of its own, so that its memory and its processor time are its own.
switch (args)
{
    case ["creates"]:
        await Benchmarks.CreatesAsync(1);
        await Benchmarks.CreatesAsync(32);
        return 0;
    case ["fanout"]:
        await Benchmarks.FanOutAsync(watchers: 50, writesPerSecond: 200, seconds: 10);
        return 0;
    case ["list"]:
        await Benchmarks.ListAsync(pods: 10_000);
        return 0;
    case ["memory"]:
        await Benchmarks.MemoryAsync(pods: 50_000);
        return 0;
    case ["start"]:
        await Benchmarks.StartAsync();
        return 0;
    case [] or ["all"]:
        foreach (var verb in (string[])["start", "creates", "fanout", "list", "memory"])
        {
            using var child = Process.Start(Environment.ProcessPath!, [verb]);
            await child.WaitForExitAsync();
        }

        return 0;
    default:
        Console.Error.WriteLine("usage: [start | creates | fanout | list | memory | all]");
        return 2;
}
