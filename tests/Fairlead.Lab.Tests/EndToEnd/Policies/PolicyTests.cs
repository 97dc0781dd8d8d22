using Fairlead.Agent.Tests.Policies;

namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>Policies in a lab: given to its API, enforced by its agents, tried with packets of its pods, and compared with what the API promises.</summary>
[Trait("Category", "Root")]
public sealed class PolicyTests(PolicyScene scene) : IClassFixture<PolicyScene>
{
    /// <summary>curl's exit code when nobody answers in time.</summary>
    private const int TimedOut = 28;

    [Fact]
    public Task A_few_generated_policies_do_what_the_api_promises() => CheckAsync(
        [.. PolicyCases.Combined(scene.Plan).Where((_, index) => index % 28 == 9), .. PolicyCases.Met().Where((_, index) => index % 6 == 1)]);

    [Fact(Explicit = true)]
    public Task All_generated_policies_do_what_the_api_promises() => CheckAsync([.. PolicyCases.Combined(scene.Plan), .. PolicyCases.Met()]);

    [Fact]
    public async Task A_denied_request_says_why_an_allowed_one_is_answered_and_both_stand_while_the_agent_is_dead()
    {
        PolicyCase deny = new("deny", [PolicyCases.Policy("x", "deny", new(), ingress: true, null, [])], []);
        await scene.ApplyAsync(deny);
        Assert.Equal(TimedOut, scene.Curl("y/a", seconds: 1));
        LabFixture.Eventually(() => PolicyScene.Denials("worker-1").Contains("DENIED ingress y/a (worker-0) → x/web (worker-1) TCP 8080: isolated by x/deny, nothing allows it", StringComparison.Ordinal), "there is a receipt");
        LabFixture.Eventually(() => scene.Kubectl("get", "events", "-n", "x", "--field-selector", "involvedObject.name=web,reason=PolicyDenied").Contains("isolated by x/deny", StringComparison.Ordinal), "there is an event");

        await scene.ApplyAsync(new("allow", [.. deny.Policies, PolicyCases.Policy("x", "allow", PolicyCases.Labels("pod", "web"), ingress: true, [new() { NamespaceSelector = PolicyCases.Labels("ns", "y") }], [new() { Port = 8080 }])], []));
        Assert.Equal(0, scene.Curl("y/a"));
        Assert.Equal(TimedOut, scene.Curl("z/a", seconds: 1));
        LabFixture.Eventually(() => PolicyScene.Denials("worker-1").Contains("x/allow rule 1 would allow it: label ns of source's namespace z is z, not y", StringComparison.Ordinal), "the receipt names what failed");

        PolicyScene.KillAgent("worker-1");
        Assert.Equal(0, scene.Curl("y/a"));
        Assert.Equal(TimedOut, scene.Curl("z/a", seconds: 1));
        Commands.Require(Commands.Executable, "lab", "start", "--name", PolicyScene.Name, "worker-1");
        await scene.ApplyAsync(new("none", [], []));
        LabFixture.Eventually(() => scene.Status().Contains("every node holds these and no others", StringComparison.Ordinal), "all nodes have said that the policies are gone");
    }

    private async Task CheckAsync(PolicyCase[] cases)
    {
        foreach (PolicyCase one in cases)
        {
            await scene.ApplyAsync(one);
            IReadOnlyList<string> differences = scene.Differences();
            Assert.True(differences.Count == 0, $"{differences.Count} differ:\n" + string.Join('\n', differences.Take(20)));
        }

        await scene.ApplyAsync(new("none", [], []));
        TestContext.Current.TestOutputHelper?.WriteLine($"{cases.Length} cases");
    }
}
