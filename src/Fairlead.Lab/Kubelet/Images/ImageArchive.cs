using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Lab.Kubelet.Images;

/// <summary>Loads images from archives: what <c>docker save</c> and <c>podman save</c> write, and OCI image layouts in a tar file.</summary>
public static class ImageArchive
{
    /// <summary>Unpacks an archive's images into a lab's image directory; layers that are there already are not unpacked again.</summary>
    /// <param name="file">The tar file.</param>
    /// <param name="imageDirectory">The <see cref="NodeRuntimeOptions.ImageDirectory"/> of the lab's nodes.</param>
    /// <param name="name">The name to give to an image that the archive gives none; null refuses such an archive.</param>
    /// <returns>The images, each with the names under which pods may ask for it.</returns>
    /// <exception cref="InvalidDataException">It is no such archive, or something in it is missing, torn, or in a form that is not read here.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static IReadOnlyList<StoredImage> Load(string file, string imageDirectory, string? name = null)
    {
        if (!File.Exists(file))
        {
            throw new FileNotFoundException(Directory.Exists(file)
                ? $"{file} is a directory: give an archive of it (tar -C {file} -cf image.tar .)"
                : $"there is no file {file}");
        }

        Directory.CreateDirectory(Path.Combine(imageDirectory, "images"));
        Directory.CreateDirectory(Path.Combine(imageDirectory, "layers"));
        var temporary = Directory.CreateTempSubdirectory("fairlead-image-").FullName;
        try
        {
            Unpack(file, temporary);
            var images = File.Exists(Path.Combine(temporary, "manifest.json")) ? ReadDocker(temporary)
                : File.Exists(Path.Combine(temporary, "index.json")) ? ReadLayout(temporary)
                : throw new InvalidDataException($"{file} holds neither manifest.json (docker save) nor index.json (OCI layout)");
            return [.. images.Select(image => Store(image, temporary, imageDirectory, name))];
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException or EndOfStreamException or NullReferenceException)
        {
            throw new InvalidDataException($"{file}: a manifest or configuration in it is not as it should be ({broken.Message})", broken);
        }
        catch (InvalidDataException refused) when (!refused.Message.StartsWith(file, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{file}: {refused.Message}", refused);
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    private sealed record Found(IReadOnlyList<string> Names, string Configuration, IReadOnlyList<string> Layers);

    private static void Unpack(string file, string directory)
    {
        using var stream = File.OpenRead(file);
        var isCompressed = stream.ReadByte() == 0x1f && stream.ReadByte() == 0x8b;
        stream.Position = 0;
        using Stream plain = isCompressed ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using TarReader reader = new(plain);
        Dictionary<string, string> links = [];
        for (var entries = 0; Read(entries) is { } entry; entries++)
        {
            var path = Inside(directory, entry.Name);
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                Write(entry, path, entries);
            }
            else if (entry.EntryType is TarEntryType.SymbolicLink)
            {
                links[path] = Inside(directory, Path.Combine(Path.GetDirectoryName(entry.Name) ?? "", entry.LinkName));
            }
            else if (entry.EntryType is TarEntryType.HardLink)
            {
                links[path] = Inside(directory, entry.LinkName);
            }
        }

        // Old docker versions write a layer that two images share once, and a link.
        foreach (var (path, target) in links.Where(static link => File.Exists(link.Value)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(target, path, overwrite: true);
        }

        TarEntry? Read(int entries)
        {
            try
            {
                return reader.GetNextEntry();
            }
            catch (Exception broken) when (broken is EndOfStreamException or FormatException or InvalidDataException)
            {
                throw Torn(entries, broken);
            }
        }

        void Write(TarEntry entry, string path, int entries)
        {
            try
            {
                entry.ExtractToFile(path, overwrite: true);
            }
            catch (Exception broken) when (broken is EndOfStreamException or InvalidDataException)
            {
                throw Torn(entries, broken);
            }
        }

        InvalidDataException Torn(int entries, Exception broken) => new(
            entries == 0 && !isCompressed ? $"{file} is no tar archive" : $"{file} is torn: it ends, or can't be read, after {entries} entries. Copy or save it again", broken);
    }

    private static IEnumerable<Found> ReadDocker(string directory)
    {
        foreach (var image in Json(directory, "manifest.json").AsArray().OfType<JsonObject>())
        {
            yield return new Found(
                [.. image["RepoTags"]?.AsArray().Select(static tag => (string?)tag).OfType<string>() ?? []],
                Required((string?)image["Config"], "Config"),
                [.. image["Layers"]?.AsArray().Select(static layer => (string?)layer).OfType<string>() ?? []]);
        }
    }

    private static IEnumerable<Found> ReadLayout(string directory)
    {
        foreach (var entry in Manifests(directory, Json(directory, "index.json")))
        {
            var manifest = Json(directory, Blob(entry));
            var name = (string?)entry["annotations"]?["io.containerd.image.name"] ?? (string?)entry["annotations"]?["org.opencontainers.image.ref.name"];
            yield return new Found(
                name is { } given && given.Any(static c => c is '/' or ':') ? [given] : [],
                Blob(manifest["config"]!.AsObject()),
                [.. manifest["layers"]!.AsArray().Select(static layer => Blob(layer!.AsObject()))]);
        }
    }

    /// <summary>An index may hold indices, one manifest for each platform.</summary>
    private static IEnumerable<JsonObject> Manifests(string directory, JsonNode index)
    {
        foreach (var entry in index["manifests"]!.AsArray().OfType<JsonObject>())
        {
            var platform = entry["platform"];
            if (platform is not null && ((string?)platform["os"] != "linux" || (string?)platform["architecture"] != Architecture))
            {
                continue;
            }

            if ((string?)entry["mediaType"] is { } type && (type.EndsWith("index.v1+json", StringComparison.Ordinal) || type.EndsWith("manifest.list.v2+json", StringComparison.Ordinal)))
            {
                foreach (var inner in Manifests(directory, Json(directory, Blob(entry))))
                {
                    inner["annotations"] ??= entry["annotations"]?.DeepClone();
                    yield return inner;
                }
            }
            else
            {
                yield return entry;
            }
        }

    }

    private static string Architecture => RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    private static StoredImage Store(Found found, string directory, string imageDirectory, string? name)
    {
        var json = Json(directory, found.Configuration);
        var configuration = File.ReadAllBytes(Inside(directory, found.Configuration));
        var id = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(configuration));
        var names = found.Names.Count > 0 ? found.Names
            : name is not null ? (IReadOnlyList<string>)[name]
            : throw new InvalidDataException("it names no image: say with --tag which name pods will use");
        var content = json["rootfs"]!["diff_ids"]!.AsArray().Select(static d => (string)d!).ToArray();
        if (content.Length != found.Layers.Count)
        {
            throw new InvalidDataException($"{found.Layers.Count} layers, but the configuration of {names[0]} names {content.Length}");
        }

        List<string> layers = [];
        for (var i = 0; i < content.Length; i++)
        {
            layers.Add(Layer(Inside(directory, found.Layers[i]), content[i], imageDirectory));
        }

        var config = json["config"];
        StoredImage image = new()
        {
            References = [.. names.Select(ImageReference.Normalize).Distinct()],
            Id = id,
            Layers = layers,
            Entrypoint = Strings(config?["Entrypoint"]),
            Command = Strings(config?["Cmd"]),
            Environment = Strings(config?["Env"]),
            User = (string?)config?["User"] is { Length: > 0 } user ? user : null,
            WorkingDirectory = (string?)config?["WorkingDir"] is { Length: > 0 } working ? working : null,
            StopSignal = (string?)config?["StopSignal"] is { Length: > 0 } signal ? signal : null,
            Size = found.Layers.Sum(layer => new FileInfo(Inside(directory, layer)).Length),
        };
        Publish(image, imageDirectory);
        return image;
    }

    /// <summary>A name stands for one image: the newest that was loaded under it.</summary>
    private static void Publish(StoredImage image, string imageDirectory)
    {
        foreach (var other in new ImageStore(imageDirectory).List().Where(other => other.Id != image.Id && other.References.Intersect(image.References).Any()))
        {
            AtomicFile.Write(RecordOf(other, imageDirectory), other with { References = [.. other.References.Except(image.References)] }, KubeletJson.Default.StoredImage);
        }

        AtomicFile.Write(RecordOf(image, imageDirectory), image, KubeletJson.Default.StoredImage);
    }

    private static string RecordOf(StoredImage image, string imageDirectory) => Path.Combine(imageDirectory, "images", $"{image.Id["sha256:".Length..]}.json");

    /// <summary>Layers are named by the digest of what they hold, in short: an overlay's options have 4096 bytes for all of them.</summary>
    private static string Layer(string blob, string digest, string imageDirectory)
    {
        if (!File.Exists(blob))
        {
            throw new InvalidDataException($"the layer {Path.GetFileName(blob)} is not in the archive");
        }

        var target = Path.Combine(imageDirectory, "layers", digest[(digest.IndexOf(':', StringComparison.Ordinal) + 1)..][..16]);
        if (!Directory.Exists(target))
        {
            var temporary = $"{target}.{Environment.ProcessId}";
            Directory.CreateDirectory(temporary);
            try
            {
                using var stream = File.OpenRead(blob);
                var content = LayerExtractor.Extract(stream, temporary);
                if (content != digest)
                {
                    throw new InvalidDataException($"the layer {Path.GetFileName(blob)} holds {content} where the image's configuration says {digest}: the archive is damaged");
                }

                Directory.Move(temporary, target);
            }
            catch
            {
                Directory.Delete(temporary, recursive: true);
                throw;
            }
        }

        return target;
    }

    private static IReadOnlyList<string> Strings(JsonNode? list) => [.. list?.AsArray().Select(static text => (string?)text).OfType<string>() ?? []];

    private static JsonNode Json(string directory, string file)
    {
        var path = Inside(directory, file);
        return File.Exists(path) ? JsonNode.Parse(File.ReadAllBytes(path))! : throw new InvalidDataException($"{file} is not in the archive");
    }

    private static string Blob(JsonObject descriptor) => "blobs/" + Required((string?)descriptor["digest"], "digest").Replace(':', '/');

    private static string Required(string? text, string what) => text is { Length: > 0 } ? text : throw new InvalidDataException($"the archive's manifest has no {what}");

    private static string Inside(string directory, string name)
    {
        var path = Path.GetFullPath(Path.Combine(directory, name.TrimStart('/')));
        return path.StartsWith(directory + "/", StringComparison.Ordinal) || path == directory ? path : throw new InvalidDataException($"{name} leads out of the archive");
    }
}
