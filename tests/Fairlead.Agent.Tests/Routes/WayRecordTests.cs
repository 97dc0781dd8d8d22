using System.Globalization;
using System.Net;
using Fairlead.Agent.Probing;

namespace Fairlead.Agent.Tests.Routes;

/// <summary>When what was found of a way is said.</summary>
public sealed class WayRecordTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(5);

    [Theory] //  what was found, one after the other                 sure  seconds until the next look
    [InlineData("clear",                                             true, 300)]
    [InlineData("silent",                                            false, 2)]
    [InlineData("silent silent silent",                              false, 8)]
    [InlineData("silent silent silent silent",                       true, 16)]
    [InlineData("silent silent silent clear silent",                 false, 2)]
    [InlineData("narrow",                                            false, 2)]
    [InlineData("narrow narrow",                                     false, 4)]
    [InlineData("narrow narrow narrow",                              true, 8)]
    [InlineData("narrow silent narrow silent narrow",                false, 2)]
    [InlineData("silent silent silent silent narrow",                false, 2)]
    [InlineData("told",                                              false, 2)]
    [InlineData("told told",                                         true, 4)]
    [InlineData("narrow narrow told",                                false, 2)]
    [InlineData("silent silent silent silent silent silent silent silent silent silent silent", true, 300)]
    [InlineData("narrow narrow narrow clear",                        true, 300)]
    public void A_finding_is_sure_when_it_lasts(string found, bool sure, int seconds)
    {
        WayRecord record = found.Split(' ').Select(Finding).Aggregate(WayRecord.Empty, (before, now) => before.Then(now));
        Assert.Equal((sure, seconds), (record.IsSure, (int)record.Pause(s_interval).TotalSeconds));
    }

    [Fact]
    public void Between_first_suspicion_and_report_lie_seconds_with_a_pause_before_each_look()
    {
        foreach (string kind in (string[])["silent", "narrow", "told"])
        {
            WayRecord record = WayRecord.Empty.Then(Finding(kind));
            TimeSpan waited = TimeSpan.Zero;
            while (!record.IsSure)
            {
                waited += record.Pause(s_interval);
                record = record.Then(Finding(kind));
            }

            Assert.True(waited >= TimeSpan.FromSeconds(2), string.Create(CultureInfo.InvariantCulture, $"{kind} is told after {waited}"));
        }
    }

    [Fact]
    public void A_search_is_made_for_what_will_be_told_only()
    {
        PathFinding narrow = Finding("narrow");
        WayRecord twice = WayRecord.Empty.Then(narrow).Then(narrow);
        Assert.False(WayRecord.Empty.IsSureAfter(narrow));
        Assert.True(twice.IsSureAfter(narrow));
        Assert.False(twice.IsSureAfter(Finding("told")));
    }

    [Fact]
    public void No_pause_is_longer_than_that_of_a_clear_way() =>
        Assert.Equal(TimeSpan.FromSeconds(1), WayRecord.Empty.Then(Finding("silent")).Pause(TimeSpan.FromSeconds(1)));

    private static PathFinding Finding(string kind) => kind switch
    {
        "clear" => new PathFinding.Clear(),
        "silent" => new PathFinding.Silent(),
        "narrow" => new PathFinding.Narrow(1500, 1400, null, Told: false),
        _ => new PathFinding.Narrow(1500, 1400, IPAddress.Parse("10.240.0.100"), Told: true),
    };
}
