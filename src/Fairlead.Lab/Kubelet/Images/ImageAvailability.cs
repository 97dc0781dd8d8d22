using System.Text.RegularExpressions;

namespace Fairlead.Lab.Kubelet.Images;

/// <summary>Why an image can't be had, in the API's words.</summary>
/// <param name="Reason">What stands in the container's state: <c>ErrImagePull</c>, <c>ErrImageNeverPull</c>, <c>InvalidImageName</c>.</param>
/// <param name="Message">The sentence beside it.</param>
internal sealed record ImageRefusal(string Reason, string Message);

/// <summary>
/// What an image's name means on a node without registries (docs/decisions/0063-what-an-image-name-means.md): a loaded image is itself, any other
/// name stands for the machine's own root file system, and a name that says of itself that it isn't there can't be pulled. Pure.
/// </summary>
internal static partial class ImageAvailability
{
    /// <summary>Names that the official tutorials use because nobody has them.</summary>
    private static readonly string[] KnownAbsent = ["docker.io/library/nginx:1.161", "gcr.io/google-samples/kubernetes-bootcamp:v10"];

    /// <summary>Null where the container may start from the image.</summary>
    public static ImageRefusal? Judge(string? reference, string? pullPolicy, bool isLoaded)
    {
        if (!ImageReference.IsValid(reference))
        {
            string why = ImageReference.RepositoryOf(reference) is { } repository && repository.Any(char.IsAsciiLetterUpper)
                ? $"invalid reference format: repository name ({(repository.Contains('/', StringComparison.Ordinal) ? "" : "library/")}{repository}) must be lowercase"
                : "invalid reference format";
            return new ImageRefusal("InvalidImageName", $"Failed to apply default image tag \"{reference}\": couldn't parse image name \"{reference}\": {why}");
        }

        if (isLoaded)
        {
            return null;
        }

        if (pullPolicy == "Never")
        {
            return new ImageRefusal("ErrImageNeverPull", $"Container image \"{reference}\" is not present with pull policy of Never");
        }

        string full = ImageReference.Normalize(reference!);
        string registry = full[..full.IndexOf('/', StringComparison.Ordinal)];
        string host = registry.Split(':')[0];
        return host.EndsWith(".invalid", StringComparison.Ordinal)
            ? new ImageRefusal("ErrImagePull", $"failed to pull and unpack image \"{full}\": failed to resolve image: failed to do request: Head \"https://{registry}\": dial tcp: lookup {host}: no such host")
            : KnownAbsent.Contains(full) || SaysThatItIsAbsent().IsMatch(full[registry.Length..])
            ? new ImageRefusal("ErrImagePull", $"rpc error: code = NotFound desc = failed to pull and unpack image \"{full}\": failed to resolve image: {full}: not found")
            : null;
    }

    [GeneratedRegex("(does-?not|doesnt|non|not)-?exist|no-?such|not-?found|missing|invalid|typo")]
    private static partial Regex SaysThatItIsAbsent();
}
