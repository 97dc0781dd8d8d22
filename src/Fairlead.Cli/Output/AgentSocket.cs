using System.CommandLine;
using Fairlead.Agent.Local;

namespace Fairlead.Cli.Output;

/// <summary>What verbs that ask a node's agent have in common: the option that names its socket.</summary>
internal static class AgentSocket
{
    public static Option<string> Option() => new("--socket") { Description = "The socket of this node's agent.", DefaultValueFactory = _ => LocalSocket.DefaultPath };

    /// <summary>Prints the agent's answer as it comes.</summary>
    public static async Task<int> PrintAsync(string socket, string question, CancellationToken cancellationToken)
    {
        using LocalClient agent = new(socket);
        await foreach (string line in agent.ReadLinesAsync(question, cancellationToken).ConfigureAwait(false))
        {
            Console.WriteLine(line);
        }

        return 0;
    }
}
