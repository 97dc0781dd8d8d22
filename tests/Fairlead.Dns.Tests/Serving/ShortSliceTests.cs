using System.Text.RegularExpressions;
using Fairlead.Dns.Serving.Native;

namespace Fairlead.Dns.Tests.Serving;

/// <summary>How the scheduler is asked to treat threads that answer.</summary>
public sealed class ShortSliceTests
{
    /// <summary>The kernel's own word for it is in /proc; before Linux 6.12, and without that file, there is nothing to see.</summary>
    [Fact]
    public void A_thread_asks_for_short_slices()
    {
        bool taken = false;
        string slice = "";
        Thread thread = new(() =>
        {
            taken = ShortSlice.Request();
            slice = File.Exists("/proc/thread-self/sched") ? File.ReadAllText("/proc/thread-self/sched") : "";
        });
        thread.Start();
        thread.Join();
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 12) && slice.Contains("se.slice", StringComparison.Ordinal), "needs Linux 6.12 with /proc/thread-self/sched");
        Assert.True(taken);
        Assert.Equal("100000", Regex.Match(slice, @"se\.slice\s*:\s*(\d+)").Groups[1].Value);
    }
}
