using System.Net;
using Fairlead.Kernel.Route;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests;

[Trait("Category", "Root")]
public sealed class EthtoolTests
{
    [Fact]
    public void A_tunnels_checksums_are_switched_as_ethtool_shows()
    {
        using Scratch scratch = new();
        NetworkNamespace host = scratch.Namespace();
        using RouteNetlink route = RouteNetlink.Open(host);
        route.AddLink(new LinkOptions { Name = "fl.1" }, new VxlanKind { Id = 1, Local = IPAddress.Parse("192.0.2.1") });
        using Ethtool ethtool = Ethtool.Open(host);

        Assert.True(ethtool.Read("fl.1", LinkFeature.TransmitChecksum));
        Assert.True(ethtool.Set("fl.1", LinkFeature.TransmitChecksum, on: false));
        Assert.False(ethtool.Set("fl.1", LinkFeature.TransmitChecksum, on: false));
        Assert.Contains("tx-checksumming: off", Witness.Run(host, "ethtool -k fl.1"), StringComparison.Ordinal);
        Assert.True(ethtool.Set("fl.1", LinkFeature.TransmitChecksum, on: true));
        Assert.Contains("tx-checksumming: on", Witness.Run(host, "ethtool -k fl.1"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("a-name-that-is-too-long")]
    public void A_link_that_is_not_there_is_said(string link)
    {
        using Scratch scratch = new();
        using Ethtool ethtool = Ethtool.Open(scratch.Namespace());
        KernelException exception = Assert.Throws<KernelException>(() => ethtool.Read(link, LinkFeature.TransmitChecksum));
        Assert.Equal($"read TransmitChecksum of link {link}: No such device", exception.Message);
    }
}
