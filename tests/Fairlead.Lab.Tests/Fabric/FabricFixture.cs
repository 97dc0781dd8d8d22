using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel;
using Fairlead.Lab.Fabric;
using Fairlead.Lab.Tests.EndToEnd;

namespace Fairlead.Lab.Tests.Fabric;

/// <summary>The wires and namespaces of a lab without API or pods, shared by the tests of a class; taken down after them, and the machine is as it was.</summary>
public abstract class FabricFixture : IAsyncLifetime
{
    private static readonly TimeSpan s_lostAfter = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly MachineState _before;

    protected FabricFixture(LabOptions options)
    {
        LabSweeper.DownAsync(options.Name, CancellationToken.None).GetAwaiter().GetResult();
        _before = MachineState.Read(options.Name);
        Topology = LabTopology.Plan(options);
        Paths = new LabPaths(options.Name);
        Directory.CreateDirectory(Paths.Logs);
        LabDefinition.From(options, apiPort: 0).Write(Paths);
        FabricNetwork.Create(Topology);
    }

    public LabTopology Topology { get; }

    public LabPaths Paths { get; }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await LabSweeper.DownAsync(Topology.Name, CancellationToken.None);
        Assert.Empty(MachineState.Read(Topology.Name).Since(_before));
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens a TCP connection from one host to an address that another host listens at, and says which source the other saw, or that nothing arrived.</summary>
    public string Connect(string from, string to, IPAddress address, IPAddress? source = null, bool expectLost = false)
    {
        AddressFamily family = address.AddressFamily;
        using Socket listener = In(to, () => new Socket(family, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
        listener.Listen();
        using Socket caller = In(from, () => new Socket(family, SocketType.Stream, ProtocolType.Tcp));
        if (source is not null)
        {
            caller.Bind(new IPEndPoint(source, 0));
        }

        Task connecting = caller.ConnectAsync(address, ((IPEndPoint)listener.LocalEndPoint!).Port);
        try
        {
            // A first packet may wait for the neighbour to be found: only what should be lost is given up soon.
            if (!connecting.Wait(expectLost ? s_lostAfter : s_patience))
            {
                return "lost";
            }
        }
        catch (AggregateException refused) when (refused.InnerException is SocketException socket)
        {
            return socket.SocketErrorCode.ToString();
        }

        using Socket accepted = listener.Accept();
        return ((IPEndPoint)accepted.RemoteEndPoint!).Address.ToString();
    }

    /// <summary>Runs a program in a host's network namespace and returns its output.</summary>
    public string On(string host, params string[] command) => Commands.Require("ip", ["netns", "exec", Topology.Host(host).Namespace, .. command]);

    internal CommandResult TryOn(string host, params string[] command) => Commands.Run("ip", ["netns", "exec", Topology.Host(host).Namespace, .. command]);

    internal T In<T>(string host, Func<T> body)
    {
        using NetworkNamespace network = NetworkNamespace.OpenNamed(Topology.Host(host).Namespace);
        return network.Run(body);
    }
}
