using Fairlead.Agent.Reconciling;
using Fairlead.Agent.Telemetry;
using Fairlead.Agent.Watching;
using Fairlead.Kernel;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Tests.Flows;

/// <summary>The agent's reconciler in a namespace, fed by the test instead of by an API server.</summary>
internal sealed class TestAgent : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly AgentMetrics metrics = new();
    private readonly Reconciler reconciler;
    private readonly Thread thread;
    private bool disposed;

    public TestAgent(NetworkNamespace node, NodeSettings settings, ClusterFeed feed, ReconcilerOptions? options = null)
    {
        Feed = feed;
        Log = new();
        reconciler = node.Run(() => new Reconciler(
            feed, settings, options ?? new(TimeSpan.Zero, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30)), metrics, Log, TimeProvider.System));
        reconciler.PlanCommitted += plan =>
        {
            Committed?.Invoke();
            CommittedTo?.Invoke(plan, reconciler.HandledState);
        };
        thread = new Thread(() =>
        {
            try
            {
                node.Run(() => reconciler.Run(stop.Token));
            }
            catch (Exception e)
            {
                Failure = e;
            }
        });
    }

    public event Action? Committed;

    public event Action<NodePlan, ClusterState?>? CommittedTo;

    public ClusterFeed Feed { get; }

    public TestLog Log { get; }

    public Exception? Failure { get; private set; }

    public IReadOnlyList<PlanProblem> Problems => [.. reconciler.Problems.Current];

    public (int Index, string Name)? FindOverlay(bool ipv6) => reconciler.FindOverlay(ipv6);

    public NodePlan Plan => reconciler.Committed;

    public bool IsStuck => reconciler.IsStuck;

    public TestAgent Start()
    {
        thread.Start();
        return this;
    }

    /// <summary>Waits until the kernel holds what the feed says now.</summary>
    public void Settle()
    {
        Wait(() => reconciler.HasCommitted && !reconciler.IsFailing && PlanIsCurrent());
    }

    public void Wait(Func<bool> condition, int seconds = 10)
    {
        long until = Environment.TickCount64 + (seconds * 1000);
        while (!condition())
        {
            if (Failure is not null)
            {
                throw new InvalidOperationException("the reconciler ended", Failure);
            }

            Assert.True(Environment.TickCount64 < until, $"waited {seconds} s in vain; the log says:\n{Log}");
            Thread.Sleep(5);
        }
    }

    private bool PlanIsCurrent()
    {
        ClusterState state = Feed.State;
        NodePlan plan = reconciler.Committed;
        return state == Feed.State && reconciler.HandledState == state && plan == reconciler.Committed;
    }

    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        stop.Cancel();
        if (thread.IsAlive)
        {
            thread.Join();
        }

        reconciler.Dispose();
        metrics.Dispose();
        stop.Dispose();
    }
}

/// <summary>Keeps what was logged.</summary>
internal sealed class TestLog : ILogger
{
    private readonly List<string> lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines)
            {
                return [.. lines];
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (lines)
        {
            lines.Add($"{logLevel}: {formatter(state, exception)} {exception}");
        }
    }

    public override string ToString() => string.Join('\n', Lines);
}
