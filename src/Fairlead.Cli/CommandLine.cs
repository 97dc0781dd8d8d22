using System.CommandLine;
using System.CommandLine.Help;
using Fairlead.Agent.Local;
using Fairlead.Cli.Commands;
using Fairlead.Kernel;
using Fairlead.Kubernetes;
using Fairlead.Lab.Fabric;

namespace Fairlead.Cli;

/// <summary>The verbs of <c>fairlead</c> and what its exit codes mean: 0 done, 1 it failed and said why, 2 the command line can't be understood.</summary>
internal static class CommandLine
{
    public const int Failed = 1;
    public const int Misused = 2;

    public static async Task<int> RunAsync(string[] arguments)
    {
        RootCommand root = Create();
        ParseResult parsed = root.Parse(AsOptions(arguments));
        IReadOnlyList<string> misunderstood = Misunderstanding.Describe(parsed);
        if (misunderstood.Count > 0)
        {
            foreach (string message in misunderstood)
            {
                await Console.Error.WriteLineAsync($"fairlead: {message}").ConfigureAwait(false);
            }

            await Console.Error.WriteLineAsync($"Try '{Misunderstanding.PathOf(parsed.CommandResult)} --help'.").ConfigureAwait(false);
            return Misused;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is LabException or AgentException)
        {
            await Console.Error.WriteLineAsync($"fairlead: {exception.Message}").ConfigureAwait(false);
            return exception is LabException { ExitCode: var code } ? code : Failed;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or HttpRequestException or KubernetesException)
        {
            await Console.Error.WriteLineAsync($"fairlead: {exception.Message}{WayOut(exception)}").ConfigureAwait(false);
            return Failed;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("fairlead: interrupted.").ConfigureAwait(false);
            return Failed;
        }
    }

    /// <summary>All verbs; those that only hold others print their help, as kubectl's do.</summary>
    public static RootCommand Create()
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
            CompletionCommand.Create(),
        };
        HelpWithoutVerb(root);
        return root;
    }

    /// <summary>What people type who know other commands: "fairlead help lab up", "fairlead version".</summary>
    private static string[] AsOptions(string[] arguments) => arguments switch
    {
        ["help", .. var rest] => [.. rest, "--help"],
        ["version"] => ["--version"],
        _ => arguments,
    };

    private static void HelpWithoutVerb(Command command)
    {
        if (command.Subcommands.Count > 0 && command.Action is null)
        {
            command.SetAction(static parsed => new HelpAction().Invoke(parsed));
        }

        foreach (Command verb in command.Subcommands)
        {
            HelpWithoutVerb(verb);
        }
    }

    private static string WayOut(Exception exception) =>
        !Environment.IsPrivilegedProcess && exception is UnauthorizedAccessException or KernelException { Error: Errno.OperationNotPermitted or Errno.AccessDenied }
            ? " Run it with sudo." : "";
}
