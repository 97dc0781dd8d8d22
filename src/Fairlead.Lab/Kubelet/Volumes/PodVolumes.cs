using Fairlead.Kernel;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Pods;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Kubelet.Volumes;

/// <summary>Where tokens of service accounts come from.</summary>
internal delegate Task<(string Token, DateTimeOffset Expires)> TokenSource(Pod pod, ServiceAccountTokenProjection projection, CancellationToken cancellationToken);

/// <summary>Sets up a pod's volumes on the node, refreshes those that follow the API, and takes them down.</summary>
internal sealed class PodVolumes(IConfigurationSource source, TokenSource tokens, TimeProvider clock)
{
    private const int DefaultMode = 0b110_100_100;

    private readonly Dictionary<string, (byte[] Token, DateTimeOffset RenewAt)> _tokens = [];

    /// <summary>Makes every volume of the pod, or brings it up to date.</summary>
    /// <returns>The path on the node of each volume, by its name.</returns>
    /// <exception cref="VolumeException">One of them cannot be made now.</exception>
    public async Task<IReadOnlyDictionary<string, string>> PrepareAsync(Pod pod, PodPaths paths, DownwardFields fields, CancellationToken cancellationToken)
    {
        Dictionary<string, string> prepared = [];
        foreach (var volume in pod.Spec.Volumes)
        {
            prepared[volume.Name] = await PrepareAsync(pod, volume, Path.Combine(paths.Volumes, volume.Name), fields, cancellationToken).ConfigureAwait(false);
        }

        return prepared;
    }

    /// <summary>Unmounts what was mounted for a pod, and forgets its tokens; its directory can be deleted then.</summary>
    public void Release(string podUid, PodPaths paths)
    {
        lock (_tokens)
        {
            foreach (var key in _tokens.Keys.Where(key => key.StartsWith(podUid + "/", StringComparison.Ordinal)).ToArray())
            {
                _tokens.Remove(key);
            }
        }

        foreach (var point in MountTable.Below(paths.Root))
        {
            Mounts.UnmountAll(point);
        }
    }

    private async Task<string> PrepareAsync(Pod pod, Volume volume, string directory, DownwardFields fields, CancellationToken cancellationToken)
    {
        if (volume.HostPath is { } host)
        {
            return HostPath(volume.Name, host);
        }

        if (volume.EmptyDir is { } empty)
        {
            return EmptyDirectory(volume.Name, empty, directory, pod.Spec.SecurityContext?.FSGroup);
        }

        List<VolumeFile> files = [];
        switch (volume)
        {
            case { ConfigMap: { } map }:
                files.AddRange(await ConfigMapAsync(volume.Name, map.Name, map.Items, map.Optional, map.DefaultMode).ConfigureAwait(false));
                break;
            case { Secret: { } secret }:
                files.AddRange(await SecretAsync(volume.Name, secret.SecretName, secret.Items, secret.Optional, secret.DefaultMode).ConfigureAwait(false));
                break;
            case { DownwardApi: { } downward }:
                files.AddRange(Downward(volume.Name, downward.Items, downward.DefaultMode));
                break;
            case { Projected: { } projected }:
                foreach (var part in projected.Sources)
                {
                    files.AddRange(await ProjectionAsync(part, projected.DefaultMode).ConfigureAwait(false));
                }

                break;
            default:
                throw new VolumeException(volume.Name, "a lab has no storage, so this kind of volume is not there: use emptyDir, hostPath, configMap, secret, downwardAPI or projected");
        }

        _ = VolumeWriter.Write(directory, files, pod.Spec.SecurityContext?.FSGroup, clock.GetUtcNow());
        return directory;

        async Task<IEnumerable<VolumeFile>> ProjectionAsync(VolumeProjection part, int? mode) => part switch
        {
            { ConfigMap: { } map } => await ConfigMapAsync(volume.Name, map.Name, map.Items, map.Optional, mode).ConfigureAwait(false),
            { Secret: { } secret } => await SecretAsync(volume.Name, secret.Name, secret.Items, secret.Optional, mode).ConfigureAwait(false),
            { DownwardApi: { } downward } => Downward(volume.Name, downward.Items, mode),
            { ServiceAccountToken: { } token } => [await TokenAsync(pod, volume.Name, token, mode, cancellationToken).ConfigureAwait(false)],
            _ => throw new VolumeException(volume.Name, "this projection is not supported by the lab's nodes"),
        };

        async Task<IEnumerable<VolumeFile>> ConfigMapAsync(string name, string? map, IReadOnlyList<KeyToPath> items, bool? optional, int? mode) =>
            Select(name, $"configmap \"{map}\"", await source.ConfigMapAsync(pod.Metadata.Namespace, map ?? "", cancellationToken).ConfigureAwait(false), items, optional, mode);

        async Task<IEnumerable<VolumeFile>> SecretAsync(string name, string? secret, IReadOnlyList<KeyToPath> items, bool? optional, int? mode) =>
            Select(name, $"secret \"{secret}\"", await source.SecretAsync(pod.Metadata.Namespace, secret ?? "", cancellationToken).ConfigureAwait(false), items, optional, mode);

        IEnumerable<VolumeFile> Downward(string name, IReadOnlyList<DownwardApiVolumeFile> items, int? mode) => items.Select(item =>
        {
            var value = item switch
            {
                { FieldRef: { } field } => fields.Field(field.FieldPath),
                { ResourceFieldRef: { } resource } => fields.Resource(resource, ""),
                _ => null,
            } ?? throw new VolumeException(name, $"unsupported reference for {item.Path}");
            return new VolumeFile(item.Path, System.Text.Encoding.UTF8.GetBytes(value), item.Mode ?? mode ?? DefaultMode);
        });
    }

    private async Task<VolumeFile> TokenAsync(Pod pod, string volume, ServiceAccountTokenProjection projection, int? mode, CancellationToken cancellationToken)
    {
        var key = $"{pod.Metadata.Uid}/{volume}/{projection.Path}";
        (byte[] Token, DateTimeOffset RenewAt) cached;
        lock (_tokens)
        {
            _tokens.TryGetValue(key, out cached);
        }

        if (cached.Token is null || clock.GetUtcNow() >= cached.RenewAt)
        {
            var (token, expires) = await tokens(pod, projection, cancellationToken).ConfigureAwait(false);
            var now = clock.GetUtcNow();
            cached = (System.Text.Encoding.UTF8.GetBytes(token), now + (expires - now) * 0.8);
            lock (_tokens)
            {
                _tokens[key] = cached;
            }
        }

        // Only the pod's group and root read it; a container with another user gets it through its own group or user.
        return new VolumeFile(projection.Path, cached.Token, mode ?? DefaultMode);
    }

    private static IEnumerable<VolumeFile> Select(
        string volume, string what, IReadOnlyDictionary<string, byte[]>? data, IReadOnlyList<KeyToPath> items, bool? optional, int? mode)
    {
        if (data is null)
        {
            return optional == true ? [] : throw new VolumeException(volume, what + " not found");
        }

        return items.Count == 0
            ? data.Select(pair => new VolumeFile(pair.Key, pair.Value, mode ?? DefaultMode))
            : items.Where(item => data.ContainsKey(item.Key) || optional != true).Select(item => data.TryGetValue(item.Key, out var content)
                ? new VolumeFile(item.Path, content, item.Mode ?? mode ?? DefaultMode)
                : throw new VolumeException(volume, $"{what} references non-existent key: {item.Key}"));
    }

    private static string EmptyDirectory(string volume, EmptyDirVolumeSource empty, string directory, long? group)
    {
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory);
            if (empty.Medium == "Memory")
            {
                var size = empty.SizeLimit is { } limit && limit.LongValue > 0 ? $"size={limit.LongValue}," : "";
                Mounts.Mount("tmpfs", directory, "tmpfs", MountOptions.NoSetUser | MountOptions.NoDevices, size + "mode=777");
            }
            else if (empty.Medium is { Length: > 0 } other && !other.StartsWith("HugePages", StringComparison.Ordinal))
            {
                throw new VolumeException(volume, $"unknown medium {other}");
            }

            File.SetUnixFileMode(directory, (UnixFileMode)(group is null ? 0b111_111_111 : 0b010_111_111_111));
            if (group is { } owner)
            {
                _ = LibC.ChangeOwner(directory, 0, (uint)owner);
            }
        }

        return directory;
    }

    private static string HostPath(string volume, HostPathVolumeSource host)
    {
        switch (host.Type)
        {
            case "DirectoryOrCreate":
                Directory.CreateDirectory(host.Path);
                break;
            case "FileOrCreate" when !File.Exists(host.Path):
                File.WriteAllBytes(host.Path, []);
                break;
            case "Directory" when !Directory.Exists(host.Path):
                throw new VolumeException(volume, $"hostPath type check failed: {host.Path} is not a directory");
            case "File" when !File.Exists(host.Path):
                throw new VolumeException(volume, $"hostPath type check failed: {host.Path} is not a file");
            case "Socket" or "CharDevice" or "BlockDevice" when !Path.Exists(host.Path):
                throw new VolumeException(volume, $"hostPath type check failed: {host.Path} is not there");
            case null or "" when !Path.Exists(host.Path):
                Directory.CreateDirectory(host.Path);
                break;
            default:
                break;
        }

        return host.Path;
    }
}
