using System.CommandLine;
using Fairlead.Agent;
using Fairlead.Network;

namespace Fairlead.Cli.Commands;

/// <summary>The agent's flags about the way between nodes.</summary>
internal sealed class RouteFlags
{
    private readonly Option<Choice<RoutingMode>> mode = Choice.Option("--mode", "How packets travel between nodes: direct (routes through node addresses, on one segment), vxlan (in tunnels, as flannel's), none (a router outside knows the way).", RoutingMode.Direct);
    private readonly Option<bool> directRouting = new("--direct-routing") { Description = "In mode vxlan: send to nodes on the same segment without a tunnel." };
    private readonly Option<uint> vxlanId = new("--vxlan-id") { Description = "The VXLAN network identifier, the same on all nodes.", DefaultValueFactory = _ => NodeSettings.DefaultVxlanId };
    private readonly Option<ushort> vxlanPort = new("--vxlan-port") { Description = "The UDP port of the tunnels, the same on all nodes.", DefaultValueFactory = _ => 8472 };
    private readonly Option<int> mtu = new("--mtu") { Description = "The longest packets that pods send, in bytes; 0: what the uplink takes, less what the mode adds." };

    private readonly Option<int> probes = new("--probe-interval-s") { Description = "How often packets of full length are sent along the way to every other node, in seconds; 0: never.", DefaultValueFactory = _ => 300 };

    /// <summary>Adds the flags to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[mode, directRouting, vxlanId, vxlanPort, mtu, probes])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The options, with what these flags say.</summary>
    public AgentOptions Apply(AgentOptions options, ParseResult parsed) => options with
    {
        Mode = parsed.GetValue(mode),
        DirectRouting = parsed.GetValue(directRouting),
        VxlanId = parsed.GetValue(vxlanId),
        VxlanPort = parsed.GetValue(vxlanPort),
        Mtu = parsed.GetValue(mtu),
        ProbeInterval = TimeSpan.FromSeconds(parsed.GetValue(probes)),
    };
}
