using System.Globalization;
using Fairlead.Bench.Policies;

// Without arguments: all of it, for 100, 1,000 and 10,000 policies.
// sync [policies …]      into the kernel: from empty, one label, one pod, one policy, memory
// connect [policies …]   connection set-up with policies against without
// admission [pods]       how soon a pod that starts is admitted by another node (40 pods), in a lab by out/bin/fairlead
const int AdmissionPods = 40;
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
    case "admission":
        await AdmissionBench.RunAsync(args.Length > 1 ? sizes[0] : AdmissionPods);
        return 0;
    case null:
        SyncBench.Run(sizes);
        ConnectBench.Run(sizes);
        await AdmissionBench.RunAsync(AdmissionPods);
        return 0;
    default:
        Console.Error.WriteLine("sync [100 1000 …] | connect [100 10000 …] | admission [40]");
        return 2;
}
