using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Tests.Serving;

public class CookieTests
{
    private const uint Given = 1559731985;
    private static readonly CookieJar Jar = new(Convert.FromHexString("E5E973E5A6B2A43F48E7DC849E37BFCF"));

    [Fact] // RFC 9018 appendix A.1
    public void A_cookie_is_made_as_every_server_makes_it()
    {
        DnsCookie cookie = Jar.Reply(new() { IsPresent = true, Client = 0x2464c4abcf10c957 }, false, NetAddress.Parse("198.51.100.100"), Given);
        byte[] bytes = new byte[cookie.Length];
        cookie.WriteTo(bytes);
        Assert.Equal("2464C4ABCF10C957010000005CF79F111F8130C3EEE29480", Convert.ToHexString(bytes));
    }

    [Theory] //  shown by           after       is ours
    [InlineData("198.51.100.100",   0,          true)]
    [InlineData("198.51.100.100",   3600,       true)]
    [InlineData("198.51.100.100",   3601,       false)]
    [InlineData("198.51.100.100",   -300,       true)]
    [InlineData("198.51.100.100",   -301,       false)]
    [InlineData("198.51.100.101",   0,          false)]
    public void A_cookie_that_is(string client, int after, bool ours)
    {
        Assert.True(DnsCookie.TryRead(Convert.FromHexString("2464C4ABCF10C957010000005CF79F111F8130C3EEE29480"), out DnsCookie cookie));
        Assert.Equal(ours, Jar.IsOurs(cookie, NetAddress.Parse(client), (uint)(Given + after)));
    }
}
