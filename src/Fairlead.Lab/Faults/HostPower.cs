using Fairlead.Kernel;
using Fairlead.Kernel.Route;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>Takes a host's power away and gives it back: its processes end, its network namespace and those of its pods, its mounts. Its files stay.</summary>
internal sealed class HostPower(LabTopology topology, LabPaths paths)
{
    /// <summary>Takes it away; a host without power stays so.</summary>
    /// <exception cref="LabException">A process doesn't end.</exception>
    public void Off(LabHost host)
    {
        LabCgroup cgroup = LabCgroup.Of(topology.Name, host.Name);
        LabSweeper.KillAllAsync(topology.Name, cgroup, CancellationToken.None).GetAwaiter().GetResult();
        foreach (string @namespace in NetworkNamespace.ListNamed().Where(name => name == host.Namespace || name.StartsWith(host.Namespace + "_", StringComparison.Ordinal)))
        {
            NetworkNamespace.DeleteNamed(@namespace);
        }

        // Also when something else still holds the namespace for a moment, the wire is gone now.
        using RouteNetlink router = OpenRouter();
        router.DeleteLink(host.Name);
        new HostNamespaces(paths, host).RemovePin();
        cgroup.Remove();
    }

    /// <summary>Gives it back: new namespaces and wire, and all processes that the host should have.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public void On(LabHost host)
    {
        if (NetworkNamespace.ListNamed().Contains(host.Namespace))
        {
            return;
        }

        using (RouteNetlink router = OpenRouter())
        {
            router.DeleteLink(host.Name);
            FabricNetwork.CreateHost(topology, host, router);
        }

        new HostNamespaces(paths, host).Create();
        RunningLab.Open(topology.Name).Start(host.Name);
    }

    private RouteNetlink OpenRouter()
    {
        using NetworkNamespace router = NetworkNamespace.OpenNamed(topology.Router.Namespace);
        return RouteNetlink.Open(router);
    }
}
