namespace Fairlead.Lab.Kubelet.Containers;

/// <summary>A command that could not be started in a container, with the exit code that a shell would give it (POSIX, 2.8.2) and the words of other runtimes.</summary>
/// <param name="ExitCode">127 when there is no such program, 126 when it can't be executed, crun's own code for everything else.</param>
/// <param name="Message">What the user is told.</param>
internal sealed record ExecFailure(int ExitCode, string Message)
{
    private const int NotFound = 127, NotExecutable = 126;

    /// <summary>Reads what crun wrote into its log; null when it wrote nothing, and the exit code is the command's own.</summary>
    public static ExecFailure? Read(string log, string program, int exitCode)
    {
        if (exitCode == 0 || !File.Exists(log) || File.ReadAllText(log) is not { Length: > 0 } said)
        {
            return null;
        }

        // 2026-11-27T22:45:00.123456Z: executable file `nope` not found in $PATH: No such file or directory
        var line = said.TrimEnd().Split('\n')[^1];
        var problem = line.Split(": ", 2) is [var time, var rest] && time.EndsWith('Z') ? rest : line;
        return problem switch
        {
            _ when Says("executable file") && Says("not found") => Failure(
                NotFound, program.Contains('/', StringComparison.Ordinal) ? $"exec: \"{program}\": stat {program}: no such file or directory" : $"exec: \"{program}\": executable file not found in $PATH"),
            _ when Says("open executable") || Says("Permission denied") => Failure(NotExecutable, $"exec: \"{program}\": permission denied"),
            _ when Says("Exec format error") => Failure(NotExecutable, $"exec {program}: exec format error"),
            _ => Failure(exitCode, problem),
        };

        bool Says(string text) => problem.Contains(text, StringComparison.Ordinal);
    }

    private static ExecFailure Failure(int exitCode, string problem) =>
        new(exitCode, $"OCI runtime exec failed: exec failed: unable to start container process: {problem}: unknown");
}
