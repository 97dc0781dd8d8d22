using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests;

[Trait("Category", "Root")]
public sealed class SysctlTests
{
    [Theory]
    [InlineData("net.ipv4.ip_forward")]
    [InlineData("net/ipv4/conf/lo/forwarding")]
    public void A_parameter_is_that_of_the_namespace(string name)
    {
        using Scratch scratch = new();
        NetworkNamespace inside = scratch.Namespace();
        string outside = Sysctl.Read(name);
        Assert.True(inside.Run(() => Sysctl.Set(name, Sysctl.Read(name) == "1" ? "0" : "1")));
        string changed = inside.Run(() => Sysctl.Read(name));
        Assert.Equal(changed, Witness.Run(inside, $"cat /proc/sys/{name.Replace('.', '/')}").Trim());
        Assert.False(inside.Run(() => Sysctl.Set(name, changed)));
        Assert.Equal(outside, Sysctl.Read(name));
    }

    [Fact]
    public void What_is_missing_or_makes_no_sense_is_said()
    {
        using Scratch scratch = new();
        NetworkNamespace inside = scratch.Namespace();
        Assert.Equal("read net.ipv4.nonsense: No such file or directory", Assert.Throws<KernelException>(() => Sysctl.Read("net.ipv4.nonsense")).Message);
        Assert.Equal(
            "set net.ipv4.ip_forward to many: Invalid argument",
            Assert.Throws<KernelException>(() => inside.Run(() => Sysctl.Write("net.ipv4.ip_forward", "many"))).Message);
        Assert.Throws<ArgumentException>(() => Sysctl.Read("net/../../self/environ"));
        Assert.False(Sysctl.Exists("net.ipv4.nonsense"));
    }
}
