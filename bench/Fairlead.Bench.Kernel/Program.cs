using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fairlead.Bench.Kernel;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

// The kernel's floor: what a pod's interface and a cluster's routes cost when nothing stands between the caller and netlink, beside iproute2 for the same.
// Everything happens in namespaces of its own.
const int Nodes = 5000;
using NetworkNamespace host = NetworkNamespace.Create();
using RouteNetlink route = RouteNetlink.Open(host);
route.SetLink(1, new LinkOptions { Up = true });
int bridge = route.AddLink(new LinkOptions { Name = "cnio0", Up = true, AddressGeneration = AddressGeneration.None }, new BridgeKind());
route.AddAddress(new InterfaceAddress { LinkIndex = bridge, Address = IPAddress.Parse("10.200.0.1"), PrefixLength = 24 });

Measure.Head("ground");
using NetworkNamespace pod = NetworkNamespace.Create();
Measure.Print("open a netlink socket", 1000, _ => RouteNetlink.Open().Dispose());
Measure.Print("open a netlink socket in a pod's namespace (a thread of its own)", 1000, _ => RouteNetlink.Open(pod).Dispose());
Measure.Print("find a link by name", 2000, _ => route.FindLink("cnio0"));
Measure.Print("make a network namespace", 50, _ => NetworkNamespace.Create().Dispose());

Measure.Head("a pod's interface: veth, master, address, default route, both ends up");
using RouteNetlink inside = RouteNetlink.Open(pod);
Measure.Print("ADD as we do it: born in the pod's namespace, 3 requests, sockets open", 300, Born, Gone);
Measure.Print("ADD as we do it, with the pod's socket opened for it", 300, BornOpening, Gone);
Measure.Print("ADD the long way: made here, moved, renamed, one thing per request", 300, Moved, Gone);
Measure.Print("DEL: the veth deleted, its peer with it", 100, Gone, Born);
Gone(0);
Measure.Print("ADD by iproute2: 4 processes", 30, ByProcesses, Gone);

Measure.Head($"routes to {Nodes} nodes");
int vxlan = route.AddLink(new LinkOptions { Name = "fl.1", Up = true }, new VxlanKind { Id = 1, Learning = false, Local = IPAddress.Parse("10.200.0.1") });
RouteChange[] direct = [.. Enumerable.Range(0, Nodes).Select(node => RouteChange.Of(ChangeVerb.Replace, Direct(node)))];
RouteChange[] tunnel = [.. Enumerable.Range(0, Nodes).SelectMany(node => Tunnel(node, ChangeVerb.Replace))];
Measure.Print("direct: all from empty, a route each", 5, _ => Require(route.Apply(direct)), _ => Require(route.Apply([.. direct.Select(change => RouteChange.Of(ChangeVerb.Delete, (RouteEntry)change.Subject))])));
Measure.Print("vxlan: all from empty, a route, a neighbour and an FDB entry each", 5, _ => Require(route.Apply(tunnel)), Clean);
Require(route.Apply(tunnel));
Measure.Print("vxlan: one node's three changed", 500, i => Require(route.Apply([.. Tunnel(Math.Abs(i), ChangeVerb.Replace)])));
Measure.Print("read all routes back", 10, _ => route.ListRoutes(AddressFamily.InterNetwork, protocol: RouteProtocol.Fairlead));
Clean(0);
string batch = Path.GetTempFileName();
File.WriteAllLines(batch, direct.Select(change => $"route replace {((RouteEntry)change.Subject).Destination} via 10.200.0.9 dev cnio0 proto 72"));
Measure.Print("direct, by iproute2: ip -batch", 3, _ => Ip($"-batch {batch}"), _ => Ip("route flush proto 72"));
File.Delete(batch);
return;

void Born(int round)
{
    VethPair pair = route.AddVeth(
        new LinkOptions { Name = "veth0", Mtu = 1450, MasterIndex = bridge, Up = true }, new LinkOptions { Name = "eth0", Mtu = 1450, Namespace = pod });
    Finish(inside, pair.Far);
}

void BornOpening(int round)
{
    VethPair pair = route.AddVeth(
        new LinkOptions { Name = "veth0", Mtu = 1450, MasterIndex = bridge, Up = true }, new LinkOptions { Name = "eth0", Mtu = 1450, Namespace = pod });
    using RouteNetlink opened = RouteNetlink.Open(pod);
    Finish(opened, pair.Far);
}

void Finish(RouteNetlink there, int index)
{
    there.SetLink(index, new LinkOptions { Up = true });
    Require(there.Apply(
    [
        RouteChange.Of(ChangeVerb.Add, new InterfaceAddress { LinkIndex = index, Address = IPAddress.Parse("10.200.0.5"), PrefixLength = 24 }),
        RouteChange.Of(ChangeVerb.Add, new RouteEntry { Destination = IPNetwork.Parse("0.0.0.0/0"), Gateway = IPAddress.Parse("10.200.0.1"), LinkIndex = index }),
    ]));
}

void Moved(int round)
{
    VethPair pair = route.AddVeth(new LinkOptions { Name = "veth0" }, new LinkOptions { Name = "peer0" });
    route.SetLink(pair.Far, new LinkOptions { Namespace = pod });
    route.SetLink(pair.Near, new LinkOptions { MasterIndex = bridge });
    route.SetLink(pair.Near, new LinkOptions { Mtu = 1450 });
    route.SetLink(pair.Near, new LinkOptions { Up = true });
    inside.SetLink(pair.Far, new LinkOptions { Name = "eth0" });
    inside.SetLink(pair.Far, new LinkOptions { Mtu = 1450 });
    inside.SetLink(pair.Far, new LinkOptions { Up = true });
    inside.AddAddress(new InterfaceAddress { LinkIndex = pair.Far, Address = IPAddress.Parse("10.200.0.5"), PrefixLength = 24 });
    inside.AddRoute(new RouteEntry { Destination = IPNetwork.Parse("0.0.0.0/0"), Gateway = IPAddress.Parse("10.200.0.1"), LinkIndex = pair.Far });
}

void Gone(int round) => route.DeleteLink("veth0");

void ByProcesses(int round)
{
    Ip($"link add veth0 mtu 1450 master cnio0 up type veth peer name eth0 mtu 1450 netns /proc/{Environment.ProcessId}/fd/{PodDescriptor()}");
    Ip("link set eth0 up", pod);
    Ip("address add 10.200.0.5/24 dev eth0", pod);
    Ip("route add default via 10.200.0.1 dev eth0", pod);
}

void Clean(int round) => Require(route.Apply([.. Enumerable.Range(0, Nodes).SelectMany(node => Tunnel(node, ChangeVerb.Delete))]));

RouteEntry Direct(int node) => new()
{
    Destination = PodNetwork(node), Gateway = IPAddress.Parse("10.200.0.9"), LinkIndex = bridge, Protocol = RouteProtocol.Fairlead,
};

IEnumerable<RouteChange> Tunnel(int node, ChangeVerb verb)
{
    IPNetwork network = PodNetwork(node);
    MacAddress mac = new(0x0a580000_0000ul | (uint)node);
    yield return RouteChange.Of(verb, new ForwardingEntry { LinkIndex = vxlan, MacAddress = mac, Destination = new IPAddress([10, 240, (byte)(node / 256), (byte)node]) });
    yield return RouteChange.Of(verb, new Neighbour { LinkIndex = vxlan, Address = network.BaseAddress, MacAddress = mac });
    yield return RouteChange.Of(verb, new RouteEntry { Destination = network, Gateway = network.BaseAddress, LinkIndex = vxlan, Flags = RouteFlags.OnLink, Protocol = RouteProtocol.Fairlead });
}

static IPNetwork PodNetwork(int node) => new(new IPAddress([10, (byte)(128 + (node / 256)), (byte)node, 0]), 24);

static void Require(IReadOnlyList<RouteChangeFailure> failures)
{
    if (failures.Count > 0)
    {
        throw failures[0].ToException();
    }
}

void Ip(string arguments, NetworkNamespace? place = null)
{
    using Process process = (place ?? host).StartProcess(new ProcessStartInfo("ip", arguments));
    process.WaitForExit();
    if (process.ExitCode != 0)
    {
        throw new InvalidOperationException($"ip {arguments} ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}");
    }
}

string PodDescriptor()
{
    string wanted = $"net:[{pod.Inode}]";
    return new DirectoryInfo("/proc/self/fd").EnumerateFiles().First(file => file.LinkTarget == wanted).Name;
}
