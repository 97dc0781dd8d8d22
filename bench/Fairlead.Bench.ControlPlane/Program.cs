using System.Diagnostics;
using Fairlead.Bench.ControlPlane;

// dotnet run -c Release --project bench/Fairlead.Bench.ControlPlane -- creates|fanout|list|memory|all
// The server runs in a process of its own (verb serve), so that its memory and its CPU time are its own.
switch (args)
{
    case ["serve", var directory]:
        await ServerProcess.ServeAsync(directory);
        return 0;
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
            using var child = Process.Start(Environment.ProcessPath!, [.. ServerProcess.HostArguments, verb]);
            await child.WaitForExitAsync();
        }

        return 0;
    default:
        Console.Error.WriteLine("usage: [start | creates | fanout | list | memory | all]");
        return 2;
}
