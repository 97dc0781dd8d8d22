using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Containers;
using Fairlead.Lab.Kubelet.Pods;

namespace Fairlead.Lab.Tests.Kubelet;

public sealed class PodDecisionTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // A pod as init containers, sidecars and containers, each by a letter and its state:
    // "i" init, "s" sidecar, "c" container; "-" never ran, "+" runs, "0" ended well, "1" failed, "w" failed and in back-off,
    // ">" is being started: its postStart hook runs.
    [Theory] //   policy       pod             starts     final phase
    [InlineData("Always",    "c-",           "c0",      null)]
    [InlineData("Always",    "c+",           "",        null)]
    [InlineData("Always",    "c1",           "c0",      null)]
    [InlineData("Always",    "c0",           "c0",      null)]
    [InlineData("Always",    "cw",           "",        null)]
    [InlineData("OnFailure", "c0",           "",        "Succeeded")]
    [InlineData("OnFailure", "c1",           "c0",      null)]
    [InlineData("Never",     "c1",           "",        "Failed")]
    [InlineData("Never",     "c0 c1",        "",        "Failed")]
    [InlineData("Never",     "c0 c+",        "",        null)]
    [InlineData("Never",     "c0 c-",        "c1",      null)]
    [InlineData("Always",    "i- c-",        "i0",      null)]
    [InlineData("Always",    "i+ c-",        "",        null)]
    [InlineData("Always",    "i0 i- c-",     "i1",      null)]
    [InlineData("Always",    "i0 c-",        "c1",      null)]
    [InlineData("Always",    "i1 c-",        "i0",      null)]
    [InlineData("Never",     "i1 c-",        "",        "Failed")]
    [InlineData("Always",    "s- i- c-",     "s0",      null)]
    [InlineData("Always",    "s+ i- c-",     "i1",      null)]
    [InlineData("Always",    "s+ i0 c-",     "c2",      null)]
    [InlineData("Always",    "c- c-",        "c0",      null)]
    [InlineData("Always",    "c> c-",        "",        null)]
    [InlineData("Always",    "c+ c-",        "c1",      null)]
    [InlineData("Always",    "cw c-",        "c1",      null)]
    [InlineData("Never",     "s1 c+",        "s0",      null)]
    [InlineData("Never",     "s+ c0",        "",        "Succeeded")]
    public void A_pod_takes_the_next_step(string policy, string pod, string starts, string? phase)
    {
        var decision = PodDecision.Decide(policy, [.. pod.Split(' ').Select(View)], sandboxAttempt: 0, s_now);
        Assert.Equal(starts, string.Join(' ', decision.Start.Select(static c => c.Name)));
        Assert.Equal(phase, decision.FinalPhase);
    }

    [Fact]
    public void Sidecars_stop_when_the_work_is_done()
    {
        var decision = PodDecision.Decide("Never", [View("s+", 0), View("s+", 1), View("c0", 2)], 0, s_now);
        Assert.Equal(["s1", "s0"], decision.Stop.Select(static c => c.Name));
    }

    [Theory] // ran for, back-off before, back-off after
    [InlineData(1, 0, 10)]
    [InlineData(1, 10, 20)]
    [InlineData(1, 160, 300)]
    [InlineData(1, 300, 300)]
    [InlineData(600, 300, 0)]
    public void Back_off_doubles_up_to_five_minutes_and_is_forgotten_after_ten(int seconds, int before, int after) =>
        Assert.Equal(after, PodDecision.NextBackOff(Record("c", ContainerRole.Regular) with { StartedAt = s_now, FinishedAt = s_now.AddSeconds(seconds), BackOffSeconds = before }));

    private static ContainerView View(string text, int index)
    {
        var (role, name) = (text[0] == 'c' ? ContainerRole.Regular : ContainerRole.Init, $"{text[0]}{index}");
        PodContainer container = new(new Container { Name = name, RestartPolicy = text[0] == 's' ? "Always" : null }, role);
        var started = Record(name, role) with { StartedAt = s_now.AddMinutes(-1) };
        var ended = started with { FinishedAt = s_now.AddSeconds(-1) };
        return new ContainerView(container, text[1] switch
        {
            '-' => null,
            '+' or '>' => started,
            '0' => ended with { ExitCode = 0 },
            '1' => ended with { ExitCode = 1 },
            _ => ended with { ExitCode = 1, BackOffSeconds = 10 },
        }, Started: text[1] == '+', Busy: text[1] == '>') { Starting = text[1] == '>' };
    }

    private static ContainerRecord Record(string name, ContainerRole role) =>
        new() { Name = name, Role = role, Attempt = 0, Id = name, SandboxAttempt = 0, Image = "machine", CreatedAt = s_now };
}
