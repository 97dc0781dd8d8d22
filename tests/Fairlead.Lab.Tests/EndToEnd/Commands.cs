using System.Diagnostics;

namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>Runs what a person would run: our published executable, kubectl, ip. Nothing of ours is called in-process here.</summary>
internal static class Commands
{
    /// <summary>How long a command may take before it is taken for hung: what needs seconds needs a minute on a machine that is small and busy.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(6);

    public static string Repository { get; } = FindRepository();

    public static string Executable => Path.Combine(Repository, "out/bin/fairlead");

    /// <summary>A real kubectl of a Debian suite, unpacked by eng/kubectl.sh; null where that suite can't be had.</summary>
    public static string? Kubectl(string suite = "trixie")
    {
        string path = Path.Combine(Repository, "out/tools", "kubectl-" + suite);
        return File.Exists(path) ? path : null;
    }

    public static CommandResult Run(string program, params string[] arguments) => RunWith("", program, arguments);

    /// <summary>Runs a command with the given text on its standard input.</summary>
    public static CommandResult RunWith(string input, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        if (input.Length > 0)
        {
            process.StandardInput.Write(input);
        }

        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {s_patience.TotalSeconds} s.");
        }

        return new CommandResult(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Runs a command that must succeed and returns its standard output.</summary>
    public static string Require(string program, params string[] arguments)
    {
        CommandResult result = Run(program, arguments);
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', arguments)} exited {result.ExitCode}:\n{result.Output}{result.Error}");
        return result.Output;
    }

    private static string FindRepository()
    {
        for (string? directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "Fairlead.slnx")))
            {
                return directory;
            }
        }

        throw new InvalidOperationException("These tests run from within the repository: Fairlead.slnx is in none of the directories above them.");
    }
}

internal sealed record CommandResult(int ExitCode, string Output, string Error);
