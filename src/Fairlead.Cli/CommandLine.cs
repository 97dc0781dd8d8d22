using System.CommandLine;
using System.CommandLine.Parsing;
using Fairlead.Agent.Local;
using Fairlead.Cli.Commands;
using Fairlead.Lab.Fabric;

namespace Fairlead.Cli;

/// <summary>The verbs of <c>fairlead</c> and what its exit codes mean: 0 done, 1 it failed and said why, 2 the command line can't be understood.</summary>
internal static class CommandLine
{
    public const int Failed = 1;
    public const int Misused = 2;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand("A whole Kubernetes network: on every node, and in a lab on one machine.")
        {
            LabCommand.Create(),
            ApiServerCommand.Create(),
            AgentCommand.Create(),
            StatusCommand.Create(),
            ServicesCommand.Create(),
            PolicyCommand.Create(),
            DnsCommand.Create(),
        };

        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"fairlead: {error.Message}").ConfigureAwait(false);
            }

            await Console.Error.WriteLineAsync($"Try 'fairlead {CommandPath(parsed)}--help'.").ConfigureAwait(false);
            return Misused;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is LabException or AgentException)
        {
            await Console.Error.WriteLineAsync($"fairlead: {exception.Message}").ConfigureAwait(false);
            return Failed;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("fairlead: interrupted.").ConfigureAwait(false);
            return Failed;
        }
    }

    private static string CommandPath(ParseResult parsed)
    {
        string path = "";
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult { Command: not RootCommand } command; result = result.Parent)
        {
            path = command.Command.Name + " " + path;
        }

        return path;
    }
}
