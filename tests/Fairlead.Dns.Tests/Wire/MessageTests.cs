using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Tests.Wire;

public class MessageTests
{
    [Fact]
    public void A_name_that_stands_in_the_message_is_pointed_to()
    {
        byte[] buffer = new byte[512];
        MessageWriter writer = new(buffer);
        DnsName name = DnsName.Parse("web.default.svc.cluster.local");
        Assert.True(writer.TryWriteQuestion(name.Wire, RecordType.A, RecordClass.Internet));
        Assert.True(writer.TryWriteAddress(name.Wire, 5, NetAddress.Parse("10.32.0.5")));
        Assert.True(writer.TryWriteName(name.Wire, RecordType.CName, 5, DnsName.Parse("other.cluster.local").Wire));
        writer.WriteHeader(new(0x1234, HeaderFlags.Response, 1, 2));

        Assert.Equal(
            "123480000001000200000000"
            + "037765620764656661756C740373766307636C7573746572056C6F63616C0000010001"
            + "C00C00010001000000050004" + "0A200005"
            + "C00C00050001000000050008" + "056F74686572" + "C01C",
            Convert.ToHexString(writer.Written));
    }

    [Fact]
    public void What_does_not_fit_leaves_no_trace()
    {
        byte[] buffer = new byte[60];
        MessageWriter writer = new(buffer);
        DnsName name = DnsName.Parse("web.default.svc.cluster.local");
        Assert.True(writer.TryWriteQuestion(name.Wire, RecordType.A, RecordClass.Internet));
        int before = writer.Length;
        Assert.False(writer.TryWriteService(name.Wire, 5, 0, 100, 80, DnsName.Parse("a.b").Wire));
        Assert.Equal(before, writer.Length);
        Assert.False(writer.TryWriteName(DnsName.Parse("x").Wire, RecordType.Ptr, 5, name.Wire));
        Assert.Equal(before, writer.Length);
    }

    [Theory] //  name at 12                    why
    [InlineData("C00C",                        "points to itself")]
    [InlineData("C00E01610000C00C",            "points forwards")]
    [InlineData("C000",                        "points into the header")]
    [InlineData("C0",                          "is cut off")]
    [InlineData("0161",                        "has no end")]
    [InlineData("4061",                        "has a label of a kind that isn't used")]
    [InlineData("056162",                      "has a label that is cut off")]
    public void A_name_that_is_none_is_refused(string name, string why)
    {
        byte[] message = [.. new byte[12], .. Convert.FromHexString(name)];
        Assert.False(new MessageReader(message).At(12).TryReadName(new byte[255], out _), why);
    }

    [Fact]
    public void A_chain_of_pointers_ends_at_255_bytes()
    {
        // Each piece is a label and a pointer to the piece before: 130 labels of one byte make 261 bytes.
        List<byte> message = [.. new byte[12], 1, (byte)'a', 0];
        int last = 12;
        for (int i = 0; i < 129; i++)
        {
            int here = message.Count;
            message.AddRange([1, (byte)'a', (byte)(0xc0 | (last >> 8)), (byte)last]);
            last = here;
        }

        Assert.False(new MessageReader(message.ToArray()).At(last).TryReadName(new byte[255], out _));
        Assert.True(new MessageReader(message.ToArray()).At(last - (4 * 10)).TryReadName(new byte[255], out int length));
        Assert.Equal((2 * 120) + 1, length);
    }

    [Fact]
    public void Edns_comes_back_as_it_was_written()
    {
        Edns edns = new() { IsPresent = true, UdpSize = 1232, DnssecOk = true, UpperCode = 1, Cookie = new() { IsPresent = true, Client = 1, HasServer = true, ServerTime = 2, ServerHash = 3 } };
        byte[] bytes = new byte[edns.Length];
        edns.WriteTo(bytes);
        MessageReader reader = new(bytes);
        Assert.True(reader.TryReadRecord(new byte[255], out WireRecord record));
        Assert.True(Edns.TryRead(bytes, record, out Edns read));
        Assert.Equal(edns, read);
    }
}
