using System.Globalization;
using Fairlead.Bench.Routes;

// Without arguments: both.
// ways [seconds [rounds]]
//                     throughput and latency from pod to pod, each as a ratio to the same two namespaces joined by a bare veth, in one run
// costs [seconds]     what of the way costs what: throughput with one thing after the other taken away
// follow LAB          how long the nodes of a running lab take to follow the API
// nodes [count …]     the routes of so many nodes: from empty, one change, memory
switch (args.FirstOrDefault())
{
    case "ways":
        WayBench.Run(Number(1, otherwise: 1), Number(2, otherwise: 5));
        return 0;
    case "costs":
        CostBench.Run(Number(1, otherwise: 3));
        return 0;
    case "follow" when args.Length == 2:
        FollowBench.Run(args[1]);
        return 0;
    case "nodes":
        NodeBench.Run([.. args.Skip(1).Select(a => int.Parse(a, CultureInfo.InvariantCulture))]);
        return 0;
    case null:
        NodeBench.Run([]);
        WayBench.Run(seconds: 1, rounds: 5);
        return 0;
    default:
        Console.Error.WriteLine("ways [seconds [rounds]] | costs [seconds] | follow LAB | nodes [100 5000 …]");
        return 2;
}

int Number(int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;
