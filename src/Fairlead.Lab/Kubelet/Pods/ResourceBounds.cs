using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>From a container's requests and limits to what cgroups and the OOM killer understand.</summary>
internal static class ResourceBounds
{
    private const int MinimumShares = 2;
    private const int MaximumShares = 262144;
    private const int PeriodMicroseconds = 100_000;

    /// <summary>cpu.shares: 1024 per CPU requested, 2 where nothing is.</summary>
    public static long CpuShares(ResourceRequirements? resources)
    {
        var milli = resources is null ? 0 : Amount(resources.Requests, "cpu")?.MilliValue ?? Amount(resources.Limits, "cpu")?.MilliValue ?? 0;
        return Math.Clamp(milli * 1024 / 1000, MinimumShares, MaximumShares);
    }

    /// <summary>Microseconds per 100 ms; null without a limit.</summary>
    public static long? CpuQuota(ResourceRequirements? resources) =>
        resources is not null && Amount(resources.Limits, "cpu") is { } limit && limit.MilliValue > 0 ? Math.Max(limit.MilliValue * PeriodMicroseconds / 1000, 1000) : null;

    /// <summary>Bytes; null without a limit.</summary>
    public static long? Memory(ResourceRequirements? resources) =>
        resources is not null && Amount(resources.Limits, "memory") is { } limit && limit.LongValue > 0 ? limit.LongValue : null;

    /// <summary>The pod's quality of service class, by the rules of the API.</summary>
    public static string QualityOfService(Pod pod)
    {
        var all = pod.Spec.InitContainers.Concat(pod.Spec.Containers).Select(static c => c.Resources).ToArray();
        if (all.All(static r => r is null || (!Any(r.Requests) && !Any(r.Limits))))
        {
            return "BestEffort";
        }

        return all.All(static r => r is not null && Same(r, "cpu") && Same(r, "memory")) ? "Guaranteed" : "Burstable";

        static bool Any(IReadOnlyDictionary<string, Quantity> list) => Amount(list, "cpu")?.Value > 0 || Amount(list, "memory")?.Value > 0;

        static bool Same(ResourceRequirements r, string name) =>
            Amount(r.Limits, name) is { } limit && limit.Value > 0 && (Amount(r.Requests, name) ?? limit).Value == limit.Value;
    }

    /// <summary>
    /// oom_score_adj: who asks for nothing goes first. Guaranteed pods keep the node's own value: lowering it takes CAP_SYS_RESOURCE (proc_pid_oom_score_adj(5)).
    /// </summary>
    public static int? OomScoreAdjustment(string qualityOfService, ResourceRequirements? resources, long machineMemory) => qualityOfService switch
    {
        "Guaranteed" => null,
        "BestEffort" => 1000,
        _ => (int)Math.Clamp(1000 - 1000 * (resources is null ? 0 : Amount(resources.Requests, "memory")?.LongValue ?? 0) / Math.Max(machineMemory, 1), 2, 999),
    };

    private static Quantity? Amount(IReadOnlyDictionary<string, Quantity> list, string name) => list.TryGetValue(name, out var amount) ? amount : null;
}
