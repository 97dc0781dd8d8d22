namespace Fairlead.Kubernetes;

/// <summary>Makes jobs on a schedule.</summary>
/// <remarks>batch/v1 CronJob.</remarks>
public sealed record CronJob : IKubernetesObject<CronJob>
{
    /// <inheritdoc/>
    public static ResourceKind<CronJob> ResourceKind { get; } = new(new("batch", "v1", "cronjobs", "CronJob", true));

    public string ApiVersion { get; init => field = value ?? "batch/v1"; } = "batch/v1";

    public string Kind { get; init => field = value ?? "CronJob"; } = "CronJob";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public CronJobSpec Spec { get; init => field = value ?? CronJobSpec.Empty; } = CronJobSpec.Empty;

    public CronJobStatus Status { get; init => field = value ?? CronJobStatus.Empty; } = CronJobStatus.Empty;
}

/// <summary>The schedule, and the job to make.</summary>
/// <remarks>batch/v1 CronJobSpec.</remarks>
public sealed record CronJobSpec
{
    internal static CronJobSpec Empty { get; } = new();

    public string Schedule { get; init => field = value ?? ""; } = "";

    public string? TimeZone { get; init; }

    public long? StartingDeadlineSeconds { get; init; }

    public string? ConcurrencyPolicy { get; init; }

    public bool? Suspend { get; init; }

    public JobTemplateSpec? JobTemplate { get; init; }

    public int? SuccessfulJobsHistoryLimit { get; init; }

    public int? FailedJobsHistoryLimit { get; init; }
}

/// <summary>The job that a CronJob makes.</summary>
/// <remarks>batch/v1 JobTemplateSpec.</remarks>
public sealed record JobTemplateSpec
{
    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public JobSpec? Spec { get; init; }
}

/// <summary>The jobs that run, and when the last one was due.</summary>
/// <remarks>batch/v1 CronJobStatus.</remarks>
public sealed record CronJobStatus
{
    internal static CronJobStatus Empty { get; } = new();

    public IReadOnlyList<ObjectReference> Active { get; init => field = value ?? []; } = [];

    public DateTimeOffset? LastScheduleTime { get; init; }

    public DateTimeOffset? LastSuccessfulTime { get; init; }
}
