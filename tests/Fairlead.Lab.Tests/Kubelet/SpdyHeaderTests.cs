using Fairlead.Lab.Kubelet.Server.Spdy;

namespace Fairlead.Lab.Tests.Kubelet;

public sealed class SpdyHeaderTests
{
    // Made by zlib: compressobj(9, DEFLATED, 15, 8, Z_DEFAULT_STRATEGY, dictionary), Z_SYNC_FLUSH after each block.
    private const string First = "78f9e3c6a7c202253a703a2b294a4dcc851625aca9a0808614cb45e01c6061606100a4398b20d198094ade8c0600000000ffff";
    private const string Second = "c2aa19540e2512d60b000000ffff";

    [Fact]
    public void Blocks_of_one_connection_are_one_stream_with_the_protocols_dictionary()
    {
        using SpdyHeaderReader reader = new();
        Assert.Equal(new Dictionary<string, string> { ["streamtype"] = "error", ["port"] = "8080", ["requestid"] = "0" }, reader.Read(Convert.FromHexString(First)));
        Assert.Equal(new Dictionary<string, string> { ["streamtype"] = "data", ["port"] = "8080", ["requestid"] = "0" }, reader.Read(Convert.FromHexString(Second)));
    }

    [Fact]
    public void What_is_written_can_be_read()
    {
        using SpdyHeaderReader reader = new();
        SpdyHeaderWriter writer = new();
        foreach (var value in (string[])["a", "b"])
        {
            Assert.Equal(value, reader.Read(writer.Write(new Dictionary<string, string> { ["name"] = value }))["name"]);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("78f9e3c6a7c2")]
    [InlineData("78f9e3c6a7c2ffffffffffff")]
    public void Bytes_that_are_no_block_are_refused(string hex)
    {
        using SpdyHeaderReader reader = new();
        Assert.Throws<InvalidDataException>(() => reader.Read(Convert.FromHexString(hex)));
    }

    [Fact]
    public void The_dictionary_is_the_protocols_own()
    {
        uint a = 1, b = 0;
        foreach (var value in SpdyDictionary.Bytes)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }

        Assert.Equal(0xe3c6a7c2, b << 16 | a);
    }
}
