using System.Globalization;
using Fairlead.Bench.Policies;

// Without arguments: both, for 100, 1,000 and 10,000 policies.
// sync [policies …]      into the kernel: from empty, one label, one pod, one policy, memory
// connect [policies …]   connection set-up with policies against without
int[] sizes = [.. args.Skip(1).Select(a => int.Parse(a, CultureInfo.InvariantCulture))];
sizes = sizes.Length > 0 ? sizes : [100, 1000, 10_000];
switch (args.FirstOrDefault())
{
    case "sync":
        SyncBench.Run(sizes);
        return 0;
    case "connect":
        ConnectBench.Run(sizes);
        return 0;
    case null:
        SyncBench.Run(sizes);
        ConnectBench.Run(sizes);
        return 0;
    default:
        Console.Error.WriteLine("sync [100 1000 …] | connect [100 10000 …]");
        return 2;
}
