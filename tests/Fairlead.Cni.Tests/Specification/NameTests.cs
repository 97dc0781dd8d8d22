namespace Fairlead.Cni.Tests.Specification;

public class NameTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("0af3_b.c-d", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("a/b", false)]
    [InlineData("../a", false)]
    [InlineData("a b", false)]
    public void An_identifier_is(string text, bool valid) => Assert.Equal(valid, CniNames.IsIdentifier(text));

    [Theory]
    [InlineData("eth0", true)]
    [InlineData("fifteen-chars-x", true)]
    [InlineData("sixteen-chars-xy", false)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("a:b", false)]
    [InlineData("a b", false)]
    public void An_interface_name_is(string text, bool valid) => Assert.Equal(valid, CniNames.IsInterfaceName(text));

    [Theory] //  text                 read
    [InlineData("10.1.0.5/16", "10.1.0.5/16")]
    [InlineData("fd00::5/64", "fd00::5/64")]
    [InlineData("10.1/16", null)]
    [InlineData("010.1.0.5/16", null)]
    [InlineData("10.1.0.5", null)]
    [InlineData("10.1.0.5/33", null)]
    [InlineData("fe80::1%eth0/64", null)]
    public void An_address_with_prefix_is_read(string text, string? expected) =>
        Assert.Equal(expected, AddressPrefix.TryParse(text, out AddressPrefix prefix) ? prefix.ToString() : null);

    [Theory] //  network            other              overlap
    [InlineData("10.1.0.0/16", "10.1.2.0/24", true)]
    [InlineData("10.1.2.0/24", "10.1.0.0/16", true)]
    [InlineData("10.1.0.0/24", "10.1.1.0/24", false)]
    [InlineData("0.0.0.0/0", "fd00::/64", false)]
    public void Networks_overlap(string network, string other, bool expected)
    {
        Assert.True(AddressPrefix.TryParse(network, out AddressPrefix left));
        Assert.True(AddressPrefix.TryParse(other, out AddressPrefix right));
        Assert.Equal(expected, left.Overlaps(right));
    }

    [Theory] //  CNI_ARGS                              problem
    [InlineData("IgnoreUnknown=1;K8S_POD_NAME=web", null)]
    [InlineData("IP=10.1.0.7", null)]
    [InlineData("K8S_POD_NAME=web;K8S_POD_UID=1", null)]
    [InlineData("IgnoreUnknown=maybe", "neither true nor false")]
    [InlineData("novalue", "not a pair")]
    [InlineData("IP=10.1", "not an address")]
    [InlineData("MAC=zz", "not a hardware address")]
    [InlineData("MAC=01:00:5e:00:00:01", "not a hardware address that a link can have")]
    [InlineData("MAC=00:00:00:00:00:00", "not a hardware address that a link can have")]
    [InlineData("FOO=1", "FOO is unknown")]
    [InlineData("FOO=1;IgnoreUnknown=true", null)]
    public void Arguments_are_checked(string text, string? problem)
    {
        CniException? exception = Record.Exception(() => CniArguments.Parse(text).RejectUnknown("IP", "MAC")) as CniException;
        Assert.Equal(problem is null ? 0 : CniErrorCode.InvalidEnvironment, exception?.Code ?? 0);
        Assert.Contains(problem ?? "", exception?.Message ?? "", StringComparison.Ordinal);
    }
}
