using Fairlead.Bench.Services;

// Without arguments: sync at all sizes with kube-proxy's layouts beside it up to 1,000 services, then connect.
// sync [services x endpoints …] [--peers]   full sync, one change, churn, memory; with --peers also kube-proxy's layouts
// empty [services x endpoints …]            only the full syncs from empty, each round for itself
// connect [services …]                      connection set-up through a cluster IP against the endpoint's own address
// agent [services x endpoints …]           the agent as it ships beside an API server: time from its start, memory
// soak [seconds]                            churn under live connections
switch (args.FirstOrDefault())
{
    case "sync":
        SyncBench.Run([.. args.Skip(1).Where(a => a != "--peers")], args.Contains("--peers"));
        return 0;
    case "empty":
        SyncBench.FromEmpty([.. args.Skip(1)]);
        return 0;
    case "connect":
        ConnectBench.Run([.. args.Skip(1)]);
        return 0;
    case "agent":
        return AgentMemory.Run([.. args.Skip(1)]);
    case "agent-inside":
        await AgentMemory.RunInsideAsync([.. args.Skip(1)]);
        return 0;
    case "soak":
        return Soak.Run(TimeSpan.FromSeconds(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 600));
    case null:
        SyncBench.Run([], peers: true);
        ConnectBench.Run([]);
        return 0;
    default:
        Console.Error.WriteLine("sync [1000x10 …] [--peers] | empty [1000x10 …] | connect [100 10000 …] | agent [10000x10 …] | soak [seconds]");
        return 2;
}
