using System.CommandLine;
using Fairlead.Lab.Fabric;
using Fairlead.Lab.Kubelet.Images;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead lab load</c>: images from an archive, for the pods of a lab.</summary>
internal static class LabLoadCommand
{
    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "A tar file as docker save, podman save or an OCI layout has it." };
        Option<string?> tag = new("--tag") { Description = "The name for an image that the archive gives none." };
        Option<string> name = LabCommand.NameOption();
        Command command = new("load", "Load images from an archive; pods that name them run from their layers.") { file, tag, name };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(file)!;
            LabPaths paths = RunningLab.Open(parsed.GetValue(name)!).Paths;
            try
            {
                foreach (StoredImage image in ImageArchive.Load(path, paths.Images, parsed.GetValue(tag)))
                {
                    Console.WriteLine($"Loaded {string.Join(", ", image.References)}: {image.Layers.Count} layers, {image.Size / (1 << 20)} MiB");
                }

                return 0;
            }
            catch (Exception refused) when (refused is InvalidDataException or FileNotFoundException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine($"fairlead: {refused.Message}");
                return 1;
            }
        });
        return command;
    }
}
