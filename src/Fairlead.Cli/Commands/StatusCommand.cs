using System.CommandLine;
using Fairlead.Cli.Output;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead status</c>: what this node's agent has put into the kernel.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        Option<string> socket = AgentSocket.Option();
        Command command = new("status", "What this node's agent has put into the kernel, and what it could not.") { socket };
        command.SetAction((parsed, cancellationToken) => AgentSocket.PrintAsync(parsed.GetValue(socket)!, "/status", cancellationToken));
        return command;
    }
}
