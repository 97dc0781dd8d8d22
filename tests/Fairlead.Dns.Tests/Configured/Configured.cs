using Fairlead.Dns.Configured;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Dns.Tests;

/// <summary>Handlers as a Corefile makes them.</summary>
internal static class Configured
{
    /// <summary>The handler of port 53 of a Corefile with one server block for everything.</summary>
    public static ConfiguredHandler Handler(string lines, TimeProvider? time = null) => Corefile($". {{\n{lines}\n}}\n", time);

    /// <summary>Asks without keeping a thread.</summary>
    public static async Task<string> AskAsync(IQueryHandler handler, string name, RecordType type = RecordType.A)
    {
        byte[] response = new byte[IQueryHandler.ResponseBufferSize];
        DnsQuery query = DnsQuery.For(DnsName.Parse(name), type);
        if (!handler.TryAnswer(query.AsQuestion(), response, out Answer answer))
        {
            answer = await handler.ResolveAsync(query, response, TestContext.Current.CancellationToken);

            // The thread that received the answer has others to receive.
            await Task.Yield();
        }

        return MessageText.Of(response.AsSpan(0, answer.Length));
    }

    public static ConfiguredHandler Corefile(string text, TimeProvider? time = null)
    {
        using CorefileFolder folder = new(text);
        return new(folder.Load(), 53, cluster: null, time ?? TimeProvider.System, NullLogger.Instance);
    }
}
