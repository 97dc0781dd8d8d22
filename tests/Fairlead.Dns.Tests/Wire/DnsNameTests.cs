using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Tests.Wire;

public class DnsNameTests
{
    [Theory] // text                        wire                                    back
    [InlineData("kubernetes.default.svc",   "0A6B756265726E657465730764656661756C740373766300", "kubernetes.default.svc.")]
    [InlineData("KUBERNETES.",              "0A6B756265726E6574657300",             "kubernetes.")]
    [InlineData(".",                        "00",                                   ".")]
    [InlineData("",                         "00",                                   ".")]
    [InlineData("_http._tcp.web.",          "055F68747470045F7463700377656200",     "_http._tcp.web.")]
    [InlineData("a\\.b.c",                  "03612E62016300",                       "a\\.b.c.")]
    [InlineData("a\\000\\255",              "036100FF00",                           "a\\000\\255.")]
    [InlineData("*.x",                      "012A017800",                           "*.x.")]
    public void Text_is_a_name(string text, string wire, string back)
    {
        DnsName name = DnsName.Parse(text);
        Assert.Equal(wire, Convert.ToHexString(name.Wire));
        Assert.Equal(back, name.ToString());
        Assert.Equal(name, DnsName.Parse(back));
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("a\\")]
    [InlineData("a\\25")]
    [InlineData("a\\256")]
    [InlineData("ä")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void Text_is_no_name(string text) => Assert.False(DnsName.TryParse(text, out _));

    [Fact]
    public void The_longest_name_has_255_bytes()
    {
        string label = new('a', 63);
        string longest = $"{label}.{label}.{label}.{new string('a', 61)}";
        Assert.Equal(255, DnsName.Parse(longest).Wire.Length);
        Assert.Equal(255, DnsName.Parse(longest + ".").Wire.Length);
        Assert.False(DnsName.TryParse(longest + "a", out _));
        Assert.False(DnsName.TryParse(longest + "a.", out _));
        Assert.False(DnsName.TryParse(longest + ".a", out _));
    }

    [Theory] //  name                       zone               within
    [InlineData("a.cluster.local",          "cluster.local",   true)]
    [InlineData("cluster.local",            "cluster.local",   true)]
    [InlineData("notcluster.local",         "cluster.local",   false)]
    [InlineData("local",                    "cluster.local",   false)]
    [InlineData("x",                        ".",               true)]
    [InlineData("a\\007cluster.local",      "cluster.local",   false)]
    public void A_name_is_within_a_zone(string name, string zone, bool within) =>
        Assert.Equal(within, DnsName.Parse(name).IsWithin(DnsName.Parse(zone)));

    [Fact]
    public void Only_A_to_Z_have_two_cases()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
        byte[] lower = new byte[256];
        NameBytes.ToLower(all, lower);
        Assert.Equal(all.Select(value => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value + 32) : value), lower);
    }
}
