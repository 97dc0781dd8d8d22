using Fairlead.Kernel;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Fabric;

/// <summary>
/// The namespaces of a host: its network (pinned under /run/netns), its mounts (pinned in the lab's directory: /etc/cni, /opt/cni/bin, /var/lib/cni and /sys are the host's own), and for each process that starts there a UTS namespace with the host's name.
/// </summary>
public sealed class HostNamespaces
{
    // Where plugins and the agent keep what is the host's own, at the paths that everybody expects.
    private static readonly string[] s_ownDirectories = ["/etc/cni", "/var/lib/cni", "/run/fairlead", LabDaemons.OwnPluginDirectory];

    private readonly LabHost _host;
    private readonly string _directory;

    /// <summary>The namespaces of one host of a lab; nothing is made or opened yet.</summary>
    public HostNamespaces(LabPaths paths, LabHost host)
    {
        _host = host;
        _directory = paths.Host(host.Name);
    }

    private string MountPin => Path.Combine(_directory, "mnt");

    /// <summary>Makes the mount namespace; the network namespace must be there.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public void Create()
    {
        foreach (string directory in s_ownDirectories)
        {
            MachineDirectories.Make(directory);
            Directory.CreateDirectory(OwnDirectory(directory));
        }

        string groups = Path.Combine(_directory, "cgroup");
        Directory.CreateDirectory(groups);

        using NetworkNamespace network = NetworkNamespace.OpenNamed(_host.Namespace);
        network.Run(() =>
        {
            using MountNamespace mounts = MountNamespace.CreatePinned(MountPin, () =>
            {
                foreach (string directory in s_ownDirectories)
                {
                    Mounts.Bind(OwnDirectory(directory), directory);
                }

                // A sysfs mounted here shows this network namespace's links (what brctl and ethtool read); the control groups come back into it.
                Mounts.Bind("/sys/fs/cgroup", groups, recursive: true);
                Mounts.Mount("sysfs", "/sys", "sysfs", MountOptions.NoSetUser | MountOptions.NoDevices | MountOptions.NoExecute);
                Mounts.Bind(groups, "/sys/fs/cgroup", recursive: true);
                Mounts.UnmountAll(groups);
            },
            shared: NetworkNamespace.NamedDirectory);
        });
    }

    /// <summary>Lets go of this host's mount namespace: it ends with the last process in it.</summary>
    public void RemovePin() => Mounts.UnmountAll(MountPin);

    /// <summary>Undoes <see cref="Create"/>, except for the network namespace. What is gone already is no error.</summary>
    public static void RemovePins(LabPaths paths)
    {
        string hosts = paths.Host("");
        if (Directory.Exists(hosts))
        {
            foreach (string host in Directory.GetDirectories(hosts))
            {
                Mounts.UnmountAll(Path.Combine(host, "mnt"));
            }
        }
    }

    /// <summary>Does <paramref name="body"/> on a thread in all of the host's namespaces; processes that it starts stay in them.</summary>
    /// <exception cref="KernelException">The host is gone.</exception>
    public T Run<T>(Func<T> body)
    {
        using NetworkNamespace network = NetworkNamespace.OpenNamed(_host.Namespace);
        using MountNamespace mounts = MountNamespace.Open(MountPin);
        return network.Run(() => mounts.Run(() =>
        {
            if (LibC.Unshare(LibC.CLONE_NEWUTS) != 0)
            {
                throw LibC.Failure($"make a uts namespace for {_host.Name}");
            }

            LibC.SetHostName(_host.Name);
            return body();
        }));
    }

    private string OwnDirectory(string path) => Path.Combine(_directory, path.TrimStart('/'));
}
