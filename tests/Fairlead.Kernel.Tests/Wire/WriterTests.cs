using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Tests.Wire;

public sealed class WriterTests
{
    [Fact]
    public void Numbers_lie_in_the_byte_order_that_the_method_names()
    {
        NetlinkMessageWriter writer = new(stackalloc byte[256]);
        writer.BeginMessage(1, NetlinkFlags.None);
        writer.WriteByte(1, 0xab);
        writer.WriteUInt16(2, 0x0102);
        writer.WriteUInt16BigEndian(3, 0x0102);
        writer.WriteUInt32(4, 0x01020304);
        writer.WriteUInt32BigEndian(5, 0x01020304);
        writer.WriteUInt64BigEndian(6, 0x0102030405060708);
        writer.WriteString(7, "lo");
        writer.WriteFlag(8);
        Assert.Equal(
            "05000100AB000000" + "0600020002010000" + "0600030001020000" + "0800040004030201" + "0800050001020304" + "0C0006000102030405060708" + "070007006C6F0000" + "04000800",
            Convert.ToHexString(writer.Complete()[16..]));
    }

    [Fact]
    public void Nested_lengths_and_message_lengths_are_patched_and_a_full_buffer_grows()
    {
        NetlinkMessageWriter writer = new(stackalloc byte[16]);
        for (int i = 0; i < 100; i++)
        {
            writer.BeginMessage(16, NetlinkFlags.Create);
            NetlinkNest outer = writer.BeginNested(1);
            NetlinkNest inner = writer.BeginNested(2);
            writer.WriteByte(3, (byte)i);
            writer.EndNested(inner);
            writer.WriteUInt16(4, 7);
            writer.EndNested(outer);
        }

        int count = 0;
        foreach (NetlinkMessage message in new NetlinkMessageReader(writer.Complete()))
        {
            Assert.Equal((16, 24), (message.Type, message.Payload.Length));
            Assert.True(message.Attributes(0).TryFind(1, out NetlinkAttribute outer));
            Assert.True(outer.IsMarkedNested);
            Assert.True(outer.Nested.TryFind(2, out NetlinkAttribute inner));
            Assert.True(inner.Nested.TryFind(3, out NetlinkAttribute value));
            Assert.Equal(count, value.Byte);
            Assert.True(outer.Nested.TryFind(4, out NetlinkAttribute last));
            Assert.Equal(7, last.UInt16);
            count++;
        }

        Assert.Equal((100, 100), (count, writer.MessageCount));
        writer.Dispose();
    }

    [Fact]
    public void What_was_written_can_be_taken_back_within_the_message()
    {
        NetlinkMessageWriter writer = new(stackalloc byte[64]);
        writer.BeginMessage(16, NetlinkFlags.None);
        writer.WriteUInt32(1, 1);
        int here = writer.Length;
        writer.WriteUInt32(2, 2);
        writer.Rewind(here);
        writer.WriteUInt32(3, 3);
        Assert.Equal("1C00000010000000000000000000000008000100010000000800030003000000".Replace("1C000000", "20000000", StringComparison.Ordinal), Convert.ToHexString(writer.Complete()));
    }

    [Fact]
    public void An_attribute_is_at_most_65535_bytes_long() => Assert.Throws<InvalidOperationException>(static () =>
    {
        NetlinkMessageWriter writer = new([]);
        try
        {
            writer.BeginMessage(16, NetlinkFlags.None);
            NetlinkNest nest = writer.BeginNested(1);
            for (int i = 0; i < 2; i++)
            {
                writer.ReserveAttribute(2, 40_000);
            }

            writer.EndNested(nest);
        }
        finally
        {
            writer.Dispose();
        }
    });

    [Theory]
    [InlineData("1000000010000000", "header cut off")]
    [InlineData("0F0000001000000000000000000000000000", "says that it has 15 bytes")]
    [InlineData("200000001000000000000000000000000000", "says that it has 32 bytes")]
    public void Bytes_that_are_no_message_are_refused(string bytes, string words) =>
        Assert.Contains(words, Assert.Throws<InvalidDataException>(() => new NetlinkMessageReader(Convert.FromHexString(bytes)).MoveNext()).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("0400", "header cut off")]
    [InlineData("03000100", "says that it has 3 bytes")]
    [InlineData("0900010000000000", "says that it has 9 bytes")]
    public void Bytes_that_are_no_attribute_are_refused(string bytes, string words) =>
        Assert.Contains(words, Assert.Throws<InvalidDataException>(() => new NetlinkAttributeReader(Convert.FromHexString(bytes)).MoveNext()).Message, StringComparison.Ordinal);
}
