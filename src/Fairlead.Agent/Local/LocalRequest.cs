using System.Text;

namespace Fairlead.Agent.Local;

/// <summary>A question to the agent over its local socket, and where the answer goes.</summary>
/// <param name="Query">The parameters after the path's question mark, by name.</param>
/// <param name="Output">The answer's body, UTF-8; what is written is sent when it is flushed.</param>
/// <param name="Aborted">Cancelled when the asker goes away or the agent ends.</param>
public sealed record LocalRequest(IReadOnlyDictionary<string, string> Query, Stream Output, CancellationToken Aborted)
{
    /// <summary>Whether a parameter is there and isn't <c>false</c> or <c>0</c>.</summary>
    public bool Has(string parameter) => Query.TryGetValue(parameter, out string? value) && value is not ("false" or "0");

    /// <summary>A parameter's value; null without it.</summary>
    public string? Find(string parameter) => Query.GetValueOrDefault(parameter);

    /// <summary>Sends one line at once, so that a follower sees it.</summary>
    public async Task WriteLineAsync(string line)
    {
        await Output.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), Aborted).ConfigureAwait(false);
        await Output.FlushAsync(Aborted).ConfigureAwait(false);
    }
}
