using Fairlead.Cni.Plugins.Links;

namespace Fairlead.Cni.Plugins.HostLocal;

/// <summary>
/// Frees the leases of containers that a reboot ended. No network namespace outlives the machine's boot, so a lease made before it belongs to
/// nobody; the reference keeps it for ever. The store remembers the boot in which it was last used; when that is another one, leases older than
/// this boot go, unless the runtime's record of the container names a namespace that is there now.
/// </summary>
internal static class BootRecord
{
    private const string FileName = "fairlead.boot_id";
    private const string CurrentBoot = "/proc/sys/kernel/random/boot_id";
    private const string RuntimeResults = "/var/lib/cni/results";

    public static void ReclaimAfterBoot(LeaseStore store, string directory)
    {
        string? current = PlainFile.Read(CurrentBoot)?.Trim();
        string? recorded = PlainFile.Read($"{directory}/{FileName}")?.Trim();
        if (string.IsNullOrEmpty(current) || recorded == current)
        {
            return;
        }

        // A store that was never ours says nothing about the boot its leases are from.
        if (!string.IsNullOrEmpty(recorded))
        {
            DateTime booted = TimeProvider.System.GetUtcNow().UtcDateTime - TimeSpan.FromMilliseconds(Environment.TickCount64);
            foreach (Lease lease in store.Leases.Values.ToArray())
            {
                if (File.GetLastWriteTimeUtc($"{directory}/{lease.Address}") < booted && !IsAlive(directory, lease))
                {
                    store.Release(lease.Address);
                }
            }
        }

        store.Write(FileName, current);
    }

    /// <summary>Paths under /proc name a process by a number that another one may have by now; they prove nothing.</summary>
    private static bool IsAlive(string directory, Lease lease)
    {
        try
        {
            string? text = PlainFile.Read($"{RuntimeResults}/{Path.GetFileName(directory)}-{lease.ContainerId}-{lease.InterfaceName}");
            string? path = text is null ? null : ConfigurationObject.Parse(System.Text.Encoding.UTF8.GetBytes(text)).GetString("netns");
            return path is { Length: > 0 } && !path.StartsWith("/proc/", StringComparison.Ordinal) && File.Exists(path);
        }
        catch (Exception exception) when (exception is CniException or IOException)
        {
            return false;
        }
    }
}
