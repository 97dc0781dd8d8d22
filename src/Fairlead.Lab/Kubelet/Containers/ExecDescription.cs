using System.Security.Cryptography;

namespace Fairlead.Lab.Kubelet.Containers;

/// <summary>
/// One more process for a container, written down for crun (OCI runtime specification, <c>process</c>): the container's own user, groups, rights
/// and environment, and another command. Without it crun would run the command as root.
/// </summary>
internal sealed class ExecDescription : IDisposable
{
    private ExecDescription(string path) => Path = path;

    /// <summary>The file that crun reads; it is gone when this is disposed of.</summary>
    public string Path { get; }

    public static async Task<ExecDescription> WriteAsync(ContainerPaths container, IReadOnlyList<string> command, bool terminal, CancellationToken cancellationToken)
    {
        ExecDescription description = new(System.IO.Path.Combine(container.Bundle, $"exec-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}.json"));
        var configuration = await File.ReadAllBytesAsync(container.Configuration, cancellationToken).ConfigureAwait(false);
        await File.WriteAllBytesAsync(description.Path, OciConfiguration.WriteProcess(configuration, command, terminal), cancellationToken).ConfigureAwait(false);
        return description;
    }

    public void Dispose()
    {
        try
        {
            File.Delete(Path);
        }
        catch (DirectoryNotFoundException)
        {
            // The container ended meanwhile, and its bundle is gone.
        }
    }
}
