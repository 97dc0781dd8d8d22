using Fairlead.Dns.Configured;
using Fairlead.Dns.Tests.Forwarding;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Dns.Tests;

/// <summary>A Corefile that changes while questions are asked.</summary>
public sealed class ReloadTests
{
    [Fact]
    public async Task A_new_Corefile_is_used_and_a_broken_one_is_not()
    {
        await using ScriptedUpstream first = ScriptedUpstream.Plain("192.0.2.1");
        await using ScriptedUpstream second = ScriptedUpstream.Plain("192.0.2.2");
        using CorefileFolder folder = new($". {{\n reload 2s 0s\n import upstream\n}}\n");
        folder.Write("upstream", $"forward . {first.Address}\n");
        CorefileWatch watch = new(folder.CorefilePath, TimeProvider.System, NullLogger.Instance);
        DnsConfiguration configuration = watch.Load();
        await using ConfiguredHandler handler = new(configuration, 53, null, TimeProvider.System, NullLogger.Instance);
        using CancellationTokenSource ending = new();
        Task watching = watch.RunAsync(configuration, handler.Use, ending.Token);
        Assert.Equal("NOERROR www.example.com. A 192.0.2.1", MessageText.Ask(handler, "www.example.com", "A"));

        folder.Write("upstream", "forwrad . 192.0.2.3\n");
        await Eventually.Until(() => watch.Failures > 0);
        Assert.Equal("NOERROR www.example.com. A 192.0.2.1", MessageText.Ask(handler, "www.example.com", "A"));

        folder.Write("upstream", $"forward . {second.Address}\n");
        await Eventually.Until(() => MessageText.Ask(handler, "www.example.com", "A") == "NOERROR www.example.com. A 192.0.2.2");
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }
}
