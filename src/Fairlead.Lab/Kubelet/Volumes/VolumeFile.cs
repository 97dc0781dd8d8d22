using Fairlead.Lab.Native;

namespace Fairlead.Lab.Kubelet.Volumes;

/// <summary>One file of a volume whose content comes from the API.</summary>
internal sealed record VolumeFile(string Path, byte[] Content, int Mode);

/// <summary>
/// Writes a volume's files so that a reader sees the old set or the new one: a directory per version, and the link <c>..data</c> that moves from
/// one to the next; what users see are links through it.
/// </summary>
internal static class VolumeWriter
{
    private const string Data = "..data";

    /// <summary>Brings a directory to these files; quiet when it has them already.</summary>
    /// <returns>Whether something changed.</returns>
    public static bool Write(string directory, IReadOnlyList<VolumeFile> files, long? group, DateTimeOffset now)
    {
        Directory.CreateDirectory(directory);
        var data = Path.Combine(directory, Data);
        var current = new DirectoryInfo(data).LinkTarget is { } link ? Path.Combine(directory, link) : null;
        if (current is not null && IsSame(current, files))
        {
            return false;
        }

        var version = $"..{now:yyyy_MM_dd_HH_mm_ss}.{Random.Shared.Next():x8}";
        var target = Path.Combine(directory, version);
        Directory.CreateDirectory(target);
        foreach (var file in files)
        {
            var path = Path.Combine(target, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, file.Content);
            File.SetUnixFileMode(path, (UnixFileMode)((group is null ? file.Mode : file.Mode | 0b100_000) & 0b111_111_111_111));
            if (group is { } owner)
            {
                _ = LibC.ChangeOwner(path, 0, (uint)owner);
            }
        }

        var temporary = Path.Combine(directory, "..data_tmp");
        File.Delete(temporary);
        File.CreateSymbolicLink(temporary, version);
        if (LibC.Rename(temporary, data) != 0)
        {
            throw LibC.Failure($"publish {directory}");
        }

        Link(directory, files);
        if (current is not null && Directory.Exists(current))
        {
            Directory.Delete(current, recursive: true);
        }

        return true;
    }

    private static void Link(string directory, IReadOnlyList<VolumeFile> files)
    {
        var wanted = files.Select(static f => f.Path.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in wanted)
        {
            var link = Path.Combine(directory, name);
            if (new FileInfo(link).LinkTarget is null && !File.Exists(link))
            {
                File.CreateSymbolicLink(link, $"{Data}/{name}");
            }
        }

        foreach (var entry in Directory.GetFileSystemEntries(directory).Select(Path.GetFileName).OfType<string>()
                     .Where(name => !name.StartsWith("..", StringComparison.Ordinal) && !wanted.Contains(name)))
        {
            File.Delete(Path.Combine(directory, entry));
        }
    }

    private static bool IsSame(string current, IReadOnlyList<VolumeFile> files)
    {
        var there = Directory.Exists(current)
            ? Directory.GetFiles(current, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(current, f)).ToHashSet(StringComparer.Ordinal)
            : [];
        return there.SetEquals(files.Select(static f => f.Path)) && files.All(f => File.ReadAllBytes(Path.Combine(current, f.Path)).AsSpan().SequenceEqual(f.Content));
    }
}
