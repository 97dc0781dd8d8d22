using System.Net;
using System.Net.Sockets;
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
internal sealed class ServiceAllocator(IPNetwork serviceCidr, int firstNodePort, int lastNodePort, TimeProvider time)
{
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
            spec.Default("ipFamilies", selectorless ? new JsonArray("IPv4", "IPv6") : new JsonArray("IPv4"));
            spec.Default("ipFamilyPolicy", selectorless ? "RequireDualStack" : "SingleStack");
            return;
        }

        if (spec.StringAt("ipFamilyPolicy") == "RequireDualStack")
        {
            errors.Add(FieldError.Invalid("spec.ipFamilyPolicy", "RequireDualStack", "this cluster is not configured for dual-stack services"));
            return;
        }

        if (spec.StringsAt("ipFamilies").Any(family => family != Family))
        {
            errors.Add(FieldError.Invalid("spec.ipFamilies", spec["ipFamilies"]?.DeepClone(), "not configured on this cluster"));
            return;
        }

        spec["ipFamilies"] = new JsonArray(Family);
        spec.Default("ipFamilyPolicy", "SingleStack");
        var wanted = spec.StringAt("clusterIP") is { Length: > 0 } one ? one : spec.StringsAt("clusterIPs").FirstOrDefault() ?? "";
        var held = old is null ? [] : Addresses(old).ToHashSet();
        if (wanted.Length == 0)
        {
            wanted = NextAddress();
            if (wanted.Length == 0)
            {
                throw StatusException.Internal("failed to allocate a serviceIP: range is full");
            }

            allocation.Take(wanted);
        }
        else if (!held.Contains(wanted))
        {
            if (!IPAddress.TryParse(wanted, out var address))
            {
                errors.Add(FieldError.Invalid("spec.clusterIPs[0]", wanted, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
                return;
            }

            if (address.AddressFamily != serviceCidr.BaseAddress.AddressFamily || !serviceCidr.Contains(address))
            {
                errors.Add(FieldError.Invalid("spec.clusterIPs", new JsonArray(wanted), $"failed to allocate IP {wanted}: the provided network does not match the current range"));
                return;
            }

            if (_addresses.Contains(wanted))
            {
                errors.Add(FieldError.Invalid("spec.clusterIPs", new JsonArray(wanted), $"failed to allocate IP {wanted}: provided IP is already allocated"));
                return;
            }

            allocation.Take(wanted);
        }

        spec["clusterIP"] = wanted;
        spec["clusterIPs"] = new JsonArray(wanted);
    }

    private string Family => serviceCidr.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? "IPv4" : "IPv6";

    /// <summary>
    /// A random free address, first from the upper band: the lower one (16 addresses at least) is left to those who ask for a certain
    /// address, as kube-apiserver does (KEP-3070).
    /// </summary>
    private string NextAddress()
    {
        var bits = (serviceCidr.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128) - serviceCidr.PrefixLength;
        var size = bits >= 24 ? 1 << 24 : 1 << bits;
        var first = 1;
        var last = Family == "IPv4" ? size - 2 : size - 1;
        var reserved = Math.Min(Math.Max(16, size / 16), 256);
        var upper = last - reserved > first ? first + reserved : first;
        return Scan(upper, last) ?? Scan(first, upper - 1) ?? "";

        string? Scan(int from, int to)
        {
            if (to < from)
            {
                return null;
            }

            var start = RandomNumberGenerator.GetInt32(from, to + 1);
            for (var i = 0; i <= to - from; i++)
            {
                var candidate = AddressAt(from + (start - from + i) % (to - from + 1));
                if (!_addresses.Contains(candidate))
                {
                    return candidate;
                }
            }

            return null;
        }
    }

    private string AddressAt(int offset)
    {
        var bytes = serviceCidr.BaseAddress.GetAddressBytes();
        for (var i = bytes.Length - 1; i >= 0 && offset > 0; i--)
        {
            offset += bytes[i];
            bytes[i] = (byte)offset;
            offset >>= 8;
        }

        return new IPAddress(bytes).ToString();
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
                ["ipaddress.kubernetes.io/ip-family"] = Family,
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
