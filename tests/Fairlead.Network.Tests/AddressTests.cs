using System.Collections.Immutable;

namespace Fairlead.Network.Tests;

public sealed class AddressTests
{
    [Theory]
    [InlineData("10.32.0.1", "10.32.0.1")]
    [InlineData("010.032.000.001", "10.32.0.1")]       // as the API reads it: decimal, not octal
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("FD00::1", "fd00::1")]
    [InlineData("10.0.0", null)]
    [InlineData("10.0.0.256", null)]
    [InlineData("10.0.0.1.2", null)]
    [InlineData("fe80::1%eth0", null)]
    [InlineData("[::1]", null)]
    [InlineData("", null)]
    public void An_address_is_read(string text, string? expected) =>
        Assert.Equal(expected, NetAddress.TryParse(text, out NetAddress address) ? address.ToString() : null);

    [Theory] //  prefix            first            last
    [InlineData("10.1.2.3/8", "10.0.0.0", "10.255.255.255")]
    [InlineData("10.1.2.3/32", "10.1.2.3", "10.1.2.3")]
    [InlineData("0.0.0.0/0", "0.0.0.0", "255.255.255.255")]
    [InlineData("fd00::1/64", "fd00::", "fd00::ffff:ffff:ffff:ffff")]
    [InlineData("fd00::1/112", "fd00::", "fd00::ffff")]
    [InlineData("fd00:1::/16", "fd00::", "fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void A_prefix_has_ends(string text, string first, string last)
    {
        NetPrefix prefix = NetPrefix.Parse(text);
        Assert.Equal(first, prefix.Address.ToString());
        Assert.Equal(last, prefix.Last.ToString());
    }

    [Theory] //  prefixes                                   intervals
    [InlineData("10.0.0.0/24 10.0.1.0/24 10.0.3.0/24", "10.0.0.0-10.0.1.255 10.0.3.0-10.0.3.255")]
    [InlineData("10.0.0.0/8 10.1.0.0/16", "10.0.0.0-10.255.255.255")]
    [InlineData("0.0.0.0/0 ::/0", "0.0.0.0-255.255.255.255 ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("fd00::/64 fd00:0:0:1::/64", "fd00::-fd00::1:ffff:ffff:ffff:ffff")]
    public void Intervals_neither_overlap_nor_touch(string prefixes, string expected) =>
        Assert.Equal(expected, string.Join(' ', PrefixSet.Intervals(prefixes.Split(' ').Select(NetPrefix.Parse)).Select(i => $"{i.First}-{i.Last}")));

    [Theory] //  before     desired    after
    [InlineData("", "a b c", "a b c")]
    [InlineData("a b c", "a b c", "a b c")]
    [InlineData("a b c d", "b c d", "d b c")]          // the last one moves into the hole
    [InlineData("a b c d", "b d", "d b")]
    [InlineData("a b c", "a x c", "a x c")]            // a new one takes the hole
    [InlineData("c a", "a b c", "c a b")]              // who stays keeps his slot
    [InlineData("a b c", "", "")]
    [InlineData("a a b", "a b", "a b")]                // what was read from a kernel may be odd
    public void Slots_move_as_little_as_can_be(string before, string desired, string after)
    {
        ImmutableArray<EndpointAddress> slots = SlotAssignment.Assign([.. Endpoints(before)], [.. Endpoints(desired).Order()]);
        Assert.Equal(after, string.Join(' ', slots.Select(s => (char)('a' + s.Port))));
    }

    private static IEnumerable<EndpointAddress> Endpoints(string letters) =>
        letters.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(l => new EndpointAddress(NetAddress.Parse("10.0.0.1"), (ushort)(l[0] - 'a')));
}
