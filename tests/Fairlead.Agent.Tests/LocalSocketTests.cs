using Fairlead.Agent.Local;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Agent.Tests;

public sealed class LocalSocketTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("fairlead-");
    private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private string Path => System.IO.Path.Combine(directory.FullName, "run", "agent.sock");

    [Fact]
    public async Task Text_and_lines_come_back_and_bad_questions_are_named()
    {
        TaskCompletionSource more = new();
        Task server = Serve(new LocalRoutes()
            .Text("/status", request => $"node {request.Find("name")}")
            .Text("/picky", _ => throw new ArgumentException("limit=x is not a number"))
            .Stream("/follow", "text/plain", async request =>
            {
                await request.WriteLineAsync("first");
                await more.Task;
                await request.WriteLineAsync("second");
            }));
        using LocalClient client = new(Path);
        Assert.Equal("node a b\n", await client.GetAsync("/status?name=a%20b", stop.Token));
        Assert.Equal("limit=x is not a number", (await Assert.ThrowsAsync<AgentException>(() => client.GetAsync("/picky", stop.Token))).Message);
        Assert.Contains("does not answer /none; it answers /follow, /picky, /status", (await Assert.ThrowsAsync<AgentException>(() => client.GetAsync("/none", stop.Token))).Message, StringComparison.Ordinal);
        List<string> lines = [];
        await foreach (string line in client.ReadLinesAsync("/follow", stop.Token))
        {
            // The second line is only written after the first has arrived.
            lines.Add(line);
            more.TrySetResult();
        }

        Assert.Equal(["first", "second"], lines);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        await stop.CancelAsync();
        await server;
    }

    [Fact]
    public async Task A_socket_left_behind_is_replaced_and_nobody_listening_is_said()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        await File.WriteAllTextAsync(Path, "", stop.Token);
        using LocalClient client = new(Path);
        Assert.Contains($"no agent answers at {Path}", (await Assert.ThrowsAsync<AgentException>(() => client.GetAsync("/status", stop.Token))).Message, StringComparison.Ordinal);
        Task server = Serve(new LocalRoutes().Text("/status", _ => "new"));
        Assert.Equal("new\n", await client.GetAsync("/status", stop.Token));
        await stop.CancelAsync();
        await server;
    }

    /// <summary>Serves, and returns once the socket has its name.</summary>
    private Task Serve(LocalRoutes routes)
    {
        Task server = LocalSocket.RunAsync(Path, routes, NullLogger.Instance, stop.Token);
        bool Served() => File.Exists(Path) && File.GetUnixFileMode(Path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.True(SpinWait.SpinUntil(() => server.IsCompleted || Served(), TimeSpan.FromMinutes(1)), "no socket after a minute");
        return server;
    }

    public void Dispose()
    {
        stop.Dispose();
        directory.Delete(recursive: true);
    }
}
