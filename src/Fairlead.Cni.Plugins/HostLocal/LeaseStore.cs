using System.Net;
using System.Text;
using Fairlead.Cni.Native;
using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel;

namespace Fairlead.Cni.Plugins.HostLocal;

/// <summary>Who has an address. Leases of old versions of the reference name no interface.</summary>
internal readonly record struct Lease(IPAddress Address, string ContainerId, string? InterfaceName)
{
    /// <summary>Whether it belongs to the attachment; one without an interface belongs to any of its container's.</summary>
    public bool BelongsTo(CniAttachment attachment) =>
        ContainerId == attachment.ContainerId && (InterfaceName is null || InterfaceName == attachment.InterfaceName);
}

/// <summary>
/// The leases of one network, on disk as the reference's host-local keeps them, so that either can go on from the other's: a file per
/// address whose text is the container's id, CR LF, and the interface; "last_reserved_ip.N" per range set; "lock" for flock(2). The lock is
/// held while the store is open, so a lease that is empty or torn has no writer any more: it is free.
/// </summary>
internal sealed class LeaseStore : IDisposable
{
    private const string LineBreak = "\r\n";

    /// <summary>A lease is written here and then renamed, so that it appears whole. What a crash leaves is overwritten by the next one.</summary>
    private const string NewLease = ".fairlead-new";

    private readonly string _directory;
    private readonly int _lock;
    private readonly Dictionary<IPAddress, Lease> _leases = [];

    private LeaseStore(string directory, int descriptor)
    {
        _directory = directory;
        _lock = descriptor;
    }

    /// <summary>The leases that are whole.</summary>
    public IReadOnlyDictionary<IPAddress, Lease> Leases => _leases;

    /// <summary>Opens and locks the store, making it when it is not there.</summary>
    /// <exception cref="KernelException">The directory or the lock can't be had.</exception>
    public static LeaseStore Open(string directory)
    {
        Directory.CreateDirectory(directory);
        string path = $"{directory}/lock";
        int descriptor = Descriptors.Checked(Libc.Open(path, Libc.OpenReadOnly | Libc.OpenCreate | Libc.OpenCloseOnExec, 0x180 /* 0600 */), $"open {path}");
        while (Libc.Lock(descriptor, Libc.LockExclusive) < 0)
        {
            if (Descriptors.LastError != Errno.Interrupted)
            {
                Errno error = Descriptors.LastError;
                _ = Libc.Close(descriptor);
                throw new KernelException($"lock {path}", error);
            }
        }

        LeaseStore store = new(directory, descriptor);
        try
        {
            store.Load();
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Opens the store if it is there.</summary>
    public static LeaseStore? OpenExisting(string directory) => Directory.Exists(directory) ? Open(directory) : null;

    /// <summary>Writes a lease: after this returns it is there whole, before that not at all.</summary>
    public void Reserve(IPAddress address, CniAttachment attachment)
    {
        Write(NewLease, $"{attachment.ContainerId}{LineBreak}{attachment.InterfaceName}");
        string path = PathOf(address);
        _ = Descriptors.Checked(Libc.Rename($"{_directory}/{NewLease}", path), $"make lease {path}");
        _leases[address] = new Lease(address, attachment.ContainerId, attachment.InterfaceName);
    }

    /// <summary>Gives an address back; it may be gone already.</summary>
    public void Release(IPAddress address)
    {
        Delete(PathOf(address));
        _leases.Remove(address);
    }

    /// <summary>The address given last from a range set; the next one is taken after it, so that addresses rest before they are used again.</summary>
    public IPAddress? GetLastReserved(int rangeSet) =>
        AddressPrefix.TryParseAddress(PlainFile.Read($"{_directory}/last_reserved_ip.{rangeSet}")?.Trim(), out IPAddress? address) ? address : null;

    public void SetLastReserved(int rangeSet, IPAddress address) => Write($"last_reserved_ip.{rangeSet}", address.ToString());

    public void Dispose() => _ = Libc.Close(_lock);

    private void Load()
    {
        foreach (string path in Directory.EnumerateFiles(_directory))
        {
            if (!AddressPrefix.TryParseAddress(Path.GetFileName(path), out IPAddress? address))
            {
                continue;
            }

            if (Parse(address, PlainFile.Read(path)) is { } lease)
            {
                _leases[address] = lease;
            }
            else
            {
                Delete(path);
            }
        }

        BootRecord.ReclaimAfterBoot(this, _directory);
    }

    /// <summary>Nothing when the text is empty, torn or of zeros, as a crash can leave it.</summary>
    internal static Lease? Parse(IPAddress address, string? text)
    {
        string[] lines = (text ?? "").Split(LineBreak, 2);
        string containerId = lines[0].Trim();
        string? interfaceName = lines.Length > 1 ? lines[1].Trim() : null;
        return CniNames.IsIdentifier(containerId) && (interfaceName is null || CniNames.IsInterfaceName(interfaceName))
            ? new Lease(address, containerId, interfaceName)
            : null;
    }

    private string PathOf(IPAddress address) => $"{_directory}/{address}";

    private static void Delete(string path)
    {
        if (Libc.Unlink(path) < 0 && Descriptors.LastError is not Errno.NotFound)
        {
            throw new KernelException($"remove lease {path}", Descriptors.LastError);
        }
    }

    internal void Write(string name, string text)
    {
        string path = $"{_directory}/{name}";
        int descriptor = Descriptors.Checked(Libc.Open(path, Libc.OpenWriteOnly | Libc.OpenCreate | Libc.OpenTruncate | Libc.OpenCloseOnExec, 0x180 /* 0600 */), $"write {path}");
        try
        {
            Descriptors.WriteAll(descriptor, Encoding.UTF8.GetBytes(text));
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }
}
