using System.Net;
using System.Net.Sockets;
using Fairlead.Dns.Configured;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Tests.Forwarding;

/// <summary>Which upstream is asked, and what happens when one doesn't answer.</summary>
public sealed class UpstreamChoiceTests
{
    [Theory] // policy       of 300 questions, the first of three gets
    [InlineData("sequential",  285, 300)]
    [InlineData("round_robin", 95,  105)]
    [InlineData("random",      50, 150)]
    public async Task Questions_are_spread(string policy, int least, int most)
    {
        await using ScriptedUpstream first = ScriptedUpstream.Plain();
        await using ScriptedUpstream second = ScriptedUpstream.Plain();
        await using ScriptedUpstream third = ScriptedUpstream.Plain();
        await using ConfiguredHandler handler = Tests.Configured.Handler($"forward . {first.Address} {second.Address} {third.Address} {{\n policy {policy}\n}}");
        for (int i = 0; i < 300; i++)
        {
            Assert.StartsWith("NOERROR", MessageText.Ask(handler, $"w{i}.example.com", "A"), StringComparison.Ordinal);
        }

        // On a busy machine a question may be given up for, and asked of the next one too.
        int all = first.Datagrams + second.Datagrams + third.Datagrams;
        Assert.InRange(all, 300, 330);
        Assert.InRange(first.Datagrams * 300 / all, least, most);
    }

    [Fact]
    public async Task A_closed_port_is_passed_over_at_once_and_a_silent_upstream_after_a_second()
    {
        await using ScriptedUpstream good = ScriptedUpstream.Plain();
        await using ScriptedUpstream silent = ScriptedUpstream.Plain();
        silent.IsSilent = true;
        string closed = Closed();
        await using ConfiguredHandler handler = Tests.Configured.Handler($"forward . {closed} {silent.Address} {good.Address} {{\n policy sequential\n health_check 100ms\n}}");
        Assert.Equal("NOERROR www.example.com. A 192.0.2.1", MessageText.Ask(handler, "www.example.com", "A"));

        // Both are found to be down, and the next questions don't wait for them.
        await Eventually.Until(() => handler.Rows[0].Forwards[0].Upstreams.Count(u => u.IsHealthy) == 1);
        Assert.Equal("NOERROR w2.example.com. A 192.0.2.1", MessageText.Ask(handler, "w2.example.com", "A"));
        silent.IsSilent = false;
        await Eventually.Until(() => handler.Rows[0].Forwards[0].Upstreams[1].IsHealthy);
        int before = silent.Datagrams;
        Assert.Equal("NOERROR w3.example.com. A 192.0.2.1", MessageText.Ask(handler, "w3.example.com", "A"));
        Assert.Equal(before + 1, silent.Datagrams);
    }

    [Fact]
    public async Task Without_any_that_answers_there_is_SERVFAIL()
    {
        await using ConfiguredHandler handler = Tests.Configured.Handler($"forward . {Closed()} {Closed()} {{\n failfast_all_unhealthy_upstreams\n max_fails 1\n health_check 100ms\n}}");
        Assert.Equal("SERVFAIL", MessageText.Ask(handler, "www.example.com", "A"));
        await Eventually.Until(() => handler.Rows[0].Forwards[0].Upstreams.All(u => !u.IsHealthy));
        Assert.Equal("SERVFAIL", MessageText.Ask(handler, "www.example.com", "A"));
        Assert.Equal(1, handler.Rows[0].Forwards[0].AllDown);
    }

    [Fact]
    public async Task A_code_may_send_the_question_on()
    {
        await using ScriptedUpstream refusing = new(asked => [asked.Reply(code: ResponseCode.Refused)]);
        await using ScriptedUpstream unknowing = new(asked => [asked.Reply(code: ResponseCode.NameError)]);
        await using ScriptedUpstream good = ScriptedUpstream.Plain();
        await using ConfiguredHandler failover = Tests.Configured.Handler($"forward . {refusing.Address} {good.Address} {{\n policy sequential\n failover REFUSED SERVFAIL\n}}");
        Assert.Equal("NOERROR www.example.com. A 192.0.2.1", MessageText.Ask(failover, "www.example.com", "A"));
        await using ConfiguredHandler next = Tests.Configured.Handler($"forward . {unknowing.Address} {{\n next NXDOMAIN\n}}\nforward . {good.Address}");
        Assert.Equal("NOERROR www.example.com. A 192.0.2.1", MessageText.Ask(next, "www.example.com", "A"));
        await using ConfiguredHandler neither = Tests.Configured.Handler($"forward . {unknowing.Address}\nforward . {good.Address}");
        Assert.Equal("NXDOMAIN", MessageText.Ask(neither, "www.example.com", "A"));
    }

    [Fact]
    public async Task Stub_domains_go_to_their_own_upstream()
    {
        await using ScriptedUpstream world = ScriptedUpstream.Plain("192.0.2.1");
        await using ScriptedUpstream corp = ScriptedUpstream.Plain("192.0.2.2");
        await using ScriptedUpstream deep = ScriptedUpstream.Plain("192.0.2.3");
        await using ConfiguredHandler handler = Tests.Configured.Corefile(
            $". {{\n forward deep.example.com {deep.Address}\n forward . {world.Address} {{\n  except secret.example.com\n }}\n}}\ncorp.example.com {{\n forward . {corp.Address}\n}}\n");
        Assert.Equal("NOERROR www.example.com. A 192.0.2.1", MessageText.Ask(handler, "www.example.com", "A"));
        Assert.Equal("NOERROR a.corp.example.com. A 192.0.2.2", MessageText.Ask(handler, "a.corp.example.com", "A"));
        Assert.Equal("NOERROR a.deep.example.com. A 192.0.2.3", MessageText.Ask(handler, "a.deep.example.com", "A"));
        Assert.Equal("REFUSED", MessageText.Ask(handler, "a.secret.example.com", "A"));
    }

    [Fact]
    public async Task Too_many_questions_at_once_are_refused()
    {
        await using ScriptedUpstream silent = ScriptedUpstream.Plain();
        silent.IsSilent = true;
        await using ConfiguredHandler handler = Tests.Configured.Handler($"forward . {silent.Address} {{\n max_concurrent 2\n}}");
        Task<string>[] waiting = [.. Enumerable.Range(0, 2).Select(i => Tests.Configured.AskAsync(handler, $"w{i}.example.com"))];
        await Eventually.Until(() => handler.Rows[0].Forwards[0].Asking == 2);
        Assert.Equal("REFUSED", MessageText.Ask(handler, "one.more.example.com", "A"));
        Assert.Equal(["SERVFAIL", "SERVFAIL"], await Task.WhenAll(waiting));
    }

    [Fact]
    public async Task A_loop_is_found_and_told_and_ends()
    {
        using CorefileFolder folder = new("");
        Socket reserved = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)reserved.LocalEndPoint!).Port;
        reserved.Dispose();
        folder.Write("Corefile", $".:53 {{\n loop\n forward . 127.0.0.1:{port}\n}}\n");
        await using ConfiguredHandler handler = new(folder.Load(), 53, null, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        await using Fairlead.Dns.Serving.DnsServer server = Fairlead.Dns.Serving.DnsServer.Start(
            new() { Listen = [new(IPAddress.Loopback, port)], Threads = 1 }, handler, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        handler.Start();
        await Eventually.Until(() => handler.Problems.Any());
        Assert.StartsWith(
            $"{folder.CorefilePath}:1: loop: a question sent to 127.0.0.1:{port} came back from 127.0.0.1, so that upstream asks this server.", handler.Problems.Single(), StringComparison.Ordinal);
        Assert.Equal("SERVFAIL", MessageText.Ask(handler, "www.example.com", "A"));
    }

    /// <summary>A port of this machine on which nobody listens.</summary>
    private static string Closed()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint!.ToString()!;
    }
}
