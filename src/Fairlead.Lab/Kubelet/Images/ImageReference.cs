namespace Fairlead.Lab.Kubelet.Images;

/// <summary>Names of images: short forms and what they stand for.</summary>
public static class ImageReference
{
    /// <summary>The full name: <c>nginx</c> → <c>docker.io/library/nginx:latest</c>. A digest stays as it is.</summary>
    public static string Normalize(string reference)
    {
        var slash = reference.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : reference[..slash];
        var full = first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost" ? reference
            : slash < 0 ? "docker.io/library/" + reference
            : "docker.io/" + reference;
        var name = full[(full.LastIndexOf('/') + 1)..];
        return name.Contains(':', StringComparison.Ordinal) || name.Contains('@', StringComparison.Ordinal) ? full : full + ":latest";
    }

    /// <summary>Whether the text can name an image at all: no spaces, no capitals in the repository, something in it.</summary>
    public static bool IsValid(string? reference)
    {
        if (string.IsNullOrEmpty(reference) || reference.Any(static c => char.IsWhiteSpace(c) || c < ' '))
        {
            return false;
        }

        var repository = RepositoryOf(reference)!;
        return repository.Length > 0 && !repository.Any(char.IsAsciiLetterUpper) && !repository.EndsWith('/') && !repository.StartsWith('/');
    }

    /// <summary>The name without tag and digest; null where there is no name.</summary>
    internal static string? RepositoryOf(string? reference)
    {
        if (string.IsNullOrEmpty(reference))
        {
            return null;
        }

        var repository = reference.Split('@')[0];
        var tag = repository.LastIndexOf(':');
        return tag > repository.LastIndexOf('/') ? repository[..tag] : repository;
    }
}
