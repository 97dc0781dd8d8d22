using System.Net.Sockets;
using System.Net;
using System.Text;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.Route;
using Fairlead.Kernel;
using Fairlead.Lab.Fabric;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Docker;

/// <summary>A running <see cref="DockerPlan"/>. Its namespaces and processes are the lab's: they go with it, or when the host is made again.</summary>
public sealed class DockerHost
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly RunningLab _lab;

    private DockerHost(RunningLab lab, DockerPlan plan)
    {
        _lab = lab;
        Plan = plan;
    }

    /// <summary>What it is made from.</summary>
    public DockerPlan Plan { get; }

    /// <summary>Makes the host with its containers, each of which serves HTTP with its own name; one that was there is removed first.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public static DockerHost Create(RunningLab lab, params ReadOnlySpan<string> containers)
    {
        DockerHost host = new(lab, DockerPlan.Of(lab.Topology, containers));
        host.Remove();
        host.MakeHost();
        foreach (DockerContainer container in host.Plan.Containers)
        {
            host.Run(container);
        }

        return host;
    }

    /// <summary>Leads a port of the host to a container.</summary>
    /// <returns>Null, or the kernel's refusal: the port leads to another container.</returns>
    public string? Publish(ushort hostPort, DockerContainer container)
    {
        using NfTablesClient client = OnHost(NfTablesClient.Open);
        IReadOnlyList<OperationFailure> failures = client.TryCommit(DockerPlan.Publish(hostPort, container));
        return failures.Count == 0 ? null : failures[0].Describe(DockerPlan.Table);
    }

    /// <summary>The host's table as the kernel has it now, in nft's words.</summary>
    public string Table()
    {
        using NfTablesClient client = OnHost(NfTablesClient.Open);
        return client.ListRuleset(DockerPlan.Table)?.ToString() ?? "";
    }

    /// <summary>What a host of the lab is answered that asks an address by HTTP; null when nobody answers.</summary>
    /// <param name="namespaceName">The asking host's network namespace.</param>
    /// <param name="address">Whom it asks.</param>
    /// <param name="port">At which port.</param>
    /// <param name="patience">How long it asks again and waits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<string?> AskAsync(string namespaceName, IPAddress address, int port, TimeSpan patience, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(patience);
        using NetworkNamespace from = NetworkNamespace.OpenNamed(namespaceName);
        try
        {
            while (true)
            {
                try
                {
                    return await AskOnceAsync(from, address, port, late.Token).ConfigureAwait(false);
                }
                catch (SocketException)
                {
                    // What has only just been started may not listen yet.
                    await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, late.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async Task<string> AskOnceAsync(NetworkNamespace from, IPAddress address, int port, CancellationToken cancellationToken)
    {
        using Socket socket = from.CreateSocket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address, port, cancellationToken).ConfigureAwait(false);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"), cancellationToken).ConfigureAwait(false);
        byte[] buffer = new byte[4096];
        StringBuilder answer = new();
        for (int count; (count = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            answer.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return answer.ToString().Split("\r\n\r\n", 2)[^1].Trim();
    }

    private T OnHost<T>(Func<T> work)
    {
        using NetworkNamespace host = NetworkNamespace.OpenNamed(Plan.Host.Namespace);
        return host.Run(work);
    }

    private void Remove()
    {
        LabCgroup cgroup = LabCgroup.Of(_lab.Topology.Name, Plan.Host.Name);
        long start = TimeProvider.System.GetTimestamp();
        while (cgroup.Processes() is { Count: > 0 } processes && TimeProvider.System.GetElapsedTime(start) < s_patience)
        {
            foreach (int process in processes)
            {
                _ = LibC.Kill(process, LibC.SIGKILL);
            }

            Thread.Yield();
        }

        foreach (string name in NetworkNamespace.ListNamed().Where(name => name == Plan.Host.Namespace || name.StartsWith(Plan.Host.Namespace + "_", StringComparison.Ordinal)))
        {
            NetworkNamespace.DeleteNamed(name);
        }

        // The wire goes with the namespace, but not before its last process has: its other end is in the way of a new one until then.
        using NetworkNamespace router = NetworkNamespace.OpenNamed(_lab.Topology.Router.Namespace);
        using RouteNetlink links = RouteNetlink.Open(router);
        _ = links.DeleteLink(Plan.Host.Name);
    }

    private void MakeHost()
    {
        using (NetworkNamespace routerNamespace = NetworkNamespace.OpenNamed(_lab.Topology.Router.Namespace))
        using (RouteNetlink router = RouteNetlink.Open(routerNamespace))
        {
            FabricNetwork.CreateHost(_lab.Topology, Plan.Host, router);
        }

        OnHost(() =>
        {
            Sysctl.Write("net/ipv4/ip_forward", "1");
            using RouteNetlink links = RouteNetlink.Open();
            int bridge = links.AddLink(new LinkOptions { Name = DockerPlan.Bridge, Up = true }, new BridgeKind());
            links.AddAddress(new InterfaceAddress { LinkIndex = bridge, Address = Plan.Gateway, PrefixLength = Plan.Network.PrefixLength });
            using NfTablesClient rules = NfTablesClient.Open();
            rules.Commit(Plan.Rules());
            return bridge;
        });
    }

    private void Run(DockerContainer container)
    {
        using NetworkNamespace inside = NetworkNamespace.CreateNamed(container.Namespace);
        OnHost(() =>
        {
            using RouteNetlink links = RouteNetlink.Open();
            VethPair pair = links.AddVeth(
                new LinkOptions { Name = "veth-" + container.Name, MasterIndex = links.FindLink(DockerPlan.Bridge)!.Index, Up = true },
                new LinkOptions { Name = "eth0", Namespace = inside });
            using RouteNetlink own = RouteNetlink.Open(inside);
            own.SetLink(own.FindLink("lo")!.Index, new LinkOptions { Up = true });
            own.SetLink(pair.Far, new LinkOptions { Up = true });
            own.AddAddress(new InterfaceAddress { LinkIndex = pair.Far, Address = container.Address, PrefixLength = Plan.Network.PrefixLength });
            own.AddRoute(new RouteEntry { Destination = new IPNetwork(IPAddress.Any, 0), Gateway = Plan.Gateway });
            return pair;
        });
        LabCgroup cgroup = LabCgroup.Of(_lab.Topology.Name, $"{Plan.Host.Name}/{container.Name}");
        cgroup.Create();
        _ = inside.Run(new Daemon
        {
            Command = [Environment.ProcessPath!, "lab", "serve-http", "--name", container.Name, $"{DockerPlan.ContainerPort}"],
            Cgroup = cgroup,
            LogFile = _lab.Paths.Log($"{Plan.Host.Name}.{container.Name}"),
        }.Start);
    }
}
