using System.Text.Json;
using Fairlead.Lab.Faults;

namespace Fairlead.Lab.Tests.Faults;

public sealed class FaultTextTests
{
    public static TheoryData<Fault, string> Texts => new()
    {
        { new CutFault("worker-1"), "cut worker-1" },
        { new PartitionFault(["worker-0", "client"], ["worker-1"]), "partition worker-0,client worker-1" },
        { new StopFault("worker-1"), "stop worker-1" },
        { new BandwidthFault("worker-1", 512_000, Direction.Both), "bandwidth worker-1 512kbit" },
        { new BandwidthFault("worker-1", 10_000_000, Direction.In), "bandwidth worker-1 10mbit --direction in" },
        { new MtuFault("worker-1", 1400, HostKnows: false), "mtu worker-1 1400" },
        { new MtuFault("worker-1", 1400, HostKnows: true), "mtu worker-1 1400 --host-knows" },
        { new DropFault("worker-1", 105, Direction.Out), "drop worker-1 10.5% --direction out" },
        { new ChecksumFault("worker-1"), "checksum worker-1" },
        { new FirewallFault("worker-1", Drop: true), "firewall worker-1 --drop" },
        { new ConntrackFault("worker-1", Free: 10), "conntrack worker-1 --free 10" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_fault_reads_like_the_command_that_begins_it(Fault fault, string text) => Assert.Equal(text, fault.Text);

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_fault_that_is_written_down_is_read_as_the_same(Fault fault, string text)
    {
        var record = new FaultRecord { Id = 3, Fault = fault, Since = DateTimeOffset.UnixEpoch, Until = DateTimeOffset.UnixEpoch.AddHours(1), Before = new Dictionary<string, string> { ["mtu"] = "1500" } };

        FaultRecord read = JsonSerializer.Deserialize(JsonSerializer.Serialize(record, FaultJson.Default.FaultRecord), FaultJson.Default.FaultRecord)!;

        Assert.Equal((3, text, record.Since, record.Until, "1500"), (read.Id, read.Fault.Text, read.Since, read.Until, read.Before["mtu"]));
    }
}
