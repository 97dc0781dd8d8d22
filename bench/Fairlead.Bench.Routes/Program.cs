using System.Globalization;
using Fairlead.Bench.Routes;

// Without arguments: both.
// ways [seconds]      throughput and latency from pod to pod, each as a ratio to the same two namespaces joined by a bare veth, in one run
// costs [seconds]     what of the way costs what: throughput with one thing after the other taken away
// follow LAB          how long the nodes of a running lab take to follow the API
// nodes [count …]     the routes of so many nodes: from empty, one change, memory
switch (args.FirstOrDefault())
{
    case "ways":
        WayBench.Run(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1);
        return 0;
    case "costs":
        CostBench.Run(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 3);
        return 0;
    case "follow" when args.Length == 2:
        FollowBench.Run(args[1]);
        return 0;
    case "nodes":
        NodeBench.Run([.. args.Skip(1).Select(a => int.Parse(a, CultureInfo.InvariantCulture))]);
        return 0;
    case null:
        NodeBench.Run([]);
        WayBench.Run(1);
        return 0;
    default:
        Console.Error.WriteLine("ways [seconds] | costs [seconds] | follow LAB | nodes [100 5000 …]");
        return 2;
}
