using Fairlead.ControlPlane.Controllers.Jobs;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers;

public class JobPlanTests
{
    [Theory] //  completions parallelism  pods (r running, s succeeded, f failed)   create  delete
    [InlineData(5, 2, "", 2, 0)]
    [InlineData(5, 2, "r", 1, 0)]
    [InlineData(5, 2, "rr", 0, 0)]
    [InlineData(5, 2, "rrr", 0, 1)]
    [InlineData(5, 3, "sss", 2, 0)]
    [InlineData(5, 3, "ssssr", 0, 0)]
    [InlineData(null, 3, "", 3, 0)]
    [InlineData(null, 3, "rs", 0, 0)]
    public void A_job_of(int? completions, int parallelism, string pods, int create, int delete)
    {
        JobPlan plan = Plan(Job(completions, parallelism), pods);

        Assert.Equal((create, delete), (plan.Create.Count, plan.Delete.Count));
    }

    [Theory] //  pods     status so far     ends as
    [InlineData("sss", "", "SuccessCriteriaMet")]
    [InlineData("ss", "", "")]
    [InlineData("ff", "", "")]
    [InlineData("fff", "", "FailureTarget BackoffLimitExceeded")]
    public void A_job_of_three_with_two_retries_decides(string pods, string _, string decision)
    {
        JobPlan plan = Plan(Job(3, 3), pods);

        JobCondition? condition = plan.Status.Conditions.SingleOrDefault();
        Assert.Equal(decision, condition is null ? "" : condition.Type == "FailureTarget" ? $"{condition.Type} {condition.Reason}" : condition.Type);
        Assert.Null(plan.Outcome);
    }

    [Fact]
    public void Ends_are_counted_once_and_before_the_pods_may_go()
    {
        Job job = Job(2, 2);
        Pod[] pods = Pods("ss");

        // First they are noted, and let go ...
        JobPlan noted = Plan(job, pods);
        Assert.Equal((0, 2, 2), (noted.Status.Succeeded, noted.Status.UncountedTerminatedPods?.Succeeded.Count, noted.Release.Count));

        // ... a look in between changes nothing ...
        job = job with { Status = noted.Status };
        Assert.Equal(noted.Status.UncountedTerminatedPods?.Succeeded, Plan(job, pods).Status.UncountedTerminatedPods?.Succeeded);

        // ... then they are counted, also when they are gone by then, and the job is over.
        Pod[] released = [pods[0] with { Metadata = pods[0].Metadata with { Finalizers = [] } }];
        JobPlan counted = Plan(job, released);
        Assert.Equal((2, null, "Complete"), (counted.Status.Succeeded, counted.Status.UncountedTerminatedPods, counted.Outcome?.Type));
        Assert.Equal(Make.Now, counted.Status.CompletionTime);
    }

    [Fact]
    public void An_indexed_job_makes_the_indexes_that_are_missing()
    {
        Job job = Job(5, 5) with { Spec = Job(5, 5).Spec with { CompletionMode = "Indexed" }, Status = new JobStatus { CompletedIndexes = "0-1" } };
        Pod running = Make.Pod("r") is var pod ? pod with { Metadata = pod.Metadata with { Annotations = new Dictionary<string, string> { [JobPods.IndexAnnotation] = "3" } } } : null!;

        Assert.Equal([2, 4], Plan(job, [running]).Create);
    }

    [Theory]
    [InlineData("0-2,5,7-9", "0-2,5,7-9")]
    [InlineData("1,2", "1,2")]
    [InlineData("3-4", "3,4")]
    [InlineData("", null)]
    [InlineData("x,5-", null)]
    public void Indexes_are_written_as_ranges(string text, string? written) => Assert.Equal(written, IndexSet.Format(IndexSet.Parse(text, 100)));

    [Theory] //  failures in a row, seconds since the last   waits
    [InlineData("f", 3, 7)]
    [InlineData("ff", 3, 17)]
    [InlineData("f", 11, null)]
    [InlineData("fs", 3, null)]
    public void After_failures_a_job_waits(string pods, int seconds, int? wait)
    {
        Job job = Job(10, 1) with { Spec = Job(10, 1).Spec with { BackoffLimit = 6 } };

        JobPlan plan = JobPlan.Make(job, Pods(pods), pod => pod.Metadata.IsDeleting, Make.Now.AddSeconds(seconds));

        Assert.Equal(wait, plan.LookAgain is { } left ? (int)left.TotalSeconds : null);
        Assert.Equal(wait is null ? 1 : 0, plan.Create.Count);
    }

    [Fact]
    public void A_suspended_job_stops_its_pods_and_starts_again()
    {
        Job job = Job(3, 2) with { Spec = Job(3, 2).Spec with { Suspend = true } };
        JobPlan suspended = Plan(job, "rr");
        Assert.Equal((2, "Suspended", "True"), (suspended.Delete.Count, suspended.Status.Conditions[0].Type, suspended.Status.Conditions[0].Status));

        JobPlan resumed = Plan(Job(3, 2) with { Status = suspended.Status }, "");
        Assert.Equal((2, "False", Make.Now), (resumed.Create.Count, resumed.Status.Conditions[0].Status, resumed.Status.StartTime));
    }

    [Fact]
    public void A_failure_policy_ends_a_job_at_once_or_looks_away()
    {
        PodFailurePolicyRule rule = new() { Action = "FailJob", OnExitCodes = new PodFailurePolicyOnExitCodesRequirement { Operator = "In", Values = [42] } };
        Job job = Job(3, 1) with { Spec = Job(3, 1).Spec with { PodFailurePolicy = new PodFailurePolicy { Rules = [rule] } } };
        Assert.Equal("PodFailurePolicy", Plan(job, "f").Status.Conditions[0].Reason);

        job = job with { Spec = job.Spec with { PodFailurePolicy = new PodFailurePolicy { Rules = [rule with { Action = "Ignore" }] } } };
        JobPlan ignored = Plan(job, "fff");
        Assert.Empty(ignored.Status.Conditions);
        Assert.Null(ignored.Status.UncountedTerminatedPods);
    }

    private static JobPlan Plan(Job job, string pods) => Plan(job, Pods(pods));

    private static JobPlan Plan(Job job, Pod[] pods) => JobPlan.Make(job, pods, pod => pod.Metadata.IsDeleting, Make.Now.AddMinutes(0));

    private static Pod[] Pods(string states) => [.. states.Select((state, i) => Make.Pod($"p{i}", phase: state switch { 's' => "Succeeded", 'f' => "Failed", _ => "Running" }) is var pod
        ? pod with
        {
            Metadata = pod.Metadata with { Finalizers = [JobPods.TrackingFinalizer] },
            Status = pod.Status with { ContainerStatuses = state == 'r' ? [] : [new ContainerStatus { Name = "c", State = new ContainerState { Terminated = new ContainerStateTerminated { ExitCode = state == 'f' ? 42 : 0, FinishedAt = state == 's' ? Make.Now.AddSeconds(1) : Make.Now } } }] },
        }
        : null!)];

    private static Job Job(int? completions, int parallelism) => new()
    {
        Metadata = new ObjectMeta { Name = "job", Namespace = "default", Uid = "uid-job" },
        Spec = new JobSpec { Completions = completions, Parallelism = parallelism, BackoffLimit = 2, Template = Make.Template() },
    };
}
