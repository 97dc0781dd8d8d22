using System.Diagnostics;
using System.Text.Json.Nodes;
using Fairlead.Kernel;

namespace Fairlead.TestSupport;

/// <summary>Runs the tools that others wrote (ip, tc, nft, conntrack …) to see from outside what we did.</summary>
public static class Witness
{
    /// <summary>Runs a command line, split at blanks, in a namespace (null: the caller's) and gives its output. A failure is the test's failure.</summary>
    public static string Run(NetworkNamespace? networkNamespace, string command)
    {
        (int exitCode, string output, string error) = TryRun(networkNamespace, command);
        return exitCode == 0 ? output : throw new InvalidOperationException($"`{command}` ended with {exitCode}: {error}{output}");
    }

    /// <summary>Like <see cref="Run"/>, and a failure is an answer.</summary>
    public static (int ExitCode, string Output, string Error) TryRun(NetworkNamespace? networkNamespace, string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ProcessStartInfo start = new(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = networkNamespace is null ? Process.Start(start)! : networkNamespace.StartProcess(start);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>Runs a command that prints JSON, such as <c>ip -j -d link show dev eth0</c>.</summary>
    public static JsonNode Json(NetworkNamespace? networkNamespace, string command)
    {
        string output = Run(networkNamespace, command);
        return string.IsNullOrWhiteSpace(output) ? new JsonArray() : JsonNode.Parse(output)!;
    }
}
