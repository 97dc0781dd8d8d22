namespace Fairlead.Cni.Tests.Specification;

public class VersionTests
{
    [Theory] //  text     read
    [InlineData("", "0.1.0")]
    [InlineData("0.1.0", "0.1.0")]
    [InlineData("0.3.1", "0.3.1")]
    [InlineData("1.0.0", "1.0.0")]
    [InlineData("1.1", "1.1.0")]
    [InlineData("1.x.0", null)]
    [InlineData("1.0.0.0", null)]
    [InlineData("-1.0.0", null)]
    public void A_version_is_read(string text, string? expected) =>
        Assert.Equal(expected, SpecificationVersion.TryParse(text, out SpecificationVersion version) ? version.ToString() : null);

    [Fact]
    public void Versions_are_ordered_by_number()
    {
        Assert.Equal(SpecificationVersion.Supported, SpecificationVersion.Supported.Order());
        Assert.True(new SpecificationVersion(0, 10, 0) > SpecificationVersion.V040);
    }
}
