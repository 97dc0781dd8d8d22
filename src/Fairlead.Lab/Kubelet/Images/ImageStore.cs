namespace Fairlead.Lab.Kubelet.Images;

/// <summary>The images that were loaded into a lab, read from their directory: one JSON file per image under <c>images</c>, layers beside.</summary>
public sealed class ImageStore(string? directory)
{
    /// <summary>The image of that name; null when it was not loaded, and the machine's own root file system stands for it.</summary>
    public StoredImage? Find(string reference)
    {
        if (directory is null)
        {
            return null;
        }

        var full = ImageReference.Normalize(reference);
        return List().FirstOrDefault(image => image.References.Contains(full) || image.Id == reference);
    }

    /// <summary>All images.</summary>
    public IReadOnlyList<StoredImage> List()
    {
        if (directory is null || !Directory.Exists(Path.Combine(directory, "images")))
        {
            return [];
        }

        return [.. Directory.GetFiles(Path.Combine(directory, "images"), "*.json").Order(StringComparer.Ordinal)
            .Select(static file => AtomicFile.Read(file, KubeletJson.Default.StoredImage)).OfType<StoredImage>()];
    }
}
