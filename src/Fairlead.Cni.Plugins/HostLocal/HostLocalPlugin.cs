using System.Net;
using System.Net.Sockets;
using Fairlead.Cni.Plugins.Links;

namespace Fairlead.Cni.Plugins.HostLocal;

/// <summary>host-local: gives addresses from ranges and remembers them in files on this host.</summary>
internal sealed class HostLocalPlugin : CniPlugin
{
    public override string Name => "host-local";

    public override CniResult Add(CniRequest request) => Add(request, out _);

    /// <summary>As ADD; <paramref name="fresh"/> are the addresses that were not the attachment's before, which is what undoing must give back.</summary>
    public static CniResult Add(CniRequest request, out IReadOnlyList<IPAddress> fresh)
    {
        request.Arguments.RejectUnknown("IP", "MAC");
        HostLocalConfiguration configuration = HostLocalConfiguration.Read(request);
        using LeaseStore store = LeaseStore.Open(configuration.Directory);
        List<IPAddress> made = [];
        fresh = made;
        try
        {
            return Allocate(request, configuration, store, made);
        }
        catch
        {
            foreach (IPAddress address in made)
            {
                store.Release(address);
            }

            made.Clear();
            throw;
        }
    }

    /// <summary>Gives addresses back that <see cref="Add(CniRequest, out IReadOnlyList{IPAddress})"/> said were fresh.</summary>
    public static void Undo(CniRequest request, IReadOnlyList<IPAddress> fresh)
    {
        using LeaseStore? store = LeaseStore.OpenExisting(HostLocalConfiguration.ReadDirectory(request.Configuration));
        foreach (IPAddress address in fresh)
        {
            store?.Release(address);
        }
    }

    public override void Delete(CniRequest request)
    {
        using LeaseStore? store = LeaseStore.OpenExisting(HostLocalConfiguration.ReadDirectory(request.Configuration));
        foreach (Lease lease in store?.Leases.Values.Where(lease => lease.BelongsTo(request.Attachment)).ToArray() ?? [])
        {
            store!.Release(lease.Address);
        }
    }

    public override void Check(CniRequest request)
    {
        HostLocalConfiguration configuration = HostLocalConfiguration.Read(request);
        using LeaseStore? store = LeaseStore.OpenExisting(configuration.Directory);
        Lease[] own = store?.Leases.Values.Where(lease => lease.BelongsTo(request.Attachment)).ToArray() ?? [];
        if (own.Length == 0)
        {
            throw new CniException(CniErrorCode.CheckFailed, $"host-local: container {request.ContainerId} has no lease for {request.InterfaceName} in {configuration.Directory}");
        }

        foreach (CniAddress address in request.Configuration.PreviousResult?.Addresses ?? [])
        {
            if (configuration.RangeSets.Any(set => set.Any(range => range.Contains(address.Address.Address)))
                && !own.Any(lease => lease.Address.Equals(address.Address.Address)))
            {
                throw new CniException(CniErrorCode.CheckFailed, $"host-local: {address.Address.Address} is not leased to container {request.ContainerId}, interface {request.InterfaceName}");
            }
        }
    }

    public override void CollectGarbage(CniRequest request)
    {
        using LeaseStore? store = LeaseStore.OpenExisting(HostLocalConfiguration.ReadDirectory(request.Configuration));
        HashSet<CniAttachment> valid = [.. request.Configuration.ValidAttachments];
        HashSet<string> validContainers = [.. valid.Select(attachment => attachment.ContainerId)];
        foreach (Lease lease in store?.Leases.Values.ToArray() ?? [])
        {
            bool keep = lease.InterfaceName is null ? validContainers.Contains(lease.ContainerId) : valid.Contains(new CniAttachment(lease.ContainerId, lease.InterfaceName));
            if (!keep)
            {
                store!.Release(lease.Address);
            }
        }
    }

    public override void Status(CniRequest request)
    {
        HostLocalConfiguration configuration;
        try
        {
            configuration = HostLocalConfiguration.Read(request);
        }
        catch (CniException exception)
        {
            throw new CniException(CniErrorCode.NotAvailable, $"host-local: {exception.Message}", exception.Details, exception);
        }

        using LeaseStore store = LeaseStore.Open(configuration.Directory);
        foreach (IReadOnlyList<AddressRange> set in configuration.RangeSets)
        {
            if (FindFree(set, store, null) is null)
            {
                throw Exhausted(set, CniErrorCode.NotAvailable);
            }
        }
    }

    private static CniResult Allocate(CniRequest request, HostLocalConfiguration configuration, LeaseStore store, List<IPAddress> made)
    {
        List<IPAddress> requested = [.. configuration.Requested];
        Lease[] own = [.. store.Leases.Values.Where(lease => lease.BelongsTo(request.Attachment))];
        RefuseWhenInUse(request, own);

        CniResult result = new() { Dns = configuration.Dns };
        for (int index = 0; index < configuration.RangeSets.Count; index++)
        {
            IReadOnlyList<AddressRange> set = configuration.RangeSets[index];
            IPAddress? wanted = requested.Find(address => set.Any(range => range.Contains(address)));
            IPAddress address = wanted is not null ? Claim(wanted, set, store, own)
                : own.FirstOrDefault(lease => set.Any(range => range.Contains(lease.Address))).Address
                ?? FindFree(set, store, store.GetLastReserved(index))
                ?? throw Exhausted(set, CniErrorCode.TryAgainLater);
            if (wanted is not null)
            {
                requested.Remove(wanted);
            }

            if (!own.Any(lease => lease.Address.Equals(address)))
            {
                store.Reserve(address, request.Attachment);
                made.Add(address);
                store.SetLastReserved(index, address);
            }

            AddressRange from = set.First(range => range.Contains(address));
            result.Addresses.Add(new CniAddress { Address = new AddressPrefix(address, from.Subnet.PrefixLength), Gateway = from.Gateway });
        }

        if (requested.Count > 0)
        {
            throw new CniException(CniErrorCode.InvalidConfiguration, $"host-local: failed to allocate all requested IPs: {string.Join(", ", requested)} lies in no range set that is left");
        }

        foreach (CniRoute route in configuration.Routes)
        {
            result.Routes.Add(route);
        }

        return result;
    }

    /// <summary>
    /// An attachment that has a lease already is either there (then ADD is a mistake) or the rest of an ADD that was killed (then it keeps its
    /// address). The container's interface tells which.
    /// </summary>
    private static void RefuseWhenInUse(CniRequest request, Lease[] own)
    {
        foreach (Lease lease in own)
        {
            if (ContainerNamespace.HasAddress(request.NetworkNamespace, request.InterfaceName, lease.Address))
            {
                throw new CniException(CniErrorCode.InvalidConfiguration, $"host-local: {lease.Address} has been allocated to {request.ContainerId}, duplicate allocation is not allowed", $"{request.InterfaceName} has the address already");
            }
        }
    }

    private static IPAddress Claim(IPAddress wanted, IReadOnlyList<AddressRange> set, LeaseStore store, Lease[] own) =>
        set.Any(range => range.Gateway.Equals(wanted))
            ? throw new CniException(CniErrorCode.InvalidConfiguration, $"host-local: requested IP {wanted} is the subnet's gateway")
            : store.Leases.TryGetValue(wanted, out Lease holder) && !own.Contains(holder)
            ? throw new CniException(CniErrorCode.InvalidConfiguration, $"host-local: requested IP {wanted} is not available in the range set", $"container {holder.ContainerId}, interface {holder.InterfaceName}, has it")
            : wanted;

    /// <summary>The first free address after <paramref name="last"/>, going round through all ranges of the set.</summary>
    private static IPAddress? FindFree(IReadOnlyList<AddressRange> set, LeaseStore store, IPAddress? last)
    {
        int at = 0;
        while (last is not null && at < set.Count && !set[at].Contains(last))
        {
            at++;
        }

        bool resume = last is not null && at < set.Count;
        at = resume ? at : 0;
        UInt128 from = resume ? AddressNumber.Of(last!) + 1 : set[0].First;

        // Round once, and the first range's beginning a second time.
        for (int round = 0; round <= set.Count; round++, at = (at + 1) % set.Count, from = set[at].First)
        {
            AddressRange range = set[at];
            AddressFamily family = range.Subnet.Address.AddressFamily;
            UInt128 gateway = AddressNumber.Of(range.Gateway);
            for (UInt128 number = from; number <= range.Last; number++)
            {
                IPAddress address = AddressNumber.ToAddress(number, family);
                if (number != gateway && !store.Leases.ContainsKey(address))
                {
                    return address;
                }
            }
        }

        return null;
    }

    private static CniException Exhausted(IReadOnlyList<AddressRange> set, CniErrorCode code) =>
        new(code, $"host-local: no IP addresses available in range set: {string.Join(", ", set.Select(range =>
            $"{AddressNumber.ToAddress(range.First, range.Subnet.Address.AddressFamily)}-{AddressNumber.ToAddress(range.Last, range.Subnet.Address.AddressFamily)}"))}");
}
