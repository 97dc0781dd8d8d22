using System.Net;
using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.PortMap;

/// <summary>portmap: leads ports of the host to ports of the container.</summary>
internal sealed class PortMapPlugin : CniPlugin
{
    public override string Name => "portmap";

    public override CniResult Add(CniRequest request)
    {
        CniResult result = request.RequirePreviousResult();
        Plan plan = Plan.Read(request, result);
        if (plan.Elements.Count == 0)
        {
            return result;
        }

        PortTable.Add(plan.Elements, plan.Conditions, Ownership.Comment(request.Configuration.Name, request.Attachment));
        try
        {
            if (plan.TranslatesSource)
            {
                AllowLoopbackSources(plan.Addresses);
            }

            UdpConnections.Forget(plan.Elements.Select(element => element.Mapping));
            return result;
        }
        catch
        {
            Delete(request);
            throw;
        }
    }

    public override void Delete(CniRequest request)
    {
        string comment = Ownership.Comment(request.Configuration.Name, request.Attachment);
        UdpConnections.Forget(PortTable.Remove(other => other == comment));
    }

    public override void Check(CniRequest request)
    {
        Plan plan = Plan.Read(request, request.RequirePreviousResult());
        if (plan.Elements.Count > 0)
        {
            PortTable.Check(plan.Elements, plan.Conditions);
        }
    }

    public override void CollectGarbage(CniRequest request)
    {
        string network = request.Configuration.Name;
        HashSet<string?> valid = [.. request.Configuration.ValidAttachments.Select(attachment => Ownership.Comment(network, attachment))];
        UdpConnections.Forget(PortTable.Remove(comment => Ownership.IsOfNetwork(comment, network) && !valid.Contains(comment)));
    }

    /// <summary>A connection from 127.0.0.1 leaves by the link to the container with that source until postrouting; the kernel must not call it a martian.</summary>
    private static void AllowLoopbackSources(IReadOnlyList<IPAddress> addresses)
    {
        using RouteNetlink host = RouteNetlink.Open();
        foreach (IPAddress address in addresses.Where(address => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork))
        {
            if (host.LookUpRoute(address)?.LinkIndex is { } index && host.FindLink(index) is { } link)
            {
                ContainerLink.TrySetSysctl($"ipv4/conf/{link.Name}/route_localnet", "1");
            }
        }
    }

    private sealed record Plan(IReadOnlyList<PortElement> Elements, PortConditions Conditions, IReadOnlyList<IPAddress> Addresses, bool TranslatesSource)
    {
        public static Plan Read(CniRequest request, CniResult result)
        {
            ConfigurationObject root = request.Configuration.Root;
            if (root.GetString("backend") is { } backend and not ("" or "iptables" or "nftables"))
            {
                throw root.Invalid("backend", $"\"{backend}\" is neither \"iptables\" nor \"nftables\"");
            }

            if (root.GetInteger("markMasqBit") is < 0 or > 31)
            {
                throw root.Invalid("markMasqBit", "must be between 0 and 31");
            }

            PortConditions conditions = PortConditions.Read(root);
            bool translateSource = root.GetBoolean("snat", otherwise: true);
            IPAddress[] addresses = FirstOfEachFamily(result);
            IReadOnlyList<PortMapping> mappings = PortMapping.Read(request.Configuration.RuntimeConfig);
            return new Plan(
                PortElement.Plan(mappings, addresses, conditions.Id, translateSource, root.GetBoolean("masqAll")),
                conditions,
                addresses,
                translateSource);
        }

        private static IPAddress[] FirstOfEachFamily(CniResult result)
        {
            IPAddress[] all = [.. result.ContainerAddresses.Select(address => address.Address.Address)];
            return [.. new[] { System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.AddressFamily.InterNetworkV6 }
                .Select(family => Array.Find(all, address => address.AddressFamily == family)).OfType<IPAddress>()];
        }
    }
}
