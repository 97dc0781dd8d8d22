using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>Runs pods until enough of them succeeded.</summary>
/// <remarks>batch/v1 Job.</remarks>
public sealed record Job : IKubernetesObject<Job>
{
    /// <inheritdoc/>
    public static ResourceKind<Job> ResourceKind { get; } = new(new("batch", "v1", "jobs", "Job", true));

    public string ApiVersion { get; init => field = value ?? "batch/v1"; } = "batch/v1";

    public string Kind { get; init => field = value ?? "Job"; } = "Job";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public JobSpec Spec { get; init => field = value ?? JobSpec.Empty; } = JobSpec.Empty;

    public JobStatus Status { get; init => field = value ?? JobStatus.Empty; } = JobStatus.Empty;
}

/// <summary>How many pods at once and in all, and when to give up.</summary>
/// <remarks>batch/v1 JobSpec.</remarks>
public sealed record JobSpec
{
    internal static JobSpec Empty { get; } = new();

    public int? Parallelism { get; init; }

    public int? Completions { get; init; }

    public long? ActiveDeadlineSeconds { get; init; }

    public PodFailurePolicy? PodFailurePolicy { get; init; }

    public SuccessPolicy? SuccessPolicy { get; init; }

    public int? BackoffLimit { get; init; }

    public int? BackoffLimitPerIndex { get; init; }

    public int? MaxFailedIndexes { get; init; }

    public LabelSelector? Selector { get; init; }

    public bool? ManualSelector { get; init; }

    public PodTemplateSpec Template { get; init => field = value ?? PodTemplateSpec.Empty; } = PodTemplateSpec.Empty;

    public int? TtlSecondsAfterFinished { get; init; }

    public string? CompletionMode { get; init; }

    public bool? Suspend { get; init; }

    public string? PodReplacementPolicy { get; init; }

    public string? ManagedBy { get; init; }
}

/// <summary>Rules that decide what a failed pod means.</summary>
/// <remarks>batch/v1 PodFailurePolicy.</remarks>
public sealed record PodFailurePolicy
{
    public IReadOnlyList<PodFailurePolicyRule> Rules { get; init => field = value ?? []; } = [];
}

/// <summary>One rule: what to do when exit codes or conditions match.</summary>
/// <remarks>batch/v1 PodFailurePolicyRule.</remarks>
public sealed record PodFailurePolicyRule
{
    public string Action { get; init => field = value ?? ""; } = "";

    public PodFailurePolicyOnExitCodesRequirement? OnExitCodes { get; init; }

    public IReadOnlyList<PodFailurePolicyOnPodConditionsPattern> OnPodConditions { get; init => field = value ?? []; } = [];
}

/// <summary>Exit codes that a rule matches.</summary>
/// <remarks>batch/v1 PodFailurePolicyOnExitCodesRequirement.</remarks>
public sealed record PodFailurePolicyOnExitCodesRequirement
{
    public string? ContainerName { get; init; }

    public string Operator { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<int> Values { get; init => field = value ?? []; } = [];
}

/// <summary>A pod condition that a rule matches.</summary>
/// <remarks>batch/v1 PodFailurePolicyOnPodConditionsPattern.</remarks>
public sealed record PodFailurePolicyOnPodConditionsPattern
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Status { get; init => field = value ?? ""; } = "";
}

/// <summary>When a job is a success before all its indexes are.</summary>
/// <remarks>batch/v1 SuccessPolicy.</remarks>
public sealed record SuccessPolicy
{
    public IReadOnlyList<SuccessPolicyRule> Rules { get; init => field = value ?? []; } = [];
}

/// <summary>Indexes, or a number of them, that make the job a success.</summary>
/// <remarks>batch/v1 SuccessPolicyRule.</remarks>
public sealed record SuccessPolicyRule
{
    public string? SucceededIndexes { get; init; }

    public int? SucceededCount { get; init; }
}

/// <summary>How many pods ran, and how they ended.</summary>
/// <remarks>batch/v1 JobStatus.</remarks>
public sealed record JobStatus
{
    internal static JobStatus Empty { get; } = new();

    public IReadOnlyList<JobCondition> Conditions { get; init => field = value ?? []; } = [];

    public DateTimeOffset? StartTime { get; init; }

    public DateTimeOffset? CompletionTime { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Active { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Succeeded { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Failed { get; init; }

    public int? Terminating { get; init; }

    public string? CompletedIndexes { get; init; }

    public string? FailedIndexes { get; init; }

    public UncountedTerminatedPods? UncountedTerminatedPods { get; init; }

    public int? Ready { get; init; }
}

/// <summary>Complete, Failed, Suspended, or on the way to one of them.</summary>
/// <remarks>batch/v1 JobCondition.</remarks>
public sealed record JobCondition
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Status { get; init => field = value ?? ""; } = "";

    public DateTimeOffset? LastProbeTime { get; init; }

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}

/// <summary>Pods that ended and are not in the counters yet.</summary>
/// <remarks>batch/v1 UncountedTerminatedPods.</remarks>
public sealed record UncountedTerminatedPods
{
    public IReadOnlyList<string> Succeeded { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Failed { get; init => field = value ?? []; } = [];
}
