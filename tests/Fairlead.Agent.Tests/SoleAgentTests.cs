using System.Globalization;
using Fairlead.Agent.Local;
using Fairlead.Agent.Telemetry;
using Fairlead.Agent.Tests.Flows;
using Fairlead.Kernel;
using Fairlead.Network;

namespace Fairlead.Agent.Tests;

/// <summary>Two agents in one network namespace.</summary>
[Trait("Category", "Root")]
public sealed class SoleAgentTests : IDisposable
{
    private readonly string name = string.Create(CultureInfo.InvariantCulture, $"flsole{Environment.ProcessId}");
    private readonly NetworkNamespace node;
    private readonly NodeProblems problems = new(new TestLog());

    public SoleAgentTests() => node = NetworkNamespace.CreateNamed(name);

    [Fact]
    public async Task The_second_one_says_who_the_first_is_until_that_one_ends()
    {
        using CancellationTokenSource first = new(), second = new();
        NodeProblems ofFirst = new(new TestLog());
        Task one = Start(ofFirst, TimeSpan.Zero, first.Token);
        Task two = Start(problems, TimeSpan.Zero, second.Token);
        PlanProblem problem = await Until(() => problems.Current.FirstOrDefault());
        Assert.Equal(("Node", "worker-0", "SecondAgent"), (problem.Kind, problem.Object.Name, problem.Reason));
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"another Fairlead agent (process {Environment.ProcessId}) works"), problem.Message, StringComparison.Ordinal);
        Assert.Empty(ofFirst.Current);

        // However many come after it.
        for (int i = 0; i < 40; i++)
        {
            using CancellationTokenSource more = new();
            NodeProblems ofMore = new(new TestLog());
            Task another = Start(ofMore, TimeSpan.Zero, more.Token);
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"(process {Environment.ProcessId})"), Assert.Single(ofMore.Current).Message, StringComparison.Ordinal);
            await more.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => another);
        }

        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        await Until(() => problems.Current.Any() ? null : "gone");
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => two);
    }

    [Fact]
    public async Task One_that_is_being_replaced_may_stay_for_a_while()
    {
        using CancellationTokenSource first = new(), second = new();
        Task one = Start(new(new TestLog()), TimeSpan.Zero, first.Token);
        Task two = Start(problems, TimeSpan.FromHours(1), second.Token);
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);

        // It has taken the lock as soon as a third one is told of it.
        using CancellationTokenSource third = new();
        NodeProblems ofThird = new(new TestLog());
        Task three = Start(ofThird, TimeSpan.Zero, third.Token);
        Assert.Empty(problems.Current);
        await second.CancelAsync();
        await third.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(two, three));
    }

    /// <summary>The first steps, up to the first wait, are done in the node's network namespace, and so is a socket made.</summary>
    private Task Start(NodeProblems told, TimeSpan handover, CancellationToken cancellationToken) =>
        node.Run(() => new SoleAgent("worker-0", handover, told, TimeProvider.System).RunAsync(cancellationToken));

    private static async Task<T> Until<T>(Func<T?> look)
        where T : class
    {
        long until = Environment.TickCount64 + 60_000;
        while (true)
        {
            if (look() is { } found)
            {
                return found;
            }

            Assert.True(Environment.TickCount64 < until, "waited a minute in vain");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public void Dispose()
    {
        node.Dispose();
        NetworkNamespace.DeleteNamed(name);
    }
}
