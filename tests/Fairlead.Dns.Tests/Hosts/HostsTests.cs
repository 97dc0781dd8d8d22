using Fairlead.Dns.Configured;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Dns.Tests.Hosts;

/// <summary>Names and addresses from files like /etc/hosts.</summary>
public sealed class HostsTests
{
    private const string Corefile = """
        . {
            hosts nodes {
                10.0.0.9 inline.example.com
                10.0.0.9 shared.example.com
                ttl 60
                reload 10ms
                fallthrough example.com in-addr.arpa
            }
            template ANY ANY blocked.example.net {
                rcode NXDOMAIN
            }
            any
            local
        }
        """;

    private const string Nodes = """
        # nodes
        10.240.0.20 worker-0 worker-0.example.com   # the first
        fd00::20    worker-0
        10.240.0.21	worker-1
        10.240.0.99 shared.example.com
        10.240.0.30 *.apps.example.com
        not.an.address name
        10.240.0.31
        """;

    [Theory] // question                              answer
    [InlineData("worker-0", "A",                       "NOERROR worker-0. A 10.240.0.20")]
    [InlineData("WORKER-0", "AAAA",                    "NOERROR worker-0. AAAA fd00::20")]
    [InlineData("worker-1", "AAAA",                    "NODATA")]
    [InlineData("worker-1", "TXT",                     "NODATA")]
    [InlineData("worker-0.example.com", "A",           "NOERROR worker-0.example.com. A 10.240.0.20")]
    [InlineData("inline.example.com", "A",             "NOERROR inline.example.com. A 10.0.0.9")]
    [InlineData("shared.example.com", "A",             "NOERROR shared.example.com. A 10.0.0.9")]
    [InlineData("shop.apps.example.com", "A",          "NOERROR shop.apps.example.com. A 10.240.0.30")]
    [InlineData("apps.example.com", "A",               "REFUSED")]
    [InlineData("a.shop.apps.example.com", "A",        "REFUSED")]
    [InlineData("other.example.com", "A",              "REFUSED")]
    [InlineData("other.example.org", "A",              "NXDOMAIN")]
    [InlineData("20.0.240.10.in-addr.arpa", "PTR",     "NOERROR 20.0.240.10.in-addr.arpa. PTR worker-0.; 20.0.240.10.in-addr.arpa. PTR worker-0.example.com.")]
    [InlineData("30.0.240.10.in-addr.arpa", "PTR",     "REFUSED")]
    [InlineData("a.blocked.example.net", "A",          "NXDOMAIN")]
    [InlineData("worker-0", "ANY",                     "NOERROR worker-0. HINFO")]
    [InlineData("localhost", "A",                      "NOERROR localhost. A 127.0.0.1")]
    [InlineData("1.0.0.127.in-addr.arpa", "PTR",       "NOERROR 1.0.0.127.in-addr.arpa. PTR localhost.")]
    public async Task A_question_is_answered(string name, string type, string expected)
    {
        using CorefileFolder folder = new(Corefile);
        folder.Write("nodes", Nodes);
        await using ConfiguredHandler handler = new(folder.Load(), 53, null, TimeProvider.System, NullLogger.Instance);
        Assert.Equal(expected, MessageText.Ask(handler, name, type));
    }

    [Fact]
    public async Task A_file_may_change_go_and_come()
    {
        using CorefileFolder folder = new(Corefile);
        await using ConfiguredHandler handler = new(folder.Load(), 53, null, TimeProvider.System, NullLogger.Instance);
        Assert.Equal("NOERROR inline.example.com. A 10.0.0.9", MessageText.Ask(handler, "inline.example.com", "A"));
        Assert.Equal("NXDOMAIN", MessageText.Ask(handler, "worker-1", "A"));
        folder.Write("nodes", Nodes);
        await Eventually.Until(() => MessageText.Ask(handler, "worker-1", "A") == "NOERROR worker-1. A 10.240.0.21");
        folder.Write("nodes", "10.240.0.22 worker-1\n");
        await Eventually.Until(() => MessageText.Ask(handler, "worker-1", "A") == "NOERROR worker-1. A 10.240.0.22");
        File.Delete(folder.Path("nodes"));
        await Eventually.Until(() => MessageText.Ask(handler, "worker-1", "A") == "NXDOMAIN");
        Assert.Equal("NOERROR inline.example.com. A 10.0.0.9", MessageText.Ask(handler, "inline.example.com", "A"));
    }
}
