using Fairlead.Agent.Watching;
using Fairlead.Network;
using static Fairlead.Agent.Tests.Flows.TestCluster;

namespace Fairlead.Agent.Tests.Flows;

/// <summary>Where packets go, and whom the endpoint sees, on the real kernel: worker-0 runs the agent.</summary>
[Trait("Category", "Root")]
public sealed class ServiceFlowTests(ServiceFlowTests.Fixture fixture) : IClassFixture<ServiceFlowTests.Fixture>
{
    public sealed class Fixture : IDisposable
    {
        public Fixture()
        {
            Lab = new();
            try
            {
                foreach ((string pod, string[] addresses) in new Dictionary<string, string[]>
                {
                    ["a"] = ["10.200.0.5", "fd00:200:0:0::5"],
                    ["b"] = ["10.200.0.6", "fd00:200:0:0::6"],
                    ["c"] = ["10.200.1.7", "fd00:200:0:1::7"],
                    ["d"] = ["10.200.1.8", "fd00:200:0:1::8"],
                    ["outside"] = ["10.240.0.100", "fd00:240::100", "10.99.0.5", "fd00:99::5"],
                    ["worker-0"] = ["10.240.0.20", "fd00:240::20"],
                    ["worker-1"] = ["10.240.0.21", "fd00:240::21"],
                })
                {
                    foreach (string address in addresses)
                    {
                        Lab.Serve(pod, address, 8080);
                    }
                }

                Sctp = new(Lab);
                Sctp.Serve("c", "10.200.1.7", 8080);
                Sctp.Serve("c", "fd00:200:0:1::7", 8080);
                Feed = WithNodes();
                Fill(Feed);
                Agent = new TestAgent(Lab["worker-0"], Settings, Feed).Start();
                Agent.Settle();
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public FlowLab Lab { get; }

        internal SctpPeers? Sctp { get; }

        public ClusterFeed Feed { get; }

        internal TestAgent? Agent { get; }

        private static void Fill(ClusterFeed feed)
        {
            void Add(ServiceState service, params string[] endpoints)
            {
                feed.Apply(service.Key, service);
                for (int i = 0; i < endpoints.Length; i++)
                {
                    feed.Apply(null, Slice(service.Key.Name, endpoints[i], 8080, service.Ports[0].Protocol.Word(), $"-{i}"));
                }
            }

            Add(Service("local", "10.32.0.10,fd00:32::10", "80+30010/tcp"), "10.200.0.5@worker-0", "fd00:200:0:0::5@worker-0");
            Add(Service("remote", "10.32.0.11,fd00:32::11", "80+30011/tcp"), "10.200.1.7@worker-1", "fd00:200:0:1::7@worker-1");
            Add(Service("dns", "10.32.0.12,fd00:32::12", "53+30012/udp"), "10.200.1.7@worker-1", "fd00:200:0:1::7@worker-1");
            Add(Service("none", "10.32.0.13,fd00:32::13", "80+30013/tcp"));
            Add(Service("none-udp", "10.32.0.14,fd00:32::14", "53+30014/udp"));
            Add(Service("host", "10.32.0.15,fd00:32::15", "80+30015/tcp"), "10.240.0.21@worker-1", "fd00:240::21@worker-1");
            Add(Service("lb", "10.32.0.16,fd00:32::16", "80+30016/tcp", s => s with
            {
                LoadBalancerIPs = [NetAddress.Parse("203.0.113.16"), NetAddress.Parse("2001:db8:113::16")],
                ExternalIPs = [NetAddress.Parse("203.0.113.116")],
            }), "10.200.1.7@worker-1", "fd00:200:0:1::7@worker-1");
            Add(Service("kept", "10.32.0.17,fd00:32::17", "80+30017/tcp", s => s with
            {
                LoadBalancerIPs = [NetAddress.Parse("203.0.113.17"), NetAddress.Parse("2001:db8:113::17")],
                ExternalTrafficLocal = true,
            }), "10.200.0.5@worker-0", "fd00:200:0:0::5@worker-0");
            Add(Service("away", "10.32.0.18,fd00:32::18", "80+30018/tcp", s => s with
            {
                LoadBalancerIPs = [NetAddress.Parse("203.0.113.18"), NetAddress.Parse("2001:db8:113::18")],
                ExternalTrafficLocal = true,
            }), "10.200.1.7@worker-1", "fd00:200:0:1::7@worker-1");
            Add(Service("inside", "10.32.0.19,fd00:32::19", "80/tcp", s => s with { InternalTrafficLocal = true }),
                "10.200.0.5@worker-0 10.200.1.7@worker-1", "fd00:200:0:0::5@worker-0 fd00:200:0:1::7@worker-1");
            Add(Service("inside-away", "10.32.0.20,fd00:32::20", "80/tcp", s => s with { InternalTrafficLocal = true }),
                "10.200.1.7@worker-1", "fd00:200:0:1::7@worker-1");
            Add(Service("guarded", "10.32.0.21,fd00:32::21", "80+30021/tcp", s => s with
            {
                LoadBalancerIPs = [NetAddress.Parse("203.0.113.21"), NetAddress.Parse("2001:db8:113::21")],
                SourceRanges = [NetPrefix.Parse("10.99.0.0/16"), NetPrefix.Parse("fd00:99::/64")],
            }), "10.200.0.5@worker-0", "fd00:200:0:0::5@worker-0");
            Add(Service("guarded-ports", "10.32.0.22", "80+30022/tcp", s => s with
            {
                LoadBalancerIPs = [NetAddress.Parse("203.0.113.22")],
                SourceRanges = [NetPrefix.Parse("10.99.0.0/16")],
                SourceRangesGuardNodePorts = true,
            }), "10.200.0.5@worker-0");
            Add(Service("ending", "10.32.0.23,fd00:32::23"), "10.200.0.5@worker-0!terminating 10.200.1.7@worker-1!notready", "fd00:200:0:0::5@worker-0!terminating");
            Add(Service("ending-elsewhere", "10.32.0.24"), "10.200.0.5@worker-0!terminating 10.200.1.7@worker-1");
            Add(Service("hinted", "10.32.0.25"), "10.200.0.5@worker-0#zone-0 10.200.1.7@worker-1#zone-1");
            Add(Service("hinted-elsewhere", "10.32.0.26"), "10.200.1.7@worker-1#zone-1");
            Add(Service("sctp", "10.32.0.27,fd00:32::27", "9999+30027/sctp"), "10.200.1.7@worker-1", "fd00:200:0:1::7@worker-1");
            Add(Service("none-sctp", "10.32.0.28,fd00:32::28", "9999/sctp"));
        }

        public void Dispose()
        {
            Agent?.Dispose();
            Sctp?.Dispose();
            Lab.Dispose();
        }
    }

    [Theory] //  from        to                        protocol  who answers, and whom it sees
    [InlineData("b",        "10.32.0.10:80",          "tcp", "a 10.200.0.6")]            // pod to pod on one bridge
    [InlineData("b",        "[fd00:32::10]:80",       "tcp", "a fd00:200::6")]
    [InlineData("a",        "10.32.0.10:80",          "tcp", "a 10.200.0.1")]            // hairpin: masqueraded
    [InlineData("a",        "[fd00:32::10]:80",       "tcp", "a fd00:200::1")]
    [InlineData("a",        "10.32.0.11:80",          "tcp", "c 10.200.0.5")]            // pod to pod on another node
    [InlineData("a",        "[fd00:32::11]:80",       "tcp", "c fd00:200::5")]
    [InlineData("a",        "10.32.0.12:53",          "udp", "c 10.200.0.5")]
    [InlineData("a",        "[fd00:32::12]:53",       "udp", "c fd00:200::5")]
    [InlineData("worker-0", "10.32.0.11:80",          "tcp", "c 10.240.0.20")]           // node to Service
    [InlineData("worker-0", "10.32.0.10:80",          "tcp", "a 10.200.0.1")]
    [InlineData("worker-0", "[fd00:32::11]:80",       "tcp", "c fd00:240::20")]
    [InlineData("worker-0", "10.32.0.12:53",          "udp", "c 10.240.0.20")]
    [InlineData("outside",  "10.32.0.11:80",          "tcp", "c 10.240.0.20")]           // from outside to a cluster IP: masqueraded
    [InlineData("a",        "10.32.0.15:80",          "tcp", "worker-1 10.200.0.5")]     // an endpoint on the host's network
    public void A_cluster_ip_leads(string from, string to, string protocol, string outcome) => Assert.Equal(outcome, fixture.Lab.Reach(from, to, protocol));

    [Theory] //  from        to                        who answers, and whom it sees
    [InlineData("a",        "10.32.0.27:9999",        "c 10.200.0.5")]
    [InlineData("a",        "[fd00:32::27]:9999",     "c fd00:200::5")]
    [InlineData("worker-0", "10.32.0.27:9999",        "c 10.240.0.20")]
    [InlineData("outside",  "10.240.0.20:30027",      "c 10.240.0.20")]                  // node port: masqueraded
    [InlineData("outside",  "[fd00:240::20]:30027",   "c fd00:240::20")]
    [InlineData("a",        "10.32.0.28:9999",        "rejected")]                       // no endpoints
    [InlineData("a",        "[fd00:32::28]:9999",     "rejected")]
    public void An_sctp_association_leads(string from, string to, string outcome) => Assert.Equal(outcome, fixture.Sctp!.Reach(from, to));

    [Theory] //  from        to                        protocol
    [InlineData("a",        "10.32.0.13:80",          "tcp")]                            // no endpoints
    [InlineData("a",        "[fd00:32::13]:80",       "tcp")]
    [InlineData("a",        "10.32.0.14:53",          "udp")]
    [InlineData("a",        "[fd00:32::14]:53",       "udp")]
    [InlineData("worker-0", "10.32.0.13:80",          "tcp")]
    [InlineData("worker-0", "[fd00:32::13]:80",       "tcp")]
    [InlineData("worker-0", "10.32.0.14:53",          "udp")]
    [InlineData("outside",  "10.240.0.20:30013",      "tcp")]
    [InlineData("outside",  "[fd00:240::20]:30013",   "tcp")]
    [InlineData("outside",  "10.240.0.20:30014",      "udp")]
    [InlineData("a",        "10.32.0.10:81",          "tcp")]                            // a port that the Service hasn't
    [InlineData("a",        "10.32.0.10:80",          "udp")]
    [InlineData("a",        "10.32.0.99:80",          "tcp")]                            // a cluster IP that nobody has
    [InlineData("a",        "[fd00:32::99]:80",       "tcp")]
    [InlineData("worker-0", "10.32.0.99:80",          "tcp")]
    public void Nobody_is_rejected_not_dropped(string from, string to, string protocol) => Assert.Equal("rejected", fixture.Lab.Reach(from, to, protocol));

    [Theory] //  from        to                        protocol  outcome
    [InlineData("outside",  "10.240.0.20:30011",      "tcp", "c 10.240.0.20")]           // masqueraded: the answer must come back here
    [InlineData("outside",  "[fd00:240::20]:30011",   "tcp", "c fd00:240::20")]
    [InlineData("outside",  "10.240.0.20:30012",      "udp", "c 10.240.0.20")]
    [InlineData("outside",  "10.240.0.20:30010",      "tcp", "a 10.200.0.1")]
    [InlineData("outside",  "10.200.0.1:30011",       "tcp", "unreachable")]             // outside has no way to the bridge's address
    [InlineData("a",        "10.240.0.20:30011",      "tcp", "c 10.200.0.5")]            // a pod keeps its address
    [InlineData("a",        "10.200.0.1:30011",       "tcp", "c 10.200.0.5")]            // all of the node's addresses
    [InlineData("worker-0", "10.240.0.20:30011",      "tcp", "c 10.240.0.20")]
    [InlineData("worker-0", "127.0.0.1:30011",        "tcp", "rejected")]                // not on loopback, unless asked for
    [InlineData("outside",  "10.240.0.20:30017",      "tcp", "a 10.240.0.100")]          // policy Local keeps the source
    [InlineData("outside",  "[fd00:240::20]:30017",   "tcp", "a fd00:240::100")]
    [InlineData("outside",  "10.240.0.20:30018",      "tcp", "dropped")]                 // and drops where nobody is local
    [InlineData("b",        "10.240.0.20:30018",      "tcp", "c 10.200.0.6")]            // but not for pods
    [InlineData("worker-0", "10.240.0.20:30018",      "tcp", "c 10.240.0.20")]           // nor for the node
    [InlineData("outside",  "10.240.0.20:30022",      "tcp", "dropped")]                 // guarded where asked
    [InlineData("outside",  "10.240.0.20:30021",      "tcp", "a 10.200.0.1")]            // otherwise source ranges are the load balancer's
    public void A_node_port_leads(string from, string to, string protocol, string outcome) => Assert.Equal(outcome, fixture.Lab.Reach(from, to, protocol));

    [Theory] //  from        to                        source          outcome
    [InlineData("outside",  "203.0.113.16:80",        null,           "c 10.240.0.20")]
    [InlineData("outside",  "[2001:db8:113::16]:80",  null,           "c fd00:240::20")]
    [InlineData("outside",  "203.0.113.116:80",       null,           "c 10.240.0.20")]  // external IP
    [InlineData("outside",  "203.0.113.17:80",        null,           "a 10.240.0.100")]
    [InlineData("outside",  "[2001:db8:113::17]:80",  null,           "a fd00:240::100")]
    [InlineData("outside",  "203.0.113.18:80",        null,           "dropped")]
    [InlineData("a",        "203.0.113.18:80",        null,           "c 10.200.0.5")]   // the short cut
    [InlineData("a",        "[2001:db8:113::18]:80",  null,           "c fd00:200::5")]
    [InlineData("worker-0", "203.0.113.18:80",        null,           "c 10.240.0.20")]
    [InlineData("outside",  "203.0.113.21:80",        "10.240.0.100", "dropped")]        // outside the source ranges
    [InlineData("outside",  "203.0.113.21:80",        "10.99.0.5",    "a 10.200.0.1")]
    [InlineData("outside",  "[2001:db8:113::21]:80",  null,           "dropped")]
    [InlineData("outside",  "[2001:db8:113::21]:80",  "fd00:99::5",   "a fd00:200::1")]
    public void A_load_balancer_address_leads(string from, string to, string? source, string outcome) =>
        Assert.Equal(outcome, fixture.Lab.Reach(from, to, "tcp", source));

    [Theory] //  from        to                        outcome
    [InlineData("b",        "10.32.0.19:80",          "a 10.200.0.6")]                   // internal policy Local: only here
    [InlineData("b",        "[fd00:32::19]:80",       "a fd00:200::6")]
    [InlineData("b",        "10.32.0.20:80",          "dropped")]                        // and nobody is
    [InlineData("b",        "10.32.0.23:80",          "a 10.200.0.6")]                   // all are terminating: the serving ones go on
    [InlineData("b",        "[fd00:32::23]:80",       "a fd00:200::6")]
    [InlineData("b",        "10.32.0.24:80",          "c 10.200.0.6")]                   // one is ready: only that
    [InlineData("b",        "10.32.0.25:80",          "a 10.200.0.6")]                   // hints: this node's zone
    [InlineData("b",        "10.32.0.26:80",          "c 10.200.0.6")]                   // hints name another zone only: all
    public void A_policy_chooses(string from, string to, string outcome)
    {
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(outcome, fixture.Lab.Reach(from, to));
        }
    }

    [Theory] //  from   to                   outcome
    [InlineData("a",   "10.99.0.5:8080",    "outside 10.240.0.20")]                      // out of the cluster: the node's address
    [InlineData("a",   "[fd00:99::5]:8080", "outside fd00:240::20")]
    [InlineData("a",   "10.200.1.7:8080",   "c 10.200.0.5")]                             // pod to pod: never
    [InlineData("a",   "10.240.0.21:8080",  "worker-1 10.200.0.5")]                      // pod to node: never
    [InlineData("c",   "10.200.0.5:8080",   "a 10.200.1.7")]
    [InlineData("worker-0", "10.200.1.7:8080", "c 10.240.0.20")]
    public void Masquerade_only_out_of_the_cluster(string from, string to, string outcome) => Assert.Equal(outcome, fixture.Lab.Reach(from, to));
}
