using System.Security.Cryptography;

namespace Fairlead.Lab.Kubelet.Containers;

/// <summary>
/// One more process for a container, written down for crun (OCI runtime specification, <c>process</c>): the container's own user, groups, rights
/// and environment, and another command. Without it crun would run the command as root.
/// </summary>
internal sealed class ExecDescription : IDisposable
{
    private readonly string _program;

    private ExecDescription(string path, string program) => (Path, _program) = (path, program);

    /// <summary>The file that crun reads; it is gone when this is disposed of.</summary>
    public string Path { get; }

    /// <summary>The file into which crun writes what goes wrong, so that it isn't taken for the command's own words; goes with the other.</summary>
    public string Log => Path + ".log";

    public static async Task<ExecDescription> WriteAsync(ContainerPaths container, IReadOnlyList<string> command, bool terminal, CancellationToken cancellationToken)
    {
        ExecDescription description = new(System.IO.Path.Combine(container.Bundle, $"exec-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}.json"), command.Count > 0 ? command[0] : "");
        var configuration = await File.ReadAllBytesAsync(container.Configuration, cancellationToken).ConfigureAwait(false);
        await File.WriteAllBytesAsync(description.Path, OciConfiguration.WriteProcess(configuration, command, terminal), cancellationToken).ConfigureAwait(false);
        return description;
    }

    /// <summary>Why the command could not be started; null when it was.</summary>
    public ExecFailure? Failure(int exitCode) => ExecFailure.Read(Log, _program, exitCode);

    public void Dispose()
    {
        try
        {
            File.Delete(Path);
            File.Delete(Log);
        }
        catch (DirectoryNotFoundException)
        {
            // The container ended meanwhile, and its bundle is gone.
        }
    }
}
