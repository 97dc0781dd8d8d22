using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Kubelet.Images;

/// <summary>
/// Unpacks a layer into a directory that overlayfs can have as a lower layer: whiteouts (OCI image specification, layer.md) become what overlayfs
/// means by them, a character device 0/0 for a file that is gone and an opaque directory for one that hides what lies below.
/// </summary>
internal static class LayerExtractor
{
    private const string Whiteout = ".wh.";
    private const string OpaqueWhiteout = ".wh..wh..opq";
    private const string ExtendedAttribute = "SCHILY.xattr.";
    private const uint CharacterDevice = 0x2000;
    private const int MostLinks = 40;

    /// <summary>Unpacks a layer; nothing that it holds is written outside of the directory.</summary>
    /// <returns>The digest of what it holds, uncompressed: a configuration's <c>diff_ids</c> (OCI image specification, config.md).</returns>
    /// <exception cref="InvalidDataException">It is no tar archive, or one that is compressed in a way that is not read here.</exception>
    public static string Extract(Stream layer, string directory)
    {
        using var hash = SHA256.Create();
        using CryptoStream plain = new(Decompress(layer), hash, CryptoStreamMode.Read);
        using TarReader reader = new(plain, leaveOpen: true);
        List<(string Path, DateTimeOffset Time)> directories = [];
        try
        {
            while (reader.GetNextEntry() is { } entry)
            {
                Extract(entry, directory, directories);
            }
        }
        catch (FormatException broken)
        {
            throw new InvalidDataException(broken.Message, broken);
        }

        foreach (var (path, time) in directories)
        {
            Directory.SetLastWriteTimeUtc(path, time.UtcDateTime);
        }

        // The reader stops at the archive's end; what pads it counts too.
        plain.CopyTo(Stream.Null);
        return "sha256:" + Convert.ToHexStringLower(hash.Hash!);
    }

    private static Stream Decompress(Stream layer)
    {
        var magic = new byte[4];
        var count = layer.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        layer.Position = 0;
        return count < 4 ? layer
            : magic is [0x1f, 0x8b, ..] ? new GZipStream(layer, CompressionMode.Decompress)
            : magic is [0x28, 0xb5, 0x2f, 0xfd] ? throw new InvalidDataException("a layer is compressed with zstd, which is not read here: save the image with gzip, or uncompressed")
            : layer;
    }

    private static void Extract(TarEntry entry, string root, List<(string, DateTimeOffset)> directories)
    {
        if (Resolve(root, entry.Name) is not { } path)
        {
            return; // The root itself.
        }

        var (parent, name) = (Path.GetDirectoryName(path)!, Path.GetFileName(path));
        Directory.CreateDirectory(parent);
        if (name == OpaqueWhiteout)
        {
            SetAttribute(parent, "trusted.overlay.opaque", "y"u8);
            return;
        }

        if (name.StartsWith(Whiteout, StringComparison.Ordinal))
        {
            Check(LibC.MakeNode(Path.Combine(parent, name[Whiteout.Length..]), CharacterDevice, 0), entry.Name);
            return;
        }

        if (entry.EntryType != TarEntryType.Directory)
        {
            Remove(path);
        }

        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                Directory.CreateDirectory(path);
                directories.Add((path, entry.ModificationTime));
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                using (FileStream file = new(path, FileMode.CreateNew, FileAccess.Write))
                {
                    entry.DataStream?.CopyTo(file);
                }

                break;
            case TarEntryType.SymbolicLink:
                File.CreateSymbolicLink(path, entry.LinkName);
                break;
            case TarEntryType.HardLink:
                Check(LibC.Link(Resolve(root, entry.LinkName) ?? root, path), entry.Name);
                return;
            case TarEntryType.CharacterDevice or TarEntryType.BlockDevice or TarEntryType.Fifo:
                var device = entry is PosixTarEntry posix ? (ulong)((posix.DeviceMajor << 8) | (posix.DeviceMinor & 0xff)) : 0;
                Check(LibC.MakeNode(path, entry.EntryType switch { TarEntryType.CharacterDevice => CharacterDevice, TarEntryType.BlockDevice => 0x6000, _ => 0x1000 }, device), entry.Name);
                break;
            default:
                return; // Headers that the reader has applied already.
        }

        Check(LibC.ChangeOwner(path, (uint)entry.Uid, (uint)entry.Gid), entry.Name);
        if (entry.EntryType != TarEntryType.SymbolicLink)
        {
            // After the owner: a change of owner takes the set-user bits away (chown(2)).
            File.SetUnixFileMode(path, entry.Mode);
        }

        if (entry is PaxTarEntry pax)
        {
            foreach (var (key, value) in pax.ExtendedAttributes.Where(static pair => pair.Key.StartsWith(ExtendedAttribute, StringComparison.Ordinal)))
            {
                SetAttribute(path, key[ExtendedAttribute.Length..], System.Text.Encoding.Latin1.GetBytes(value));
            }
        }

        if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
        {
            File.SetLastWriteTimeUtc(path, entry.ModificationTime.UtcDateTime);
        }
    }

    /// <summary>Where a name lies below the root, with links on the way taken as if the root were /; null for the root itself.</summary>
    private static string? Resolve(string root, string name)
    {
        Stack<string> left = new(Enumerable.Reverse(name.Split('/')));
        List<string> done = [];
        var links = 0;
        while (left.TryPop(out var part))
        {
            switch (part)
            {
                case "" or ".":
                    continue;
                case "..":
                    if (done.Count > 0)
                    {
                        done.RemoveAt(done.Count - 1);
                    }

                    continue;
                default:
                    break;
            }

            var path = Path.Combine([root, .. done, part]);
            if (left.Count > 0 && new FileInfo(path).LinkTarget is { } target)
            {
                if (++links > MostLinks)
                {
                    throw new InvalidDataException($"too many links on the way to {name}");
                }

                if (target.StartsWith('/'))
                {
                    done.Clear();
                }

                foreach (var step in Enumerable.Reverse(target.Split('/')))
                {
                    left.Push(step);
                }

                continue;
            }

            done.Add(part);
        }

        return done.Count == 0 ? null : Path.Combine([root, .. done]);
    }

    private static void Remove(string path)
    {
        FileInfo old = new(path);
        if (old.LinkTarget is null && Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else if (old.Exists || old.LinkTarget is not null)
        {
            File.Delete(path);
        }
    }

    private static unsafe void SetAttribute(string path, string name, ReadOnlySpan<byte> value)
    {
        fixed (byte* pointer = value)
        {
            Check(LibC.SetExtendedAttribute(path, name, pointer, (nuint)value.Length, 0), name);
        }
    }

    private static void Check(int result, string name)
    {
        if (result != 0)
        {
            throw LibC.Failure($"unpack {name}");
        }
    }
}
