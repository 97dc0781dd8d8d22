using System.Diagnostics;

namespace Fairlead.Lab.Tests.EndToEnd.Dns;

/// <summary>The cluster's DNS as pods have it: through their own resolvers, and while the agent that answers ends, dies and is replaced.</summary>
[Trait("Category", "Root")]
public sealed class DnsTests(DnsLab lab) : IClassFixture<DnsLab>
{
    [Theory] // dig's options                         it gets     and is told that there is more
    [InlineData("+noedns +ignore",                    29,         true)]
    [InlineData("+bufsize=512 +nocookie +ignore",     28,         true)]
    [InlineData("+bufsize=1232 +nocookie +ignore",    73,         true)]
    [InlineData("+bufsize=4096 +nocookie +ignore",    73,         true)]
    [InlineData("",                                   100,        false)]
    [InlineData("+noedns",                            100,        false)]
    [InlineData("+tcp",                               100,        false)]
    public void An_answer_with_a_hundred_addresses(string options, int addresses, bool more)
    {
        string output = lab.InPod($"dig {options} many.default.svc.cluster.local");
        Assert.Equal(addresses, output.Split('\n').Count(l => l.StartsWith("many.", StringComparison.Ordinal)));
        Assert.Equal(more, output.Contains(" tc ", StringComparison.Ordinal));
    }

    [Theory] // what a program asks for                   finds
    [InlineData("web",                                     "10.32.0.80")]
    [InlineData("web.default",                             "10.32.0.80")]
    [InlineData("web.default.svc.cluster.local",           "10.32.0.80")]
    [InlineData("kube-dns.kube-system",                    "10.32.0.10")]
    [InlineData("www.example.com",                         "192.0.2.80")]
    [InlineData("www.example.com.",                        "192.0.2.80")]
    [InlineData("nothing",                                 "")]
    [InlineData("nothing.example.com",                     "")]
    public void A_program_finds(string name, string address)
    {
        // glibc by its ways of sending: both questions at once, one after the other, from a socket each, over TCP, with EDNS; then musl, which takes the first NXDOMAIN for an answer.
        string[] ways = ["", "single-request", "single-request-reopen", "use-vc", "edns0"];
        string script = string.Join("; ", [.. ways.Select(o => $"RES_OPTIONS={o} getent -s dns ahosts {name} | grep STREAM | cut -d' ' -f1; echo --"), $"/musl {name}; echo --"]);
        string[] answers = lab.InPod(script).Split("--", StringSplitOptions.TrimEntries);
        Assert.All(ways.Append("musl").Zip(answers), pair => Assert.Equal((pair.First, address), pair));
    }

    [Fact]
    public void A_hundred_addresses_reach_programs()
    {
        Assert.Equal("100", lab.InPod("getent -s dns ahostsv4 many | grep -c STREAM"));
        Assert.Equal("100", lab.InPod("RES_OPTIONS=edns0 getent -s dns ahostsv4 many | grep -c STREAM"));

        // musl before 1.2.4 never asks over TCP: it takes what has room in 512 bytes.
        Assert.InRange(int.Parse(lab.InPod("/musl many | grep -c ."), System.Globalization.CultureInfo.InvariantCulture), 25, 100);
    }

    [Fact]
    public void A_name_that_nobody_has_is_told_at_once()
    {
        // The first name of the search path stands for all: one answer, NXDOMAIN, and not the half second that a silent upstream is waited for.
        string output = lab.InPod("dig nothing.example.com.default.svc.cluster.local");
        Assert.Contains("status: NXDOMAIN", output, StringComparison.Ordinal);
        Assert.Matches(@"cluster\.local\.\s+\d+\s+IN\s+SOA", output);
    }

    [Fact(Explicit = true)]
    public void An_agent_that_ends_loses_no_question()
    {
        (int asked, int lost) = lab.WhileAsking(() =>
        {
            DnsLab.Kill("-TERM", DnsLab.Agent("worker-0"));
            DnsLab.Start("worker-0");
            LabFixture.Eventually(IsServed, "the agent serves again");
        });
        Assert.True(asked > 100, $"{asked} asked");
        Assert.Equal(0, lost);
    }

    [Fact(Explicit = true)]
    public void One_that_is_replaced_while_it_runs_loses_none()
    {
        string old = DnsLab.Agent("worker-0");
        string[] command = File.ReadAllText($"/proc/{old}/cmdline").TrimEnd('\0').Split('\0');
        (_, int lost) = lab.WhileAsking(() =>
        {
            Process next = lab.Beside("worker-0", command);
            LabFixture.Eventually(() => Listening() == 2, "both listen");
            DnsLab.Kill("-TERM", old);
            LabFixture.Eventually(() => Listening() == 1, "the old one is gone");

            // The one that is left has named the node; the old one doesn't take that back.
            Assert.Equal("true", lab.Kubectl("", "-n", "kube-system", "get", "endpointslice", "kube-dns-worker-0", "-o", "jsonpath={.endpoints[0].conditions.ready}"));
            lab.End(next);
            DnsLab.Start("worker-0");
            LabFixture.Eventually(IsServed, "the agent serves again");
        });
        Assert.InRange(lost, 0, 2);
    }

    [Fact(Explicit = true)]
    public void When_it_dies_other_nodes_answer()
    {
        (_, int lost) = lab.WhileAsking(() =>
        {
            DnsLab.Kill("-9", DnsLab.Agent("worker-0"));

            // Nobody listens on this node, and yet there are answers.
            LabFixture.Eventually(() => DnsLab.Agent("worker-0").Length == 0, "the agent is gone");
            Assert.Equal(0, Listening());
            Assert.Equal("20 10.32.0.80", lab.InPod("for i in $(seq 20); do dig +short +time=20 +tries=1 web.default.svc.cluster.local; done | sort | uniq -c").Trim());
            Assert.Equal("10.32.0.80", lab.InPod("dig +short +tcp +time=20 +tries=1 web.default.svc.cluster.local"));
            DnsLab.Start("worker-0");
            LabFixture.Eventually(IsServed, "the agent serves again");
        });

        // What the kernel had given to the dead one: at most one question of each client.
        Assert.InRange(lost, 0, 2);
    }

    [Fact]
    public void A_server_without_an_agent_verifies_pods_and_answers_its_hosts()
    {
        string pod = lab.Kubectl("", "get", "pod", "asker", "-o", "jsonpath={.status.podIP}");
        DnsLab.OnNode("worker-1", """
            mkdir -p /run/names && cat > /run/names/Corefile <<'EOF'
            .:53 {
                kubernetes cluster.local in-addr.arpa ip6.arpa {
                    pods verified
                }
                hosts {
                    192.0.2.7 printer.corp.example
                    fallthrough
                }
            }
            EOF
            """);
        Process server = lab.Beside("worker-1", Commands.Executable, "dns", "--kubeconfig", Path.Combine(Path.GetDirectoryName(lab.Kubeconfig)!, "hosts/worker-1/kubeconfig"), "--listen", "10.240.0.21:5354", "--corefile", "/run/names/Corefile");
        string Ask(string what) => lab.InPod($"dig @10.240.0.21 -p 5354 +short +time=20 +tries=1 {what} || true");
        LabFixture.Eventually(() => Ask("web.default.svc.cluster.local") == "10.32.0.80", "it answers");
        string dashed = pod.Replace('.', '-');
        Assert.Equal(pod, Ask($"{dashed}.default.pod.cluster.local"));
        Assert.Equal("", Ask($"{dashed}.kube-system.pod.cluster.local"));
        Assert.Equal("", Ask("10-200-9-9.default.pod.cluster.local"));
        Assert.Equal("192.0.2.7", Ask("printer.corp.example"));
        Assert.Equal("10.240.0.21", Ask("ns.dns.cluster.local"));
        lab.End(server);
    }

    /// <summary>How many agents have sockets at the cluster DNS address on the pod's node.</summary>
    private static int Listening() => DnsLab.OnNode("worker-0", "ss -Hlunp src 10.32.0.10").Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(l => l[(l.IndexOf("pid=", StringComparison.Ordinal) + 4)..].Split(',')[0]).Distinct().Count();

    private static bool IsServed() => Listening() == 1;
}
