using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Schema;
using Fairlead.ControlPlane.Schema.Apply;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Services;

/// <summary>
/// Gives services their cluster IPs and node ports within the write that needs them. What is taken is remembered here at once and on
/// disk as the services and IPAddress objects themselves, written in one transaction, so a crash can't leak or double an address.
/// </summary>
/// <param name="ranges">The ranges of cluster IPs, at most one of each family; the first is the cluster's own family.</param>
/// <param name="firstNodePort">The lowest node port.</param>
/// <param name="lastNodePort">The highest node port.</param>
/// <param name="time">The clock.</param>
internal sealed class ServiceAllocator(IReadOnlyList<ServiceRange> ranges, int firstNodePort, int lastNodePort, TimeProvider time)
{
    private const string SingleStack = "SingleStack";
    private const string PreferDualStack = "PreferDualStack";
    private const string RequireDualStack = "RequireDualStack";
    private readonly Lock _gate = new();
    private readonly HashSet<string> _addresses = [];
    private readonly HashSet<(string Protocol, int Port)> _ports = [];

    /// <summary>Marks what stored services hold; at start.</summary>
    public void Adopt(JsonObject service)
    {
        lock (_gate)
        {
            foreach (var address in Addresses(service))
            {
                _addresses.Add(address);
            }

            foreach (var port in NodePorts(service))
            {
                _ports.Add(port);
            }
        }
    }

    /// <summary>
    /// Completes a service that is about to be written over <paramref name="old"/> (null: created). The caller writes
    /// <see cref="Allocation.Companions"/> in the same transaction, then calls <see cref="Allocation.Keep"/> or <see cref="Allocation.Undo"/>.
    /// </summary>
    public Allocation Allocate(JsonObject service, JsonObject? old, Collection ipAddresses)
    {
        Allocation allocation = new(this);
        var name = service.StringAt("metadata", "name") ?? "";
        try
        {
            lock (_gate)
            {
                List<FieldError> errors = [];
                AllocateAddresses(service, old, allocation, errors);
                AllocatePorts(service, old, allocation, errors);
                if (errors.Count > 0)
                {
                    throw StatusException.Invalid("", "Service", name, errors);
                }
            }
        }
        catch (StatusException)
        {
            allocation.Undo();
            throw;
        }

        foreach (var address in allocation.NewAddresses)
        {
            allocation.Companions.Add(new Mutation(ipAddresses, "", address, 0, KubernetesJson.Write(IpAddressObject(address, service), null)));
        }

        allocation.Released(ipAddresses, old is null ? [] : Addresses(old).Except(Addresses(service)), old is null ? [] : NodePorts(old).Except(NodePorts(service)));
        return allocation;
    }

    /// <summary>What deleting a service gives back.</summary>
    public Allocation Release(JsonObject service, Collection ipAddresses)
    {
        Allocation allocation = new(this);
        allocation.Released(ipAddresses, Addresses(service), NodePorts(service));
        return allocation;
    }

    private ServiceRange Primary => ranges[0];

    private bool IsDualStack => ranges.Count > 1;

    private static IEnumerable<string> Addresses(JsonObject service) =>
        service.StringsAt("spec", "clusterIPs").Where(address => address is not ("None" or ""));

    private static IEnumerable<(string, int)> NodePorts(JsonObject service)
    {
        foreach (var port in service.ObjectsAt("spec", "ports"))
        {
            if (port.IntegerAt("nodePort") is > 0 and var number)
            {
                yield return (port.StringAt("protocol") ?? "TCP", (int)number);
            }
        }

        if (service.IntegerAt("spec", "healthCheckNodePort") is > 0 and var health)
        {
            yield return ("TCP", (int)health);
        }
    }

    private void AllocateAddresses(JsonObject service, JsonObject? old, Allocation allocation, List<FieldError> errors)
    {
        var spec = service.Ensure("spec");
        if (spec.StringAt("type") == "ExternalName")
        {
            return;
        }

        if (spec.StringAt("clusterIP") == "None" || spec.StringsAt("clusterIPs").FirstOrDefault() == "None")
        {
            spec["clusterIP"] = "None";
            spec["clusterIPs"] = new JsonArray("None");
            var selectorless = spec.ObjectAt("selector") is not { Count: > 0 };
            var both = selectorless || (IsDualStack && spec.StringAt("ipFamilyPolicy") is PreferDualStack or RequireDualStack);
            spec.Default("ipFamilies", both ? new JsonArray(Primary.Family, Primary.Family == "IPv4" ? "IPv6" : "IPv4") : new JsonArray(Primary.Family));
            spec.Default("ipFamilyPolicy", selectorless ? RequireDualStack : SingleStack);
            return;
        }

        List<string> wanted = [.. spec.StringsAt("clusterIPs")];
        if (wanted.Count == 0 && spec.StringAt("clusterIP") is { Length: > 0 } one)
        {
            wanted.Add(one);
        }

        if (ChooseRanges(spec, wanted, errors) is not { } chosen)
        {
            return;
        }

        var held = old is null ? [] : Addresses(old).ToHashSet();
        JsonArray addresses = [];
        JsonArray families = [];
        foreach (var range in chosen)
        {
            var given = wanted.ElementAtOrDefault(addresses.Count);
            if ((given is null ? AnyAddress(range, allocation) : CertainAddress(range, given, addresses.Count, held, allocation, errors)) is not { } address)
            {
                return;
            }

            addresses.Add((JsonNode?)address);
            families.Add((JsonNode?)range.Family);
        }

        spec["clusterIP"] = addresses[0]!.DeepClone();
        spec["clusterIPs"] = addresses;
        spec["ipFamilies"] = families;
    }

    /// <summary>
    /// The ranges that a service gets an address of, in its order: as its families say, then its addresses, then the cluster's own order; a second one where its policy
    /// asks for it and the cluster has one. Null where that can't be.
    /// </summary>
    private List<ServiceRange>? ChooseRanges(JsonObject spec, List<string> addresses, List<FieldError> errors)
    {
        List<string> asked = [.. spec.StringsAt("ipFamilies")];
        if (asked.Any(family => ranges.All(range => range.Family != family)))
        {
            errors.Add(FieldError.Invalid("spec.ipFamilies", spec["ipFamilies"]?.DeepClone(), "not configured on this cluster"));
            return null;
        }

        List<string> given = [.. addresses.Select(text => IPAddress.TryParse(text, out var address) ? ServiceRange.FamilyOf(address) : Primary.Family)];
        var policy = spec.StringAt("ipFamilyPolicy") ?? (asked.Count == 2 || given.Count == 2 ? RequireDualStack : SingleStack);
        if (policy == RequireDualStack && !IsDualStack)
        {
            errors.Add(FieldError.Invalid("spec.ipFamilyPolicy", RequireDualStack, "this cluster is not configured for dual-stack services"));
            return null;
        }

        spec["ipFamilyPolicy"] = policy;
        var first = asked.Count > 0 ? asked[0] : given.Count > 0 && ranges.Any(range => range.Family == given[0]) ? given[0] : Primary.Family;
        return [.. ranges.OrderBy(range => range.Family == first ? 0 : 1).Take(policy == SingleStack ? 1 : 2)];
    }

    private string? AnyAddress(ServiceRange range, Allocation allocation)
    {
        var address = range.NextFree(_addresses) ?? throw StatusException.Internal("failed to allocate a serviceIP: range is full");
        allocation.Take(address);
        return address;
    }

    private string? CertainAddress(ServiceRange range, string wanted, int index, HashSet<string> held, Allocation allocation, List<FieldError> errors)
    {
        if (held.Contains(wanted))
        {
            return wanted;
        }

        if (!IPAddress.TryParse(wanted, out var address))
        {
            errors.Add(FieldError.Invalid($"spec.clusterIPs[{index}]", wanted, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
            return null;
        }

        if (!range.Contains(address))
        {
            errors.Add(FieldError.Invalid("spec.clusterIPs", new JsonArray(wanted), $"failed to allocate IP {wanted}: the provided network does not match the current range"));
            return null;
        }

        if (_addresses.Contains(wanted))
        {
            errors.Add(FieldError.Invalid("spec.clusterIPs", new JsonArray(wanted), $"failed to allocate IP {wanted}: provided IP is already allocated"));
            return null;
        }

        allocation.Take(wanted);
        return wanted;
    }

    private void AllocatePorts(JsonObject service, JsonObject? old, Allocation allocation, List<FieldError> errors)
    {
        var spec = service.Ensure("spec");
        var type = spec.StringAt("type");
        var needsPorts = type == "NodePort" || (type == "LoadBalancer" && spec.BooleanAt("allocateLoadBalancerNodePorts") != false);
        var held = old is null ? [] : NodePorts(old).ToHashSet();
        var before = old?.ObjectsAt("spec", "ports").ToList() ?? [];
        var index = 0;
        HashSet<(string, int)> mine = [];
        foreach (var port in spec.ObjectsAt("ports"))
        {
            var path = $"spec.ports[{index++}].nodePort";
            var protocol = port.StringAt("protocol") ?? "TCP";
            if (type is "ClusterIP" or "ExternalName")
            {
                // The port of the former type goes; one that the client sets anew is an error.
                if (port.IntegerAt("nodePort") is > 0 and var leftover && !held.Contains((protocol, (int)leftover)))
                {
                    errors.Add(FieldError.Forbidden(path, "may not be used when `type` is 'ClusterIP'"));
                }

                port.Remove("nodePort");
                continue;
            }

            var number = (int)(port.IntegerAt("nodePort") ?? 0);
            if (number == 0)
            {
                // A client that leaves the node port out keeps the one that this port had.
                number = (int)(before.Where(one => one.IntegerAt("port") == port.IntegerAt("port") && (one.StringAt("protocol") ?? "TCP") == protocol)
                    .Select(one => one.IntegerAt("nodePort")).FirstOrDefault() ?? 0);
            }

            if (number == 0)
            {
                if (needsPorts)
                {
                    number = NextPort(protocol);
                    allocation.Take(protocol, number);
                }
            }
            else if (!held.Contains((protocol, number)) && !mine.Contains((protocol, number)))
            {
                if (number < firstNodePort || number > lastNodePort)
                {
                    errors.Add(FieldError.Invalid(path, number, $"provided port is not in the valid range. The range of valid ports is {firstNodePort}-{lastNodePort}"));
                    continue;
                }

                if (_ports.Contains((protocol, number)))
                {
                    errors.Add(FieldError.Invalid(path, number, "provided port is already allocated"));
                    continue;
                }

                allocation.Take(protocol, number);
            }

            if (number > 0)
            {
                mine.Add((protocol, number));
                port["nodePort"] = (long)number;
            }
        }

        if (type == "LoadBalancer" && spec.StringAt("externalTrafficPolicy") == "Local")
        {
            var number = (int)(spec.IntegerAt("healthCheckNodePort") ?? old.IntegerAt("spec", "healthCheckNodePort") ?? 0);
            if (number == 0)
            {
                number = NextPort("TCP");
                allocation.Take("TCP", number);
            }
            else if (!held.Contains(("TCP", number)))
            {
                if (_ports.Contains(("TCP", number)))
                {
                    errors.Add(FieldError.Invalid("spec.healthCheckNodePort", number, "provided port is already allocated"));
                    return;
                }

                allocation.Take("TCP", number);
            }

            spec["healthCheckNodePort"] = (long)number;
        }
        else
        {
            spec.Remove("healthCheckNodePort");
        }
    }

    private int NextPort(string protocol)
    {
        var start = RandomNumberGenerator.GetInt32(firstNodePort, lastNodePort + 1);
        for (var i = 0; i <= lastNodePort - firstNodePort; i++)
        {
            var candidate = firstNodePort + (start - firstNodePort + i) % (lastNodePort - firstNodePort + 1);
            if (!_ports.Contains((protocol, candidate)))
            {
                return candidate;
            }
        }

        throw StatusException.Internal("failed to allocate a nodePort: range is full");
    }

    private JsonObject IpAddressObject(string address, JsonObject service)
    {
        var value = NewIpAddress(address, service);
        FieldManager.Update(FieldManagerContext.For(SchemaRegistry.Default.Find("networking.k8s.io/v1", "IPAddress")!, "", hasStatus: false), null, value, "kube-apiserver", time.GetUtcNow());
        return value;
    }

    private JsonObject NewIpAddress(string address, JsonObject service) => new()
    {
        ["kind"] = "IPAddress",
        ["apiVersion"] = "networking.k8s.io/v1",
        ["metadata"] = new JsonObject
        {
            ["name"] = address,
            ["uid"] = Guid.NewGuid().ToString(),
            ["creationTimestamp"] = ObjectMetadata.Timestamp(time),
            ["labels"] = new JsonObject
            {
                ["ipaddress.kubernetes.io/ip-family"] = ServiceRange.FamilyOf(IPAddress.Parse(address)),
                ["ipaddress.kubernetes.io/managed-by"] = "ipallocator.k8s.io",
            },
        },
        ["spec"] = new JsonObject
        {
            ["parentRef"] = new JsonObject
            {
                ["resource"] = "services",
                ["namespace"] = service.StringAt("metadata", "namespace") ?? "",
                ["name"] = service.StringAt("metadata", "name") ?? "",
            },
        },
    };

    /// <summary>What one write took and gives back.</summary>
    internal sealed class Allocation(ServiceAllocator owner)
    {
        private readonly List<(string, int)> _newPorts = [];
        private readonly List<string> _freedAddresses = [];
        private readonly List<(string, int)> _freedPorts = [];

        public List<string> NewAddresses { get; } = [];

        /// <summary>IPAddress objects to create with the service.</summary>
        public List<Mutation> Companions { get; } = [];

        /// <summary>IPAddress objects to delete with it.</summary>
        public List<(Collection Collection, string Name)> Removed { get; } = [];

        public void Take(string address)
        {
            owner._addresses.Add(address);
            NewAddresses.Add(address);
        }

        public void Take(string protocol, int port)
        {
            owner._ports.Add((protocol, port));
            _newPorts.Add((protocol, port));
        }

        public void Released(Collection ipAddresses, IEnumerable<string> addresses, IEnumerable<(string, int)> ports)
        {
            _freedAddresses.AddRange(addresses);
            _freedPorts.AddRange(ports);
            Removed.AddRange(_freedAddresses.Select(address => (ipAddresses, address)));
        }

        /// <summary>The write is durable: what it released is free now.</summary>
        public void Keep()
        {
            lock (owner._gate)
            {
                owner._addresses.ExceptWith(_freedAddresses);
                owner._ports.ExceptWith(_freedPorts);
            }
        }

        /// <summary>The write didn't happen: what it took is free again.</summary>
        public void Undo()
        {
            lock (owner._gate)
            {
                owner._addresses.ExceptWith(NewAddresses);
                owner._ports.ExceptWith(_newPorts);
            }
        }
    }
}
