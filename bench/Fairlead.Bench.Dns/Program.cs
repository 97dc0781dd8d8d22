using Fairlead.Bench.Dns;

// dotnet run -c Release --project bench/Fairlead.Bench.Dns [-- PART …]
// Ours is the executable that ships (out/bin/fairlead dns), fed by an API server with 10,000 Services and 30,000 endpoints; the peers hold the same names in their own form.
// FAIRLEAD_COREDNS names a CoreDNS binary, which then is fed by the same API server.
string[] parts = args.Length > 0 ? args : ["hits", "mix", "tcp", "cached", "forwarded", "latency", "memory", "start"];
using GeneratedNames names = new(services: 10_000, endpointsOfEach: 3);
await using Contest contest = await Contest.StartAsync(names);
foreach (string part in parts)
{
    switch (part)
    {
        case "hits":
            contest.Throughput("UDP, names that exist", names.Hits, tcp: false);
            break;
        case "mix":
            contest.Throughput("UDP, a pod's mix with ndots:5 (50 % A, 20 % AAAA without one, 30 % no such name)", names.Mix, tcp: false);
            break;
        case "tcp":
            contest.Throughput("TCP, names that exist", names.Hits, tcp: true);
            break;
        case "cached":
            contest.Forwarded("UDP, names outside that were asked before", names.Outside);
            break;
        case "forwarded":
            contest.Forwarded("UDP, names outside that nobody asked before; the upstream shares dnsperf's core", names.OutsideOnce);
            break;
        case "latency":
            contest.Latency(names.Mix, queriesPerSecond: 8000);
            break;
        case "memory":
            contest.Memory();
            break;
        case "start":
            contest.FirstAnswer();
            break;
        default:
            Console.Error.WriteLine($"'{part}' is none of: hits mix tcp cached forwarded latency memory start");
            return 2;
    }
}

return 0;
