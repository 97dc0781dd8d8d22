using System.Globalization;
using Fairlead.ControlPlane.Controllers.CronJobs;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers;

public class CronScheduleTests
{
    [Theory] //  schedule          after                   next
    [InlineData("* * * * *", "2026-11-22T12:00:30Z", "2026-11-22T12:01:00Z")]
    [InlineData("*/15 * * * *", "2026-11-22T12:00:00Z", "2026-11-22T12:15:00Z")]
    [InlineData("5/20 * * * *", "2026-11-22T12:26:00Z", "2026-11-22T12:45:00Z")]
    [InlineData("0 9-17/2 * * mon-fri", "2026-11-22T12:00:00Z", "2026-11-23T09:00:00Z")]
    [InlineData("0 0 29 feb *", "2026-11-22T12:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 1,15 * 0", "2026-11-16T00:00:00Z", "2026-11-22T00:00:00Z")]
    [InlineData("0 0 * * 7", "2026-11-22T12:00:00Z", "2026-11-29T00:00:00Z")]
    [InlineData("@hourly", "2026-11-22T12:00:00Z", "2026-11-22T13:00:00Z")]
    [InlineData("@every 1h30m", "2026-11-22T12:00:00Z", "2026-11-22T13:30:00Z")]
    [InlineData("TZ=Europe/Berlin 0 9 * * *", "2026-11-22T12:00:00Z", "2026-11-23T08:00:00Z")]
    [InlineData("TZ=Europe/Berlin 30 2 * * *", "2027-03-27T12:00:00Z", "2027-03-29T00:30:00Z")] // 02:30 does not exist on the 28th
    [InlineData("0 0 30 2 *", "2026-11-22T12:00:00Z", null)]
    public void The_next_time_is(string schedule, string after, string? next) =>
        Assert.Equal(next is null ? null : Time(next), CronSchedule.Parse(schedule, null).Next(Time(after)));

    [Theory]
    [InlineData("* * * *")]
    [InlineData("60 * * * *")]
    [InlineData("* * * foo *")]
    [InlineData("*/0 * * * *")]
    [InlineData("5-1 * * * *")]
    [InlineData("TZ=Nowhere/Land * * * * *")]
    public void A_text_that_is_no_schedule_is_refused(string schedule) => Assert.Throws<FormatException>(() => CronSchedule.Parse(schedule, null));

    [Theory] //  policy      running  missed   deadline  due  replaced  note
    [InlineData("Allow", true, 1, null, true, 0, null)]
    [InlineData("Forbid", true, 1, null, false, 0, "JobAlreadyActive")]
    [InlineData("Forbid", false, 1, null, true, 0, null)]
    [InlineData("Replace", true, 1, null, true, 1, null)]
    [InlineData("Allow", false, 0, null, false, 0, null)]
    [InlineData("Allow", false, 200, null, true, 0, "TooManyMissedTimes")]
    [InlineData("Allow", false, 200, 120L, true, 0, null)]
    [InlineData("Allow", false, 5000, null, true, 0, "TooManyMissedTimes")]
    public void A_job_is_due(string policy, bool running, int missed, long? deadline, bool due, int replaced, string? note)
    {
        DateTimeOffset now = Make.Now.AddSeconds(5);
        CronJob cron = new()
        {
            Metadata = new ObjectMeta { Name = "c", Namespace = "default", Uid = "cron", CreationTimestamp = Make.Now.AddMinutes(-missed) },
            Spec = new CronJobSpec { Schedule = "* * * * *", ConcurrencyPolicy = policy, StartingDeadlineSeconds = deadline },
        };
        Job[] jobs = running ? [new Job { Metadata = new ObjectMeta { Name = "before" } }] : [];

        CronJobPlan plan = CronJobPlan.Make(cron, CronSchedule.Parse("* * * * *", null), jobs, now);

        Assert.Equal((due ? Make.Now : null, replaced, note), (plan.Due, plan.Replace.Count, plan.Note?.Reason));
        Assert.Equal(TimeSpan.FromSeconds(55), plan.LookAgain);
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
